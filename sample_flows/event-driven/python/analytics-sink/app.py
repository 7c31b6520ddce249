"""Prints each report it is given, and at the end how many there were."""

from wit_world import exports
from wit_world.imports.types import BackpressureSignal, StreamElement

printed = 0


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        pass

    def teardown(self) -> None:
        pass


class Sink(exports.Sink):
    def push(self, element: StreamElement) -> BackpressureSignal:
        global printed
        report = element.payload.read_all().decode()
        print(f"[analytics] {report}", flush=True)
        printed += 1
        return BackpressureSignal.READY

    def complete(self) -> None:
        print(f"[analytics] {printed} reports", flush=True)
