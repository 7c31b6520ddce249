"""What the workbench hears of a call while it is being made."""

from __future__ import annotations

import time
from pathlib import Path

from runtime.model.linked import Role
from runtime.opening.open import SessionOptions
from runtime.protocol.requests import Continue, Restart
from runtime.protocol.updates import Health
from tests.support.process_sessions import is_open, process_link, wait_for
from tests.support.wasm.guests import PRINT_AND_HANG, SOURCE, component, printer

MANIFEST = """
[torvyn]
name = "long"
version = "0.1.0"
contract_version = "0.1.0"
[runtime]
default_fuel_per_invocation = 0
call_timeout_ms = 600_000
[[component]]
name = "source"
path = "source"
[[component]]
name = "sink"
path = "sink"
[flow.main.nodes.source]
component = "source"
interface = "torvyn:streaming/source"
[flow.main.nodes.sink]
component = "sink"
interface = "torvyn:streaming/sink"
[[flow.main.edges]]
from = { node = "source", port = "output" }
to = { node = "sink", port = "input" }
"""


def test_what_a_long_call_prints_reaches_the_workbench_during_the_call(tmp_path: Path) -> None:
    folder = tmp_path / ".torvyn" / "build"
    folder.mkdir(parents=True)
    (tmp_path / "Torvyn.toml").write_text(MANIFEST)
    (folder / "source.wasm").write_bytes(component(SOURCE, Role.SOURCE))
    (folder / "sink.wasm").write_bytes(printer(body=PRINT_AND_HANG))
    link = process_link(tmp_path / "Torvyn.toml", "main", SessionOptions(watch=False))
    try:
        wait_for(link, is_open)
        link.send(Continue())
        update = wait_for(link, lambda update: bool(update.printed))[-1]
        (chunk,) = update.printed
        assert (chunk.node, chunk.stream, chunk.sequence) == ("sink", "stdout", 0)
        assert chunk.data
        assert update.health is Health.READY
        assert update.call is not None
        # What the flow did before the call may come with it; never what stands after it.
        assert update.snapshot is None or update.snapshot.calls == update.call.number - 1
        # Nothing is printed or told twice, by the child or between its answers.
        for _ in range(30):
            update = link.poll()
            assert update.call is not None
            assert not update.printed
            assert not update.events
            time.sleep(0.01)
        link.send(Restart())
        assert wait_for(link, is_open)[-1].call is None
    finally:
        link.close()
