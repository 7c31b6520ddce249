"""An aggregator: joins two elements into one."""

from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import ElementMeta, OutputElement, StreamElement

SIZE = 2
gathered: list[bytes] = []


def joined() -> OutputElement:
    """One element of all that was gathered."""
    content = b" + ".join(gathered)
    gathered.clear()
    buffer = buffer_allocator.allocate(len(content))
    buffer.append(content)
    return OutputElement(ElementMeta(0, 0, "text/plain"), buffer.freeze())


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        """Once, before anything else; `config` is that of the node in Torvyn.toml."""

    def teardown(self) -> None:
        """Once, after everything else."""


class Aggregator(exports.Aggregator):
    def ingest(self, element: StreamElement) -> OutputElement | None:
        """Takes an element in; gives one out once there are enough."""
        gathered.append(element.payload.read_all())
        return joined() if len(gathered) == SIZE else None

    def flush(self) -> list[OutputElement]:
        """After the last element: what is still held."""
        return [joined()] if gathered else []
