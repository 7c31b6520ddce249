"""A sink: prints every element. Printing needs the grant stdio:stdout in Torvyn.toml."""

from wit_world import exports
from wit_world.imports.types import BackpressureSignal, StreamElement


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        """Once, before anything else; `config` is that of the node in Torvyn.toml."""

    def teardown(self) -> None:
        """Once, after everything else."""


class Sink(exports.Sink):
    def push(self, element: StreamElement) -> BackpressureSignal:
        """Takes an element; PAUSE would ask for a short rest."""
        text = element.payload.read_all().decode(errors="replace")
        print(f"#{element.meta.sequence} {text}")
        return BackpressureSignal.READY

    def complete(self) -> None:
        """Once, after the last element."""
        print("complete")
