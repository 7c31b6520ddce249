"""Breakpoints and watches on request of the user: set where the cursor is, asked for, switched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runtime.protocol.break_places import BreakPlace, PlaceKind
from runtime.protocol.breakpoints import (
    Breakpoint,
    BreakpointTrial,
    RemoveBreakpoint,
    RemoveWatch,
    SetBreakpoint,
    SetWatch,
    TryBreakpoint,
    Watch,
)
from runtime.protocol.requests import BackToBreak, Request
from workbench.actions.break_targets import place_here, places_around
from workbench.screens.breaking.condition_history import CONDITIONS, WATCHED, ConditionHistory
from workbench.screens.panes import Panes
from workbench.text.glyphs import BREAK_ON
from workbench.view import EdgeRef, NodeRef
from workbench.widgets.panes.breaks_pane import BreakWish

if TYPE_CHECKING:
    from workbench.dialogs.breakpoint_dialog import BreakpointScreen


class BreakpointEditing:
    """One dialog at a time."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._open: BreakpointScreen | None = None
        self._history = ConditionHistory(panes.memory, CONDITIONS)
        self._watched = ConditionHistory(panes.memory, WATCHED)

    def set_here(self) -> None:
        """Set a breakpoint where the cursor is; one that is there already is taken away."""
        place = place_here(self._panes.context, self._panes.cursor_target)
        if place is None:
            self._panes.show_notice("Select a node, an edge or a line of the events first.")
            return
        there = [
            row.breakpoint
            for row in self._panes.view.breaks.breakpoints
            if row.breakpoint.place == place and not row.breakpoint.condition
        ]
        if there:
            self._send(RemoveBreakpoint(there[0].number))
            self._panes.show_notice(f"No breakpoint at {place.words} any more.")
        else:
            self._send(SetBreakpoint(Breakpoint(0, place)))
            self._panes.show_notice(
                f"{BREAK_ON} {place.words}. B lists breakpoints, Enter refines."
            )

    def go_back(self) -> None:
        """Go back to the last hit of a breakpoint that is on, else of a condition asked for."""
        if any(row.breakpoint.on for row in self._panes.view.breaks.breakpoints):
            self._send(BackToBreak())
            return

        def answered(text: str | None) -> None:
            if text is not None:
                self._history.add(text)
                self._send(BackToBreak(text))

        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.screens.breaking.asked_conditions import ask_condition

        self._panes.app.push_screen(ask_condition(self._history.texts), answered)

    def ask(self, wish: BreakWish, target: Breakpoint | Watch | None) -> None:
        """Do what is asked in the list."""
        match wish, target:
            case BreakWish.NEW, _:
                self._edit(Breakpoint(0, self._new_place()))
            case BreakWish.WATCH, _:
                self._ask_watch(Watch(0, ""))
            case BreakWish.EDIT, Breakpoint():
                self._edit(target)
            case BreakWish.EDIT, Watch():
                self._ask_watch(target)
            case BreakWish.SWITCH, Breakpoint():
                self._send(SetBreakpoint(replace(target, on=not target.on)))
            case BreakWish.SWITCH, Watch():
                self._send(SetWatch(replace(target, stops=not target.stops)))
            case BreakWish.REMOVE, Breakpoint():
                self._send(RemoveBreakpoint(target.number))
            case BreakWish.REMOVE, Watch():
                self._send(RemoveWatch(target.number))

    def ask_with(self, condition: str, tell: Callable[[str], None]) -> None:
        """Ask for a new one, with a condition to begin with; `tell` says that it was set."""
        self._edit(Breakpoint(0, self._payload_place(), condition), tell)

    def take(self, trial: BreakpointTrial) -> None:
        """Hand on what a breakpoint would have done."""
        if self._open is not None and self._open.is_mounted:
            self._open.take(trial)

    def _new_place(self) -> BreakPlace:
        """Where something is selected, else any call."""
        place = None
        if self._panes.selection is not None:
            place = place_here(self._panes.context, None)
        return place or BreakPlace(PlaceKind.CALL)

    def _payload_place(self) -> BreakPlace:
        """Where the element goes next whose payload is looked into; unknown, any call."""
        context = self._panes.context
        upcoming = None if context.view.snapshot is None else context.view.snapshot.next_call
        element = None if context.element is None else context.element.element_id
        comes_next = upcoming is not None and upcoming.element_id == element
        if comes_next or isinstance(context.selection, NodeRef | EdgeRef):
            return place_here(context, None) or BreakPlace(PlaceKind.CALL)
        return BreakPlace(PlaceKind.CALL)

    def _edit(
        self, breakpoint: Breakpoint, tell: Callable[[str], None] = lambda _words: None
    ) -> None:
        flow = self._panes.view.flow
        if flow is None:
            return
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.dialogs.breakpoint_dialog import BreakpointScreen

        places = places_around(flow, breakpoint.place)
        self._open = BreakpointScreen(
            breakpoint,
            places,
            lambda made: self._send(TryBreakpoint(made)),
            self._history.texts,
        )
        self._panes.app.push_screen(self._open, partial(self._edited, tell))

    def _edited(self, tell: Callable[[str], None], made: Breakpoint | None) -> None:
        self._open = None
        if made is not None:
            tell(f"{BREAK_ON} {made.words}. B lists breakpoints.")
            self._history.add(made.condition)
            self._send(SetBreakpoint(made))

    def _ask_watch(self, watch: Watch) -> None:
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.screens.breaking.asked_conditions import ask_watch

        def answered(text: str | None) -> None:
            if text is not None:
                self._watched.add(text)
                self._send(SetWatch(replace(watch, text=text)))

        self._panes.app.push_screen(ask_watch(watch, self._watched.texts), answered)
