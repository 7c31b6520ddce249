"""The buffers one component instance owns: pool tiers, budget, freezing.

Pure Python; the handles of a component are numbers here (the *representation* of a
resource). Facts: docs/torvyn-facts.md#buffers and #copies.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from io import SEEK_END, BytesIO
from typing import NamedTuple

from runtime.model.element import MAX_BUFFER_BYTES, MAX_CONTENT_TYPE_BYTES, Buffer
from runtime.model.named_tuples.constructors import new_buffer

TIERS = (256, 4 * 1024, 64 * 1024, 1024 * 1024)
"""Pool tiers in bytes; a larger buffer gets exactly what was asked for."""
_SMALLEST = TIERS[0]
BUDGET_BYTES = 64 * 1024 * 1024
"""What one component may own, counted at the capacity of its buffers."""
MAX_OFFSET = 0xFFFF_FFFF
"""Offsets are 64 bits in WIT and 32 inside the runtime."""


class RefusalCase(StrEnum):
    """Cases of `torvyn:streaming/types.buffer-error`."""

    CAPACITY_EXCEEDED = "capacity-exceeded"
    OUT_OF_BOUNDS = "out-of-bounds"
    ALLOCATION_FAILED = "allocation-failed"


class BufferRefusal(NamedTuple):
    """A `buffer-error`."""

    case: RefusalCase
    text: str | None = None
    """Only for `allocation-failed`."""


CAPACITY_EXCEEDED = BufferRefusal(RefusalCase.CAPACITY_EXCEEDED)
OUT_OF_BOUNDS = BufferRefusal(RefusalCase.OUT_OF_BOUNDS)
FROZEN = BufferRefusal(RefusalCase.ALLOCATION_FAILED, "the buffer is frozen")
NO_MEMORY = BufferRefusal(RefusalCase.ALLOCATION_FAILED, "the host is out of memory")


class FrozenError(Exception):
    """A mutable buffer was used after `freeze`, in a way that cannot return an error."""


def tier_capacity(hint: int) -> int:
    """Capacity of a buffer allocated with `hint`, in bytes."""
    for tier in TIERS:
        if hint <= tier:
            return tier
    return hint


def kept_content_type(text: bytes) -> str:
    """UTF-8 text, cut to the bytes a buffer keeps, at a character."""
    return _kept_text(text[:MAX_CONTENT_TYPE_BYTES])


@lru_cache(maxsize=256)
def _kept_text(text: bytes) -> str:
    return text.decode("utf-8", "ignore")


class MutableBuffer:
    """A buffer being written.

    Its content is the bytes that were written first, or a `BytesIO` as soon as there are others:
    that one makes its content immutable without a copy.
    """

    __slots__ = ("_content", "capacity", "content_type", "frozen", "number")

    def __init__(self, capacity: int, data: bytes = b"", number: int = 0) -> None:
        self.number = number
        """The representation of its handle."""
        self.begin(capacity, data)

    def begin(self, capacity: int, data: bytes = b"") -> None:
        """Be a new buffer with this content: components make one, and drop it, in most calls."""
        self.capacity = capacity
        self._content: bytes | BytesIO = data
        self.content_type = ""
        self.frozen = False

    def write(self, offset: int, data: bytes) -> BufferRefusal | None:
        """Put `data` at `offset`, zeros into a gap before it."""
        if self.frozen:
            return FROZEN
        if offset > MAX_OFFSET:
            return OUT_OF_BOUNDS
        if offset + len(data) > self.capacity:
            return CAPACITY_EXCEEDED
        content = self._writable()
        gap = offset - content.seek(0, SEEK_END)
        if gap > 0:
            content.write(bytes(gap))
        content.seek(offset)
        content.write(data)
        return None

    def append(self, data: bytes) -> BufferRefusal | None:
        """Put `data` at the end. Raises FrozenError after `freeze`."""
        if self.frozen:
            raise FrozenError("append")
        if not self._content:
            if len(data) > self.capacity:
                return CAPACITY_EXCEEDED
            # Most guests append once: the frozen buffer is then these very bytes.
            self._content = data
            return None
        content = self._writable()
        if content.seek(0, SEEK_END) + len(data) > self.capacity:
            return CAPACITY_EXCEEDED
        content.write(data)
        return None

    def size(self) -> int:
        """Bytes written. Raises FrozenError after `freeze`."""
        if self.frozen:
            raise FrozenError("size")
        content = self._content
        return len(content) if isinstance(content, bytes) else content.seek(0, SEEK_END)

    def set_content_type(self, text: bytes) -> None:
        """Set the type the frozen buffer will have. Raises FrozenError after `freeze`."""
        if self.frozen:
            raise FrozenError("set-content-type")
        self.content_type = kept_content_type(text)

    def freeze(self) -> Buffer:
        """The content as an immutable buffer. Raises FrozenError the second time."""
        if self.frozen:
            raise FrozenError("freeze")
        self.frozen = True
        content = self._content
        self._content = b""
        data = content if isinstance(content, bytes) else content.getvalue()
        return new_buffer(Buffer, (data, self.content_type))

    def _writable(self) -> BytesIO:
        content = self._content
        if isinstance(content, bytes):
            content = self._content = BytesIO(content)
        return content


class OwnedBuffers:
    """What one instance owns: `mutable` buffers and frozen ones, by representation.

    Representations are small numbers from 1; those that were given back are taken first.
    """

    __slots__ = (
        "_capacities",
        "_dropped",
        "_free_frozen",
        "frozen",
        "frozen_made",
        "mutable",
        "mutable_made",
        "only",
        "used",
    )

    def __init__(self) -> None:
        self.mutable: dict[int, MutableBuffer] = {}
        self.only: MutableBuffer | None = None
        """The mutable buffer, where there is exactly one."""
        self.frozen: dict[int, Buffer] = {}
        self.used = 0
        """Bytes counted against `BUDGET_BYTES`."""
        self.mutable_made = 0
        """Mutable buffers that there ever were."""
        self.frozen_made = 0
        self._capacities: dict[int, int] = {}
        self._dropped: list[MutableBuffer] = []
        """Those to be used again: while there are none, all numbers from 1 on are in use."""
        self._free_frozen: list[int] = []
        """Numbers that were given back, in the same way."""

    @property
    def count(self) -> int:
        """Live handles."""
        return len(self.mutable) + len(self.frozen)

    def allocate(self, hint: int) -> int | BufferRefusal:
        """A new empty mutable buffer's representation."""
        if hint <= _SMALLEST:
            return self._own(_SMALLEST)
        if hint > MAX_BUFFER_BYTES:
            return CAPACITY_EXCEEDED
        return self._own(tier_capacity(hint))

    def clone(self, source: Buffer) -> int | BufferRefusal:
        """A new mutable buffer with the bytes of `source`, without its content type."""
        return self._own(tier_capacity(max(1, len(source.data))), source.data)

    def _own(self, capacity: int, data: bytes = b"") -> int | BufferRefusal:
        used = self.used + capacity
        if used > BUDGET_BYTES:
            return CAPACITY_EXCEEDED
        self.used = used
        mutable = self.mutable
        if self._dropped:
            buffer = self._dropped.pop()
            buffer.begin(capacity, data)
        else:
            buffer = MutableBuffer(capacity, data, len(mutable) + 1)
        self.only = None if mutable else buffer
        number = buffer.number
        mutable[number] = buffer
        self.mutable_made += 1
        return number

    def freeze(self, buffer: MutableBuffer) -> int:
        """Freeze a mutable buffer; the representation of the frozen one.

        The mutable handle stays until it is dropped and counts no more. Raises FrozenError.
        """
        content = buffer.freeze()
        free = self._free_frozen
        made = free.pop() if free else len(self.frozen) + 1
        self.frozen[made] = content
        self.frozen_made += 1
        self._capacities[made] = buffer.capacity
        return made

    def drop_mutable(self, number: int) -> None:
        """The component dropped the handle."""
        mutable = self.mutable
        buffer = mutable.pop(number, None)
        if buffer is None:
            return
        self.only = None
        if len(mutable) == 1:
            (self.only,) = mutable.values()
        if not buffer.frozen:
            self.used -= buffer.capacity
            buffer.begin(0)
        self._dropped.append(buffer)

    def take_frozen(self, number: int) -> Buffer | None:
        """Take a frozen buffer out: dropped, or handed over to the host. None: not owned."""
        buffer = self.frozen.pop(number, None)
        if buffer is not None:
            self._free_frozen.append(number)
            self.used -= self._capacities.pop(number)
        return buffer
