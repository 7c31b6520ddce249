from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from runtime.flow.link import LinkResult, link_flow
from runtime.model.errors import Diagnostic, Severity
from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES
from runtime.wasm.host import Host

SAMPLE = Path(__file__).resolve().parents[3] / "sample_flows" / "fan-out"

WRONG_TYPE = """
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "route") (param i32 i32) (result i32) i32.const 0)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $route (param "element" string) (result u32)
    (canon lift (core func $i "route")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (instance $x (export "route" (func $route)))
  (export "torvyn:filtering/router@0.1.0" (instance $x)))
"""
UNMET = """
(component
  (import "wasi:http/types@0.2.3" (instance))
  (import "wasi:clocks/wall-clock@0.3.0" (instance))
  (import "my:kv/store@1.0.0" (instance))
  (import "torvyn:streaming/types@0.1.0" (instance (export "buffer" (type (sub resource))))))
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample flow whose router can be exchanged."""
    shutil.copytree(SAMPLE / ".torvyn" / "build", tmp_path / ".torvyn" / "build")
    return Path(shutil.copy(SAMPLE / "Torvyn.toml", tmp_path))


def link(sample: Path, host: Host) -> LinkResult:
    return link_flow(sample, inspect=host.inspect)


def with_router(sample: Path, data: bytes, host: Host) -> tuple[Diagnostic, ...]:
    (sample.parent / ".torvyn" / "build" / "event-router.wasm").write_bytes(data)
    result = link(sample, host)
    assert result.flow is None
    for item in result.diagnostics:
        assert item.file == str(sample)
        assert item.key is not None
        assert item.key.startswith("flow.main.nodes.router.")
        assert item.line is not None
        assert 'router"' in sample.read_text().split("\n")[item.line - 1]
        assert item.help
    return result.diagnostics


def test_the_sample_flow_links_with_its_built_components(host: Host) -> None:
    result = link(SAMPLE / "Torvyn.toml", host)
    assert [item for item in result.diagnostics if item.severity is Severity.ERROR] == []
    flow = result.flow
    assert flow is not None
    assert len(flow.nodes) == 6
    assert len(flow.edges) == 5
    for node in flow.nodes:
        assert node.interface == f"{ROLE_INTERFACES[node.role]}@0.1.0"
        assert node.lifecycle == f"{LIFECYCLE_INTERFACE}@0.1.0"
    assert flow.by_name["metric-sink"].grants == ()


def test_what_the_manifest_grants_is_linked_to_the_node(sample: Path, host: Host) -> None:
    grant = '[security.grants.metric-sink]\ncapabilities = ["stdio:stdout"]\n'
    sample.write_text(sample.read_text() + grant)
    flow = link(sample, host).flow
    assert flow is not None
    assert flow.by_name["metric-sink"].grants == ("stdio:stdout",)
    assert flow.by_name["log-sink"].grants == ()


def test_a_component_of_another_role_is_refused_with_what_to_write(
    sample: Path, host: Host
) -> None:
    data = (SAMPLE / ".torvyn" / "build" / "log-processor.wasm").read_bytes()
    (item,) = with_router(sample, data, host)
    assert item.code == "E0201"
    assert "torvyn:streaming/processor@0.1.0" in item.message
    assert 'interface = "torvyn:streaming/processor"' in item.help


def test_a_function_of_another_type_is_shown_beside_the_expected_one(
    sample: Path, host: Host
) -> None:
    (item,) = with_router(sample, bytes(wat2wasm(WRONG_TYPE)), host)
    assert item.code == "E0201"
    assert "func(element: stream-element) -> result<list<string>, process-error>" in item.message
    assert "func(element: string) -> u32" in item.message


def test_imports_nobody_provides_are_listed_one_by_one(sample: Path, host: Host) -> None:
    found = with_router(sample, bytes(wat2wasm(UNMET)), host)
    assert sorted(item.code for item in found) == ["E0200", "E0200", "E0200", "E0201"]
    text = "\n".join(item.message for item in found)
    for name in ("wasi:http/types@0.2.3", "wasi:clocks/wall-clock@0.3.0", "my:kv/store@1.0.0"):
        assert name in text
    assert "torvyn:streaming/types" not in text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty", b""),
        ("text", b"hello"),
        ("core module", bytes(wat2wasm("(module)"))),
        ("empty component", bytes(wat2wasm("(component)"))),
    ],
)
def test_files_that_are_no_component_are_refused(
    sample: Path, host: Host, name: str, data: bytes
) -> None:
    found = with_router(sample, data, host)
    assert len(found) == 1, name


def test_a_truncated_component_is_refused(sample: Path, host: Host) -> None:
    whole = (SAMPLE / ".torvyn" / "build" / "event-router.wasm").read_bytes()
    for kept in (4, 8, 100, len(whole) // 2, len(whole) - 1):
        (item,) = with_router(sample, whole[:kept], host)
        assert item.severity is Severity.ERROR
