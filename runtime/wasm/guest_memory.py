"""What a component remembers between two calls: its memory, read, kept, and taken up by another.

Only code that was compiled for it (`GuestDebug`) hands its memory out, and only the native call
layer can. Where that is not so, `NotAvailable` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from runtime.model.lazy.dataclass import dataclass

if TYPE_CHECKING:
    from runtime.model.call import Answer, Call

PAGE_BYTES = 4096
"""What images share with each other, or do not; a page of WebAssembly is 16 of these."""


class GuestDebug(Enum):
    """Whose memory can be read. Code for it takes longer to compile."""

    OFF = "off"
    COMPILED = "compiled"
    """Of components compiled from C, Rust and the like, which are small."""
    ALL = "all"
    """Also of those that carry an interpreter, which compile for seconds, and then for longer."""


@dataclass(frozen=True, slots=True)
class NotAvailable:
    """There is no memory to read, or no image."""

    why: str
    """The reason, to follow on "because "."""


class ChangedPage(NamedTuple):
    """A page of `PAGE_BYTES` that is unlike the same one of an earlier image."""

    memory: int
    """Number of the memory."""
    offset: int
    """Where the page begins, in bytes."""
    bytes_unlike: int
    """Bytes of it that are unlike."""


class HandleCount(NamedTuple):
    """Handles of one kind of host resource."""

    kind: str
    made: int | None
    """None where the host cannot know it."""
    dropped: int | None
    """Given back, or handed over to the host. None where the host cannot know it."""
    live: int


class HeldHandles(NamedTuple):
    """What a component holds of the host between two calls: an image has nothing of it."""

    live: int
    changed_after: int
    """Calls of this instance, `init` included, up to the one that last changed which they are."""
    changing: str | None
    """The kind of one that calls change otherwise than by making and dropping it: making these
    first calls again does not bring it back."""
    calls: int
    """Calls of this instance."""


class GuestImage(Protocol):
    """What the memories and globals of an instance held between two calls. Never changes."""

    @property
    def sizes(self) -> list[int]:
        """Bytes of each memory."""
        ...

    @property
    def bytes_used(self) -> int:
        """Bytes it takes next to the image that it was taken after."""
        ...

    def bytes_beside(self, earlier: Any, /) -> int:
        """Bytes it takes next to an earlier image of the same component; alone for None."""
        ...

    def read(self, memory: int, offset: int, length: int, /) -> bytes:
        """A part of a memory; shorter where the memory ends. Raises IndexError: no such memory."""
        ...


FIRST_CALLS = 16
"""Calls of an instance that are kept, its first ones: a component that asks for what it goes on
holding mostly does so in its first call."""
FIRST_PAYLOAD_BYTES = 256 * 1024
"""Payloads that are kept with them, at the most."""


class MadeCall(NamedTuple):
    """A call, and what came of it."""

    call: Call
    answer: Answer


class GuestMemory(Protocol):
    """The memory of one instance between two calls. For the thread that makes its calls."""

    @property
    def instance(self) -> object:
        """Stands for the instance, and keeps nothing of it: no other one has it."""
        ...

    @property
    def first_calls(self) -> Sequence[MadeCall]:
        """The first calls of this instance, at most `FIRST_CALLS`."""
        ...

    def sizes(self) -> list[int]:
        """Bytes of each memory now."""
        ...

    def read(self, memory: int, offset: int, length: int) -> bytes:
        """A part of a memory; shorter where the memory ends. Raises IndexError: no such memory."""
        ...

    def take(self, last: GuestImage | None = None) -> GuestImage | NotAvailable:
        """All that the component remembers, sharing pages with `last` where they are the same."""
        ...

    def restore(self, image: GuestImage) -> NotAvailable | None:
        """Go on from an image that another instance of the same component gave.

        For an instance that was made for it: memory never shrinks. When the image does not fit,
        the instance is of no use any more.
        """
        ...

    def changed_pages(self, image: GuestImage, earlier: GuestImage) -> list[ChangedPage]:
        """The pages of an image that are unlike those of an earlier one."""
        ...

    def changed_globals(self, image: GuestImage, earlier: GuestImage) -> int:
        """How many globals are unlike those of an earlier image."""
        ...

    def handles(self) -> list[HandleCount]:
        """Handles by kind, of every kind that there was."""
        ...

    def held(self) -> HeldHandles:
        """What it holds of the host now."""
        ...
