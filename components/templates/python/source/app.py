"""A source: five lines of text, then the stream ends."""

from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import BackpressureSignal, ElementMeta, OutputElement

COUNT = 5
made = 0


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        """Once, before anything else; `config` is that of the node in Torvyn.toml."""

    def teardown(self) -> None:
        """Once, after everything else."""


class Source(exports.Source):
    def pull(self) -> OutputElement | None:
        """The next element; None says that there will never be another one."""
        global made
        if made == COUNT:
            return None
        made += 1
        content = f"event {made}".encode()
        buffer = buffer_allocator.allocate(len(content))
        buffer.append(content)
        return OutputElement(ElementMeta(0, 0, "text/plain"), buffer.freeze())

    def notify_backpressure(self, signal: BackpressureSignal) -> None:
        """The flow has had enough for now (PAUSE), or takes more again (READY)."""
