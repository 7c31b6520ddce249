"""Opening a payload in a way, for any thread, within a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.payload_view.shown_payload import CallSides, Sides
from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.payloads.documents.before_after import BeforeAfter
from workbench.payloads.documents.condition_reads import ConditionReads
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.text_document import TextDocument
from workbench.payloads.image_viewer import ImageDocument
from workbench.payloads.registry import open_document, viewers_for
from workbench.payloads.viewer import PayloadPart

OPEN_S = 10.0
"""How long it may take until a payload can be shown in a way."""
MARK_S = 2.0
"""How long it may take to find what a condition looked at; what is not found is not marked."""


class OpenedPayload(NamedTuple):
    """A payload that can be shown."""

    ways: list[str]
    """Names of the viewers that accept it."""
    document: PayloadDocument
    said: str
    """What could not be done, or ""."""
    places: Sequence[int] = ()
    """Offsets in the document's data of what a condition looked at."""


def open_way(
    part: PayloadPart,
    name: str | None,
    sides: Sides | None,
    no_pictures: str = "",
    reads: ConditionReads | None = None,
) -> OpenedPayload:
    """The payload in the way of that name, or in the one that says most; as text if that takes
    too long.

    `no_pictures` says why the terminal shows none, or ""; `reads` is what a condition looked at.
    """
    ways = [viewer.name for viewer in viewers_for(part)]
    try:
        if name == BeforeAfter.name and isinstance(sides, CallSides):
            both = BeforeAfter(sides.before, sides.after, Deadline(OPEN_S), sides.names)
            return OpenedPayload(ways, both, "")
        document = open_document(part, name, Deadline(OPEN_S))
        if isinstance(document, ImageDocument):
            document = document.decoded(no_pictures)
        return OpenedPayload(ways, document, "", _places(document, reads))
    except TookTooLongError:
        text = part.data.decode("utf-8", "replace")
        plain = TextDocument("raw", text, None, Deadline(OPEN_S))
        return OpenedPayload(ways, plain, "That took too long: shown as text.")


def _places(document: PayloadDocument, reads: ConditionReads | None) -> Sequence[int]:
    if not reads:
        return ()
    # Imported with the first condition: other payloads do not wait for it.
    from workbench.payloads.documents.read_places import opened_offsets, read_offsets

    deadline = Deadline(MARK_S)
    places = read_offsets(document, reads, deadline)
    opened_offsets(document, places, deadline)
    return places
