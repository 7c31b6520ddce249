"""The memory of an instance of the extension."""

from __future__ import annotations

from typing import Any

from runtime.model.call import Answer, Call
from runtime.wasm.guest_memory import (
    FIRST_CALLS,
    FIRST_PAYLOAD_BYTES,
    ChangedPage,
    GuestImage,
    HandleCount,
    HeldHandles,
    MadeCall,
    NotAvailable,
)
from runtime.wasm.native.extension import OpenedInstance


class NativeMemory:
    """See `GuestMemory`."""

    def __init__(self, opened: OpenedInstance) -> None:
        self.instance = object()
        """See `GuestMemory.instance`."""
        self.first_calls: list[MadeCall] = []
        """See `GuestMemory.first_calls`."""
        self._opened = opened
        self._payload_bytes = 0

    def keep(self, call: Call, answer: Answer) -> bool:
        """Keep one of the first calls; False when there is room for no more."""
        element = call.element
        self._payload_bytes += 0 if element is None else len(element.payload.data)
        if self._payload_bytes > FIRST_PAYLOAD_BYTES:
            return False
        self.first_calls.append(MadeCall(call, answer))
        return len(self.first_calls) < FIRST_CALLS

    def sizes(self) -> list[int]:
        """See `GuestMemory.sizes`."""
        return self._opened.memory_sizes()

    def read(self, memory: int, offset: int, length: int) -> bytes:
        """See `GuestMemory.read`."""
        return self._opened.read_memory(memory, offset, length)

    def take(self, last: GuestImage | None = None) -> GuestImage | NotAvailable:
        """See `GuestMemory.take`."""
        try:
            return self._opened.take_image(last)
        except ValueError as problem:
            return NotAvailable(str(problem))

    def restore(self, image: GuestImage) -> NotAvailable | None:
        """See `GuestMemory.restore`."""
        try:
            self._opened.restore_image(image)
        except ValueError as problem:
            return NotAvailable(str(problem))
        return None

    def changed_pages(self, image: GuestImage, earlier: GuestImage) -> list[ChangedPage]:
        """See `GuestMemory.changed_pages`."""
        # Images are the extension's own: nobody else makes any.
        native: Any = image
        return [ChangedPage(*page) for page in native.changed_pages(earlier)]

    def changed_globals(self, image: GuestImage, earlier: GuestImage) -> int:
        """See `GuestMemory.changed_globals`."""
        native: Any = image
        changed: int = native.changed_globals(earlier)
        return changed

    def handles(self) -> list[HandleCount]:
        """See `GuestMemory.handles`."""
        return [HandleCount(*count) for count in self._opened.handles()]

    def held(self) -> HeldHandles:
        """See `GuestMemory.held`."""
        return HeldHandles(*self._opened.held())
