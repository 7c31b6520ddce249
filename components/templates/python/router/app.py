"""A router: elements with an even number to the port `even`, the others to `odd`."""

from wit_world import exports
from wit_world.imports.types import StreamElement


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        """Once, before anything else; `config` is that of the node in Torvyn.toml."""

    def teardown(self) -> None:
        """Once, after everything else."""


class Router(exports.Router):
    def route(self, element: StreamElement) -> list[str]:
        """The ports that the element goes to; an edge in Torvyn.toml begins at each of them."""
        return ["even" if element.meta.sequence % 2 == 0 else "odd"]
