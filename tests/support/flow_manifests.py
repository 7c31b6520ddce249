"""A small good manifest in pieces, and how the tests look at what is said about one."""

from __future__ import annotations

from pathlib import Path

from runtime.flow.link import ManifestCheck, check_manifest
from runtime.model.errors import Diagnostic, Severity

PROJECT = '[torvyn]\nname = "p"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'
NODES = """\
[flow.main.nodes.in]
component = "a"
interface = "torvyn:streaming/source"
[flow.main.nodes.out]
component = "b"
interface = "torvyn:streaming/sink"
"""
EDGE = """\
[[flow.main.edges]]
from = { node = "in", port = "output" }
to = { node = "out", port = "input" }
"""
GOOD = """\
[torvyn]
name = "p"
version = "0.1.0"
contract_version = "0.1.0"
[[component]]
name = "a"
path = "a"
[runtime]
max_memory_per_component = "16MiB"
[runtime.backpressure]
backpressure_policy = "rate-limit"
rate = 1.5
[security.grants.in]
capabilities = ["stdio:stdout", "filesystem:read:/x"]
[flow.main.nodes.in]
component = "a"
interface = "torvyn:streaming/source"
[flow.main.nodes.out]
component = "file://nowhere"
interface = "torvyn:streaming/sink"
[[flow.main.edges]]
from = { node = "in", port = "output" }
to = "out:input"
queue_depth = 4
backpressure = { policy = "block" }
"""
"""A good manifest with keys of every kind, whose components are not there."""


def check(tmp_path: Path, text: str | bytes, name: str = "Torvyn.toml") -> ManifestCheck:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return check_manifest(path)


def place(item: Diagnostic) -> tuple[str, str, int | None, int | None, str | None]:
    return item.code, item.name, item.line, item.column, item.key


def errors(result: ManifestCheck) -> list[Diagnostic]:
    return [item for item in result.diagnostics if item.severity is Severity.ERROR]


def warnings(result: ManifestCheck) -> list[Diagnostic]:
    return [item for item in result.diagnostics if item.severity is Severity.WARNING]
