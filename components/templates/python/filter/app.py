"""A filter: lets every second element pass."""

from wit_world import exports
from wit_world.imports.types import StreamElement


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        """Once, before anything else; `config` is that of the node in Torvyn.toml."""

    def teardown(self) -> None:
        """Once, after everything else."""


class Filter(exports.Filter):
    def evaluate(self, element: StreamElement) -> bool:
        """Whether the element goes on; its bytes would be `element.payload.read_all()`."""
        return element.meta.sequence % 2 == 0
