"""What a node's component has in its memory, as the screen asks for it and is told."""

from __future__ import annotations

from typing import NamedTuple

from runtime.model.lazy.dataclass import dataclass

MOST_MEMORY_BYTES = 64 * 1024
"""Bytes of a memory that one answer carries."""
TOLD_PAGES = 64
"""Changed pages that one answer names; more are counted."""
TOLD_GROWTHS = 8
"""Calls in which the memory grew that one answer names, the last ones."""

TOLD_VARIABLES = 500
"""Variables that one answer names; more are counted."""


@dataclass(frozen=True, slots=True)
class ReadMemory:
    """Ask for what a node's component remembers between two calls, see `MemoryReport`."""

    node: str
    memory: int = 0
    """Number of the memory: a component may have several."""
    offset: int = 0
    """First byte that is wanted."""
    length: int = 4096
    """Bytes that are wanted, at most `MOST_MEMORY_BYTES`."""
    find: bytes = b""
    """Begin where these bytes stand next, at `offset` or behind it, else from the start on."""


class ChangedPlace(NamedTuple):
    """A page of 4,096 bytes that is not as it was."""

    memory: int
    offset: int
    """Where the page begins."""
    bytes_unlike: int


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """What is not as it was when the memory was looked at before."""

    after_call: int
    """The node had made so many calls then."""
    calls: int
    """Calls it made since, 1 or more."""
    pages: tuple[ChangedPlace, ...]
    """At most `TOLD_PAGES`."""
    page_count: int
    bytes_unlike: int
    globals: int
    """Global variables of the WebAssembly code that are unlike."""


class MemoryGrowth(NamedTuple):
    """A call after which the component had more memory than after the one before."""

    call: int
    before: int
    after: int


class HandleLine(NamedTuple):
    """Handles of one kind that the component has of the host."""

    kind: str
    made: int | None
    """None where it is not known."""
    dropped: int | None
    """Given back, or handed over. None where it is not known."""
    live: int
    grown: int
    """By so many there are more than at the first look."""


class NamedVariable(NamedTuple):
    """A global or static variable, as the debug information of the component names it."""

    name: str
    """With the namespaces, or the function, it is in: `parse::calls`."""
    type: str
    """As the source calls it."""
    memory: int
    address: int
    size: int
    """In bytes."""
    value: str
    """What it holds now, in one line."""
    changed: bool
    """It does not hold what it held when the memory was looked at before."""
    library: bool = False
    """It belongs to a library of the language, or to a package that was fetched."""


@dataclass(frozen=True, slots=True)
class NamedVariables:
    """The variables of a component, in the order of its debug information; libraries come last."""

    variables: tuple[NamedVariable, ...] = ()
    """At most `TOLD_VARIABLES`."""
    count: int = 0
    """With those that are not told."""
    why: str = ""
    """Why there are none, or may be more; empty when these are all."""


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """Answer to `ReadMemory`."""

    asked: ReadMemory
    layer: str
    """What calls the component, "direct" or "native"."""
    calls: int = 0
    """Calls the node has made."""
    unreadable: str = ""
    """Why the content cannot be read, to follow on "because "; empty when it can."""
    sizes: tuple[int, ...] = ()
    """Bytes of each memory now; empty when they cannot be read."""
    known_bytes: int = 0
    """See `Answer.memory_bytes`."""
    limit_bytes: int = 0
    """What the component may have, by its manifest."""
    change: MemoryChange | None = None
    """None at the first look, and when the component was made again since."""
    growths: tuple[MemoryGrowth, ...] = ()
    """The last ones that the event log knows, newest first."""
    handles: tuple[HandleLine, ...] = ()
    handles_since: int = 0
    """The first look was after so many calls."""
    offset: int = 0
    """Of the first byte of `data`."""
    data: bytes = b""
    found: bool = True
    """False when `ReadMemory.find` stands nowhere; then `offset` is the one asked for."""
    named: NamedVariables = NamedVariables()
