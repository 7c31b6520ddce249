"""Looking into the memory of components, between two calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING

from runtime.execution.event_log import LOG_EVENTS
from runtime.execution.execution import Execution
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.components.memory_report import (
    MOST_MEMORY_BYTES,
    TOLD_GROWTHS,
    TOLD_PAGES,
    ChangedPlace,
    HandleLine,
    MemoryChange,
    MemoryGrowth,
    MemoryReport,
    NamedVariables,
    ReadMemory,
)
from runtime.session.memory.memory_variables import (
    VariableReader,
    changed_variables,
    named_variables,
)
from runtime.session.request_table import RequestTable
from runtime.wasm.guest_memory import GuestImage, GuestMemory, HandleCount, NotAvailable

if TYPE_CHECKING:
    from runtime.wasm.dwarf.variables import GuestVariables

SEARCHED_AT_ONCE = 1024 * 1024


@dataclass(slots=True)
class _Look:
    """What was seen of a node at the last look."""

    digest: str | None
    first_calls: int
    first_live: dict[str, int]
    instance: object = None
    calls: int = 0
    image: GuestImage | None = None
    change: MemoryChange | None = None
    changed_variables: frozenset[int] = frozenset()
    """Their numbers, of those that `VariableReader` gives."""


@dataclass(slots=True)
class MemoryInspector:
    """Reports of the memory of nodes; keeps what it saw last, to say what is not as it was."""

    layer: str
    _looks: dict[str, _Look] = field(default_factory=dict)
    _variables: VariableReader = field(default_factory=VariableReader)

    def register(
        self,
        requests: RequestTable,
        execution: Callable[[], Execution],
        reply: Callable[[MemoryReport], None],
    ) -> None:
        """Take its request from the table; `execution` is the one that is shown."""
        requests.on(ReadMemory, lambda asked: reply(self.report(execution(), asked)))

    def report(self, execution: Execution, asked: ReadMemory) -> MemoryReport:
        """All that is known of the node's memory now."""
        node, snapshot = execution.flow.by_name.get(asked.node), execution.engine.node(asked.node)
        if node is None or snapshot is None:
            why = f"the flow has no node {asked.node}"
            return MemoryReport(asked, self.layer, unreadable=why)
        invoker = execution.invoker
        counts = invoker.handles(asked.node)
        digest, memory = invoker.digest(asked.node), invoker.memory(asked.node)
        look = self._looks.get(asked.node)
        if look is None or look.digest != digest or look.calls > snapshot.calls:
            live = {count.kind: count.live for count in counts}
            look = self._looks[asked.node] = _Look(digest, snapshot.calls, live)
        sizes: tuple[int, ...] = ()
        offset, data, found = asked.offset, b"", True
        named = NamedVariables()
        if not isinstance(memory, NotAvailable):
            variables = self._variables.of(node, digest)
            self._compare(look, memory, snapshot.calls, variables)
            named = named_variables(variables, memory, look.changed_variables)
            sizes = tuple(memory.sizes())
            if asked.memory < len(sizes):
                offset, found = _place(memory, sizes[asked.memory], asked)
                length = min(asked.length, MOST_MEMORY_BYTES)
                data = memory.read(asked.memory, offset, length)
        look.calls = snapshot.calls
        return MemoryReport(
            asked,
            self.layer,
            snapshot.calls,
            memory.why if isinstance(memory, NotAvailable) else "",
            sizes,
            snapshot.memory_bytes,
            node.limits.memory_bytes,
            look.change,
            _growths(execution, asked.node),
            tuple(_told(count, look) for count in counts),
            look.first_calls,
            offset,
            data,
            found,
            named,
        )

    def _compare(
        self,
        look: _Look,
        memory: GuestMemory,
        calls: int,
        variables: GuestVariables | NotAvailable,
    ) -> None:
        """Take an image, and hold it against the last one."""
        if look.instance is memory.instance and look.calls == calls and look.image is not None:
            return
        same = look.instance is memory.instance
        last = look.image if same else None
        image = memory.take(last)
        look.instance, look.change = memory.instance, None
        look.changed_variables = frozenset()
        if isinstance(image, NotAvailable):
            look.image = None
            return
        if last is not None:
            pages = memory.changed_pages(image, last)
            look.change = MemoryChange(
                look.calls,
                calls - look.calls,
                tuple(ChangedPlace(*page) for page in pages[:TOLD_PAGES]),
                len(pages),
                sum(page.bytes_unlike for page in pages),
                memory.changed_globals(image, last),
            )
            look.changed_variables = changed_variables(variables, image, last)
        look.image = image


def _told(count: HandleCount, look: _Look) -> HandleLine:
    return HandleLine(*count, count.live - look.first_live.get(count.kind, 0))


def _growths(execution: Execution, node: str) -> tuple[MemoryGrowth, ...]:
    """Newest first."""
    calls = execution.log.calls_of(node, LOG_EVENTS)
    sizes = [(event.call.number, event.answer.memory_bytes) for _, event in calls]
    grown = (
        MemoryGrowth(number, before, after)
        for (number, after), (_, before) in pairwise(sizes)
        if before and after > before
    )
    return tuple(grown)[:TOLD_GROWTHS]


def _place(memory: GuestMemory, size: int, asked: ReadMemory) -> tuple[int, bool]:
    """Where the answer begins, and whether what was looked for was found."""
    start = max(0, min(asked.offset, size))
    if not asked.find:
        return start, True
    for begin, end in ((start, size), (0, min(size, start + len(asked.find)))):
        found = _find(memory, asked.memory, asked.find, begin, end)
        if found is not None:
            return found, True
    return start, False


def _find(memory: GuestMemory, number: int, wanted: bytes, begin: int, end: int) -> int | None:
    while begin < end:
        length = min(SEARCHED_AT_ONCE, end - begin)
        part = memory.read(number, begin, length)
        at = part.find(wanted)
        if at >= 0:
            return begin + at
        # What is looked for may lie across the border.
        begin += length if begin + length >= end else max(length - len(wanted) + 1, 1)
    return None
