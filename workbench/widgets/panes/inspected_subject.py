"""What is inspected, and what the session answered about it."""

from __future__ import annotations

from runtime.protocol.call_report import CallReport, ReadCall
from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import ElementDetails, FailedCall, NodeCalls, QueueListing
from runtime.protocol.requests import ListNode, ListQueue, ReadElement, Request
from workbench.inspection.calls.inspected_call import InspectedCall
from workbench.payloads.limits import PART_BYTES
from workbench.view import CallRef, EdgeRef, ElementRef, NodeRef, Selection, View

CALLS_SHOWN = 12

Reply = QueueListing | ElementDetails | NodeCalls | CallReport


class InspectedSubject:
    """A node, an edge, an element or a call; None is the flow as a whole."""

    def __init__(self) -> None:
        self.ref: Selection | None = None
        self.offset = 0
        """Where the part of its payload begins that is asked for, in bytes."""
        self.details: ElementDetails | None = None
        """Of the element that was shown last, until what was answered is forgotten."""
        self.listing: QueueListing | None = None
        self.calls: NodeCalls | None = None
        self.call = InspectedCall()

    def turn_to(self, ref: Selection | None) -> bool:
        """Inspect this; False when it is inspected already."""
        if ref == self.ref:
            return False
        self.ref = ref
        self.offset = 0
        self.listing = self.calls = self.call.report = None
        return True

    def forget(self) -> None:
        """What was answered is not true any more."""
        self.details = self.listing = self.calls = self.call.report = None

    def request(self, view: View) -> Request | None:
        """What is to be asked about it; None when there is nothing to ask."""
        match self.ref:
            case ElementRef(element_id):
                return ReadElement(element_id, self.offset, PART_BYTES)
            case EdgeRef(edge):
                return ListQueue(edge)
            case NodeRef(node):
                return ListNode(node, CALLS_SHOWN)
            case CallRef(call) if self.call.in_progress(view, self.ref) is None:
                return ReadCall(call)
            case _:
                return None

    def take(self, reply: Reply) -> bool:
        """Keep an answer of the session; False for one to an older question."""
        match reply, self.ref:
            case ElementDetails(), ElementRef(element_id):
                if reply.element_id != element_id or reply.offset != self.offset:
                    return False
                self.details = reply
            case QueueListing(), EdgeRef(edge):
                if reply.edge != edge:
                    return False
                self.listing = reply
            case NodeCalls(), NodeRef(node):
                if reply.node != node:
                    return False
                self.calls = reply
            case CallReport(), CallRef(call):
                if reply.call != call:
                    return False
                self.call.report = reply
            case _:
                return False
        return True

    def element(self, view: View, under: ElementRef | None) -> ElementRef | None:
        """The element that is shown, with its lineage as soon as that is known.

        Of a queue, the one under the cursor, else the oldest; of a call, the one under the cursor,
        else what came out of it, else what went in; of a failed call, what it was given.
        """
        match self.ref:
            case CallRef():
                return under or self.call.element()
            case NodeRef():
                failed = self.failed_call(view)
                if failed is None or failed.input is None:
                    return None
                return ElementRef(failed.input.about.element_id, failed.input.about.lineage)
            case EdgeRef():
                if under is not None or self.listing is None or not self.listing.elements:
                    return under
                oldest = self.listing.elements[0]
                return ElementRef(oldest.element_id, oldest.lineage)
            case ElementRef(element_id) as ref:
                details = self.details
                if details is None or details.element_id != element_id or details.summary is None:
                    return ref
                return ref._replace(lineage=details.summary.lineage)
            case _:
                return None

    def place(self, element: ElementRef | None) -> int | None:
        """Place in its queue, from 0, of an element; None when no queue is shown."""
        if not isinstance(self.ref, EdgeRef) or element is None or self.listing is None:
            return None
        ids = [item.element_id for item in self.listing.elements]
        if element.element_id not in ids:
            return None
        return self.listing.offset + ids.index(element.element_id)

    def failed_call(self, view: View) -> FailedCall | None:
        """The failed call that is shown with its node."""
        state = view.node(self.ref.node if isinstance(self.ref, NodeRef) else "")
        fails = state is not None and state.failure is not None
        return self.calls.failed if fails and self.calls is not None else None

    def failed_inputs(self, view: View) -> tuple[int, int] | None:
        """Ids of what the failed call that is shown was given, and of the last good input."""
        failed = self.failed_call(view)
        if failed is None or failed.input is None or failed.last_good is None:
            return None
        return failed.input.about.element_id, failed.last_good.about.element_id

    @property
    def payload(self) -> ElementDetails | None:
        """What was answered about the element that is inspected; None for all else."""
        return self.details if isinstance(self.ref, ElementRef) else None

    @property
    def partly_read(self) -> ElementSummary | None:
        """The element that is inspected, when only a part of its payload was read."""
        details = self.payload
        if details is None or details.summary is None:
            return None
        return details.summary if len(details.payload) < details.summary.size else None

    @property
    def part_words(self) -> str:
        """`bytes 0–65,536 of 1,500,000`, when only a part of the payload was read."""
        details, about = self.details, self.partly_read
        if details is None or about is None:
            return ""
        first, last = details.offset, details.offset + len(details.payload)
        return f"bytes {first:,}–{last:,} of {about.size:,}"
