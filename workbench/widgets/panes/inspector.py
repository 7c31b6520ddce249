"""The inspector: what is selected, or the element of the next call."""

from __future__ import annotations

import asyncio
from time import monotonic, time_ns

from textual.message import Message
from textual.reactive import reactive

from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import ElementDetails
from runtime.protocol.requests import Request
from workbench.inspection.calls.inspected_call import InspectedCall
from workbench.inspection.edge import edge_rows
from workbench.inspection.element import element_rows, payload_part, render_job
from workbench.inspection.flow import flow_rows
from workbench.inspection.node import node_rows
from workbench.inspection.slowness.flow_history import FlowHistory
from workbench.inspection.tables.break_rows import hit_reads, hit_rows
from workbench.inspection.tables.build_rows import change_rows
from workbench.inspection.unlinked import unlinked_rows
from workbench.payload_view.chosen_viewers import ChosenViewers
from workbench.payloads.limits import PART_BYTES
from workbench.payloads.rendering import RenderedPayload, RenderJob, render
from workbench.payloads.viewer import payload_text
from workbench.text.lines import Row
from workbench.view import CallRef, ChangeRef, EdgeRef, ElementRef, NodeRef, Selection, View
from workbench.widgets.line_view import LineView
from workbench.widgets.panes.inspected_subject import InspectedSubject, Reply

ASK_AGAIN_S = 0.5
"""While the flow runs, lists are asked for no more often than this."""

RENDERING = "payload"
"""Workers that render what the inspector shows."""

CLOCK_S = 1.0
"""How often the age of a build is brought up to date."""


class Inspector(LineView, inherit_bindings=False):
    """Asks the session for what it shows, and shows it when it comes."""

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)

    class Wanted(Message):
        """The session shall be asked."""

        def __init__(self, request: Request) -> None:
            super().__init__()
            self.request = request

    class Retitled(Message):
        """`subject_words` are others."""

    def __init__(self, viewers: ChosenViewers, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._viewers = viewers
        self._about = InspectedSubject()
        self._job: RenderJob | None = None
        self._rendered: tuple[RenderJob, RenderedPayload] | None = None
        self.subject_words = ""
        """What the pane's title says of a call that is shown; empty for all else."""
        self._asked_at = 0.0
        self._asked = False
        self._stale = False
        self._history = FlowHistory()

    # ---- reactions

    def on_mount(self) -> None:
        """Builds grow older."""
        self.set_interval(CLOCK_S, self._fill_ages)

    def watch_view(self, old: View, new: View) -> None:
        """Follow what the flow does."""
        if new.snapshot is not None:
            self._history.take(new.snapshot, monotonic())
        changed = (old.flow, old.snapshot, old.running) != (new.flow, new.snapshot, new.running)
        if changed:
            self._turn_to(self.selection or new.next_subject, again=True)
        elif (old.call, old.unready) != (new.call, new.unready):
            self._turn_to(self.selection or new.next_subject)
        if (old.builds, old.comparisons, old.change) != (new.builds, new.comparisons, new.change):
            self._fill()

    def watch_selection(self, selection: Selection | None) -> None:
        """Turn to what was selected."""
        self._turn_to(selection or self.view.next_subject)

    def on_resize(self) -> None:
        """Lines follow the width."""
        self._fill()

    @property
    def call(self) -> InspectedCall:
        """What is known of the call that is shown."""
        return self._about.call

    def take(self, reply: Reply) -> None:
        """An answer of the session; one to an older question is left out."""
        if self._about.take(reply):
            self._stale = False
            self._fill()

    def _show_queue(self, rows: list[Row]) -> None:
        """Show them with the cursor on the element that it was on, or on the one behind it when
        that is gone; at first on the one that is taken next."""
        before = [row.target for row in self.rows]
        under = None if self.cursor is None else before[self.cursor]
        self.show(rows)
        now = {row.target: at for at, row in enumerate(rows)}
        if self.cursor is None or not any(isinstance(one, ElementRef) for one in before):
            self.cursor = next((now[one] for one in now if isinstance(one, ElementRef)), None)
        elif isinstance(under, ElementRef):
            behind = [one for one in before[before.index(under) :] if isinstance(one, ElementRef)]
            at = next((now[one] for one in behind if one in now), None)
            if at is not None and at != self.cursor:
                self.set_cursor(at)

    def forget(self) -> None:
        """The flow stands at another place: what was answered before is not true any more.

        The rows stay until `ask_again` is answered, so that they change once, not twice.
        """
        self._about.forget()
        self._stale = isinstance(self._about.ref, ElementRef | EdgeRef | NodeRef | CallRef)
        self._asked = False

    def show_again(self) -> None:
        """Show the same once more: another viewer may have been chosen for it."""
        self._fill()

    def ask_again(self, *, changed: bool = False) -> None:
        """Ask for what was forgotten, if that was not done meanwhile, or was changed by hand."""
        if changed or (self._stale and not self._asked):
            self._ask()

    @property
    def element(self) -> ElementRef | None:
        """See `InspectedSubject.element`."""
        under = None if self.cursor is None else self.rows[self.cursor].target
        return self._about.element(self.view, under if isinstance(under, ElementRef) else None)

    @property
    def failed_inputs(self) -> tuple[int, int] | None:
        """See `InspectedSubject.failed_inputs`."""
        return self._about.failed_inputs(self.view)

    @property
    def place(self) -> int | None:
        """Place in its queue, from 0, of `element`; None when no queue is shown."""
        return self._about.place(self.element)

    # ---- asking and showing

    def _turn_to(self, subject: Selection | None, *, again: bool = False) -> None:
        other = self._about.turn_to(subject)
        if other:
            self._stale = False
            self.cursor = None
            self.scroll_to(y=0, animate=False, force=True)
        self.note_in_border(self._whence())
        if other or (again and self._may_ask_again()):
            self._ask()
        self._fill()

    def _whence(self) -> str:
        if self.selection is not None:
            return "selected"
        if isinstance(self._about.ref, CallRef):
            return "being made"
        return "what comes next" if self._about.ref is not None else "the whole flow"

    def _may_ask_again(self) -> bool:
        return not self.view.running or monotonic() - self._asked_at > ASK_AGAIN_S

    def _ask(self) -> None:
        self._asked_at = monotonic()
        self._asked = True
        if (request := self._about.request(self.view)) is not None:
            self.post_message(self.Wanted(request))

    def _fill_ages(self) -> None:
        if isinstance(self._about.ref, NodeRef):
            self._fill()

    def _fill(self) -> None:
        words = self.call.words(self.view, self._about.ref)
        if words != self.subject_words:
            self.subject_words = words
            self.post_message(self.Retitled())
        flow, cells = self.view.flow, self.room
        if flow is None or not cells:
            self.show(unlinked_rows(self.view, self._about.ref, cells))
            return
        if self._stale:
            return
        snapshot = self.view.snapshot
        match self._about.ref:
            case NodeRef(node):
                rows = node_rows(
                    flow,
                    snapshot,
                    node,
                    self._about.calls,
                    cells,
                    build=self.view.build_of(node),
                    comparison=self.view.comparison_of(node),
                    now_ns=time_ns(),
                    past=self.view.past,
                )
                self.show([*self._hit_rows(cells), *rows])
            case EdgeRef(edge):
                hit = self.view.break_hit
                rows = edge_rows(
                    flow,
                    snapshot,
                    self.view.times,
                    edge,
                    self._about.listing,
                    cells,
                    self._history,
                    stopped=None if hit is None else hit.element_id,
                )
                self._show_queue(rows)
            case ElementRef():
                if self._about.details is not None:
                    self._fill_element(self._about.details, cells)
            case CallRef() as subject:
                shown = self.call.rows(self.view, subject, self._about.details, cells)
                if shown is not None:
                    self.show(shown)
            case ChangeRef() if self.view.change is not None:
                self.show(change_rows(self.view.change, frozenset(flow.by_name), cells))
            case ChangeRef() | None:
                self.show(flow_rows(flow, snapshot, self.view.times, cells))

    def _hit_rows(self, cells: int) -> list[Row]:
        """The breakpoint at which the flow stands, where its node or element is shown."""
        hit = self.view.break_hit
        if hit is None:
            return []
        match self._about.ref:
            case NodeRef(node) if node == hit.node:
                return hit_rows(hit, cells)
            case ElementRef(element_id=element) if element == hit.element_id:
                return hit_rows(hit, cells)
        return []

    def _fill_element(self, details: ElementDetails, cells: int) -> None:
        """Show the element; what was shown stays until its payload is rendered."""
        reads = hit_reads(self.view.break_hit, details.element_id)
        job = render_job(details, self.viewer, cells, reads)
        if self._rendered is not None and self._rendered[0] == job:
            rows = element_rows(details, self._rendered[1], cells, past=self.view.past)
            self.show([*self._hit_rows(cells), *rows])
        elif job != self._job:
            self._job = job
            self.run_worker(self._render_payload(job), group=RENDERING, exclusive=True)

    async def _render_payload(self, job: RenderJob) -> None:
        rendered = await asyncio.to_thread(render, job)
        if job == self._job:
            self._job = None
            self._rendered = job, rendered
            self._fill()

    # ---- the pane as actions see it

    def sideways(self, step: int) -> None:
        """Ask for another part of a payload that is larger than one."""
        about, details = self._about, self._about.payload
        if details is None or details.summary is None:
            super().sideways(step)
        elif 0 <= (offset := about.offset + step * PART_BYTES) < details.summary.size:
            about.offset = offset
            self._ask()

    @property
    def viewer(self) -> str | None:
        """Name of the payload viewer that was chosen for what is shown; None is the usual one."""
        details = self._about.details
        if details is None or details.summary is None:
            return None
        return self._viewers.of(payload_part(details), details.summary.source)

    def next_viewer(self) -> None:
        """Show such payloads with the next viewer that has something to show of this one."""
        details = self._about.payload
        if details is not None and details.summary is not None:
            self._viewers.choose_next(payload_part(details), details.summary.source)
            self._fill()

    @property
    def on_payload(self) -> bool:
        """True where Enter means the payload of the element that is shown."""
        if not isinstance(self._about.ref, ElementRef):
            return False
        return self.cursor is None or self.rows[self.cursor].target is None

    @property
    def partly_read(self) -> ElementSummary | None:
        """See `InspectedSubject.partly_read`."""
        return self._about.partly_read

    @property
    def copied_part(self) -> str:
        """`bytes 0–65,536 of 1,500,000`, when only a part of the payload was read."""
        return self._about.part_words

    def copy_text(self) -> str | None:
        """The payload of an element, else the row of the cursor."""
        details = self._about.payload
        if details is not None:
            return payload_text(payload_part(details))
        return super().copy_text()
