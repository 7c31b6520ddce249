"""The calls of a case as the driver reads them (components/call-driver/src/lib.rs says how)."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.model.call import Export
from runtime.model.element import Element
from runtime.model.lazy.dataclass import dataclass

EXPORTS = (
    Export.INIT,
    Export.PROCESS,
    Export.PUSH,
    Export.EVALUATE,
    Export.ROUTE,
    Export.INGEST,
    Export.FLUSH,
    Export.COMPLETE,
    Export.TEARDOWN,
)
"""Numbered from 0, as the driver numbers them."""


@dataclass(frozen=True, slots=True)
class CaseCalls:
    """What one instance is called with."""

    config: str
    grants: tuple[str, ...]
    calls: tuple[tuple[Export, str, Element | None], ...]
    """Export, name and element of each, from `init` on; the last one's answer is printed."""

    def encoded(self) -> bytes:
        """For the driver."""
        made = [_text(self.config)]
        for export, name, element in self.calls:
            made += [bytes([EXPORTS.index(export)]), _text(name)]
            if element is not None:
                made += _element(element)
        return b"".join(made)


def _element(element: Element) -> Iterable[bytes]:
    yield element.sequence.to_bytes(8, "little")
    yield element.timestamp_ns.to_bytes(8, "little")
    yield _text(element.content_type)
    yield _text(element.payload.content_type)
    yield _sized(element.payload.data)


def _text(text: str) -> bytes:
    return _sized(text.encode("utf-8", "replace"))


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data
