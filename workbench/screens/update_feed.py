"""What the session says, handed to the panes of the main screen."""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.errors import Diagnostic
from runtime.model.linked import LinkedFlow
from runtime.protocol.breakpoints import BreakpointTrial
from runtime.protocol.components.memory_report import MemoryReport
from runtime.protocol.components.node_tries import NodeInput, NodeTry
from runtime.protocol.components.saved_component import SavedComponent
from runtime.protocol.lineage import Lineage
from runtime.protocol.logs.event_lines import CallMark, EventLine
from runtime.protocol.replies import CallElements, SavedBranches, WholePayload
from runtime.protocol.requests import Request, SetComparing
from runtime.protocol.updates import Update
from workbench.actions.context import PaneName
from workbench.inspection.tables.build_rows import comparison_words
from workbench.screens.attention import Attention
from workbench.screens.panes import Panes
from workbench.text.build_words import outcome_words
from workbench.timeline import recording_status
from workbench.view import ChangeRef, NodeRef, View, followed

SHOWN_MARKS = (
    CallMark.CALL,
    CallMark.ERROR,
    CallMark.DROP,
    CallMark.LET_GO,
    CallMark.DENIED,
    CallMark.RELOAD,
    CallMark.NOTE,
)
"""Lines of the event log that the status line shows."""


class UpdateFeed:
    """Takes updates; `on_payload` hears of every whole payload that was read, `on_try` of tries."""

    def __init__(
        self,
        panes: Panes,
        send: Callable[[Request], None],
        on_payload: Callable[[WholePayload | CallElements], None],
        on_try: Callable[[NodeInput | NodeTry], None],
        on_memory: Callable[[MemoryReport | SavedComponent], None],
        on_trial: Callable[[BreakpointTrial], None],
        attention: Attention,
    ) -> None:
        self._panes = panes
        self._attention = attention
        self._send = send
        self._on_payload = on_payload
        self._on_try = on_try
        self._on_memory = on_memory
        self._on_trial = on_trial
        self._last_number = 0
        self._failed: str | None = None
        """The node at whose error the flow stands."""

    def take(self, update: Update) -> None:
        """Hand on what happened."""
        panes = self._panes
        old = panes.view
        if update.flow is not None and not self._goes_on(update):
            old = old.started_over()
            self._start_over(update.flow)
        elif update.rewound:
            self._rewind()
            panes.inspector.forget()
        panes.inspector.call.take_printed(update.printed)
        new = panes.view = old.after(update)
        if old.flow is not None and new.flow is not None and old.flow != new.flow:
            panes.outputs.follow_flow(new.flow)
            panes.selection = followed(panes.selection, old.flow, new.flow)
        self._select_failed(new)
        if new.call is not None and old.call is None and panes.narrow and panes.selection is None:
            panes.bring_up(PaneName.INSPECTOR)
        self._take_build(old, update)
        self._take_printed(update)
        if update.events or update.events_lost:
            panes.event_log.take(update.events, update.events_lost)
            self._remember(update.events)
        panes.inspector.ask_again()
        for reply in update.replies:
            if isinstance(reply, WholePayload | CallElements):
                self._on_payload(reply)
            elif isinstance(reply, NodeInput | NodeTry):
                self._on_try(reply)
            elif isinstance(reply, MemoryReport | SavedComponent):
                self._on_memory(reply)
            elif isinstance(reply, BreakpointTrial):
                self._on_trial(reply)
            elif not isinstance(reply, SavedBranches | Lineage):
                panes.inspector.take(reply)
                panes.write_bars()

    def _select_failed(self, view: View) -> None:
        """Where a flow stands still at an error, look at the node, unless something is selected."""
        panes, failed = self._panes, view.failed_node
        name = failed.name if failed is not None and not view.running else None
        if name == self._failed:
            return
        if self._failed is not None and panes.selection == NodeRef(self._failed):
            panes.selection = None
        self._failed = name
        if name is None:
            self._attention.over(PaneName.INSPECTOR)
            return
        self._attention.happened(PaneName.INSPECTOR)
        if panes.selection is None or self._shows_difference(view):
            panes.selection = NodeRef(name)

    def _shows_difference(self, view: View) -> bool:
        """True while `D` chose what is selected: that gives way."""
        chosen = self._panes.selection
        if isinstance(chosen, ChangeRef):
            return True
        return isinstance(chosen, NodeRef) and view.comparison_of(chosen.node) is not None

    def _goes_on(self, update: Update) -> bool:
        """True for another build, graph or place of the same session."""
        if self._panes.view.flow is None:
            return False
        return update.rewound or bool(update.events and update.events[0].number > self._last_number)

    def _start_over(self, flow: LinkedFlow) -> None:
        panes = self._panes
        panes.outputs.open_flow(flow)
        panes.selection = None
        panes.show_notice("")
        self._rewind()
        if not panes.comparing:
            self._send(SetComparing(False))

    def _rewind(self) -> None:
        """The event log begins again, and what the last call did is shown by it."""
        self._panes.event_log.clear()
        self._panes.show_last(None)
        self._last_number = 0

    def _take_printed(self, update: Update) -> None:
        was_empty = self._panes.outputs.empty
        self._give_printed(update)
        if self._panes.outputs.empty is not was_empty:
            self._panes.arrange_again()

    def _give_printed(self, update: Update) -> None:
        if update.rewound:
            self._panes.outputs.start_over(update.printed, update.printed_lost)
        elif update.printed or update.printed_lost:
            self._panes.outputs.take(update.printed, update.printed_lost)

    def _remember(self, lines: tuple[EventLine, ...]) -> None:
        self._last_number = max(self._last_number, *(one.number for one in lines), 0)
        latest = next((one for one in reversed(lines) if _is_shown(one)), None)
        if latest is not None:
            self._panes.show_last(latest)

    # ---- what is shown in the status line

    def _take_build(self, old: View, update: Update) -> None:
        panes = self._panes
        if update.build is not None or update.build_lines or update.build_lines_lost:
            panes.build_log.take(update.build, update.build_lines, update.build_lines_lost)
        new = panes.view
        self._show_errors(old, new)
        fresh = [item for item in new.build.outcomes if item not in old.build.outcomes]
        if fresh:
            panes.show_notice(outcome_words(fresh[-1])[0])
        elif new.build.refused and new.build.refused != old.build.refused:
            panes.show_notice(f"Nothing was built: {new.build.refused[0].message}")
        for comparison in update.comparisons:
            if not comparison.different:
                panes.show_notice(comparison_words(comparison))
        if update.recording is not None:
            notice = recording_status.recording_notice(old.recording, update.recording)
            if notice:
                panes.show_notice(notice)

    def _show_errors(self, old: View, new: View) -> None:
        """Bring new problems into sight, and the events back when there are none any more."""
        panes = self._panes
        errors, before = set(_errors(new)), set(_errors(old))
        if errors - before or new.news != old.news:
            panes.show_notice("")
        if errors - before:
            self._attention.happened(PaneName.PROBLEMS)
        elif before and not errors:
            self._attention.over(PaneName.PROBLEMS)


def _errors(view: View) -> tuple[Diagnostic, ...]:
    """Everything that the problems pane lists as an error of the session or of a build."""
    of_builds = (item for outcome in view.failed_builds for item in outcome.problems)
    return (*view.refused, *view.recording_problems, *view.build.refused, *of_builds)


def _is_shown(one: EventLine) -> bool:
    """Whether the status line says it; of what becomes of a queue, all that is done by hand."""
    return one.mark in SHOWN_MARKS or (one.mark is CallMark.STATE and one.edge is not None)
