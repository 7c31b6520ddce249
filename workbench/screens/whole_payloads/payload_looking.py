"""Looking into a whole payload: reads it, opens its screen, finds what its call made of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import CallElements, WholePayload
from workbench.inspection.tables.break_rows import hit_reads
from workbench.payload_view.shown_payload import CallSides, Shown, Sides
from workbench.payloads.limits import LOOK_BYTES
from workbench.payloads.viewer import PayloadPart
from workbench.screens.panes import Panes
from workbench.screens.whole_payloads.payload_reading import PayloadReading
from workbench.text.excerpt import excerpt
from workbench.text.figures import size

NOT_KEPT = "This element is not kept any more: only recent ones are."


class PayloadLooking:
    """Opens the payload of what the inspector shows.

    `edit` is asked where it shall be edited; `ask_break` to ask for a breakpoint with a condition.
    """

    def __init__(
        self,
        panes: Panes,
        reading: PayloadReading,
        edit: Callable[[], None],
        ask_break: Callable[[str, Callable[[str], None]], None],
    ) -> None:
        self._panes = panes
        self._reading = reading
        self._edit = edit
        self._ask_break = ask_break

    def look(self) -> None:
        """Read the element that is meant; its screen opens when that is done."""
        element = self._panes.context.element
        if element is not None:
            self._reading.read(element.element_id, LOOK_BYTES, self._take)

    def compare_inputs(self) -> None:
        """Read what the inspected call failed on, and the last input that its node took; the
        first is opened, as a difference to the second."""
        pair = self._panes.context.failed_inputs
        if pair is not None:
            failed, good = pair
            self._reading.read(good, LOOK_BYTES, partial(self._take_good, failed))

    def _take_good(self, failed: int, good: WholePayload) -> None:
        if good.data is None or good.summary is None:
            self._panes.show_notice("The last good input is not kept any more.")
        else:
            self._reading.read(failed, LOOK_BYTES, partial(self._take, good=good))

    def _take(self, whole: WholePayload, good: WholePayload | None = None) -> None:
        about = whole.summary
        if about is None:
            self._panes.show_notice(NOT_KEPT)
        elif whole.data is None:
            self._panes.show_notice(
                f"The payload has {size(about.size)}: up to {size(LOOK_BYTES)} can be looked into."
            )
        elif self._panes.screen.is_current:
            part = PayloadPart(whole.data, about.content_type or whole.buffer_content_type)
            reads = hit_reads(self._panes.view.break_hit, about.element_id)
            title = f"Payload #{about.sequence} from {excerpt(about.source, 60)}"
            # Imported when it is opened first: the first paint waits for no dialog.
            from workbench.payload_view.screen import PayloadViewScreen

            screen = PayloadViewScreen(
                Shown(about, part, title, reads),
                self._panes.viewers,
                partial(self._find_sides, about),
                self._ask_break,
                _against(good, whole.data),
            )
            self._panes.app.push_screen(screen, self._left)

    def _left(self, edit: bool | None) -> None:
        self._panes.inspector.show_again()
        if edit:
            self._edit()

    # ---- before and after its call

    def _find_sides(self, about: ElementSummary, then: Callable[[Sides], None]) -> None:
        self._reading.find_call(about.element_id, partial(self._take_call, then))

    def _take_call(self, then: Callable[[Sides], None], found: CallElements) -> None:
        before, after = found.before, found.after
        if not found.call:
            then("No call with this element is in the event log.")
        elif before is None:
            then(f"Nothing went into {found.node} {found.export}, call {found.call:,}.")
        elif after is None:
            then(f"Nothing came out of {found.node} {found.export}, call {found.call:,}.")
        else:
            call = f"{found.node} {found.export}(#{before.sequence}), call {found.call:,}"
            title = f"before and after {call}"
            self._reading.read(
                before.element_id, LOOK_BYTES, partial(self._take_before, then, title, after)
            )

    def _take_before(
        self, then: Callable[[Sides], None], title: str, after: ElementSummary, whole: WholePayload
    ) -> None:
        if whole.data is None:
            then(f"What went into {title} is not kept any more.")
            return
        came_out = partial(self._take_after, then, title, whole.data)
        self._reading.read(after.element_id, LOOK_BYTES, came_out)

    @staticmethod
    def _take_after(
        then: Callable[[Sides], None], title: str, before: bytes, whole: WholePayload
    ) -> None:
        if whole.data is None:
            then(f"What came out of {title} is not kept any more.")
        else:
            then(CallSides(title, before, whole.data))


def _against(good: WholePayload | None, failed: bytes) -> CallSides | None:
    """The sides of an input that failed and of one that did not."""
    if good is None or good.data is None or good.summary is None:
        return None
    title = f"against the last good input, #{good.summary.sequence}"
    return CallSides(title, good.data, failed, ("last good", "failed"))
