from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.flow.link import check_manifest
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.manifest.tables import Edge, Endpoint, Flow, Node
from runtime.flow.topology import check_topology, role_of
from runtime.model.linked import ROLE_INTERFACES, Role

SHORT = {
    "src": Role.SOURCE,
    "proc": Role.PROCESSOR,
    "filt": Role.FILTER,
    "rout": Role.ROUTER,
    "agg": Role.AGGREGATOR,
    "sink": Role.SINK,
}


def flow(nodes: str, *edges: str) -> Flow:
    """`nodes` names them; the letters before a digit give the role. Edges are "a>b" or "a.p>b"."""
    table = {
        name: Node("c", ROLE_INTERFACES[SHORT[name.rstrip("0123456789")]]) for name in nodes.split()
    }
    made = []
    for index, text in enumerate(edges):
        left, right = text.split(">")
        node, _, port = left.partition(".")
        target, _, into = right.partition(".")
        ends = Endpoint(node, port or "output"), Endpoint(target, into or "input")
        made.append(Edge(*ends, index=index))
    return Flow(nodes=table, edges=tuple(made))


def codes(checked: Flow) -> list[tuple[str, str | None]]:
    problems = Problems("file", SourceText(""))
    check_topology("f", checked, problems)
    found = problems.diagnostics()
    assert all(item.help and item.message for item in found)
    return sorted((item.code, (item.key or "").removeprefix("flow.f.")) for item in found)


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        ("src sink", ["src>sink"], []),
        ("src1 src2 agg sink1 sink2", ["src1>agg", "src2>agg", "agg>sink1", "agg>sink2"], []),
        ("src rout sink1 sink2", ["src>rout", "rout.a>sink1", "rout.b>sink2"], []),
        ("", [], [("E0900", "flow.f")]),
        (
            "src",
            [],
            [("E0704", "flow.f"), ("E0704", "flow.f"), ("E0924", "nodes.src"), ("E0927", "flow.f")],
        ),
        ("src sink", ["src>sink", "src>nowhere"], [("E0902", "edges[1].to.node")]),
        ("src proc sink", ["src>proc", "proc>sink", "proc>proc"], [("E0903", "edges[2]")]),
        (
            "src proc1 proc2 proc3 sink",
            ["src>proc1", "proc1>proc2", "proc2>proc3", "proc3>proc1", "proc3>sink"],
            [("E0920", "edges[3]")],
        ),
        (
            "src sink proc1 proc2",
            ["src>sink", "proc1>proc2", "proc2>proc1"],
            [("E0920", "edges[2]")],
        ),
        (
            "src sink1 proc1 proc2 sink2",
            ["src>sink1", "proc1>proc2", "proc2>sink2"],
            [("E0921", "nodes.proc2"), ("E0921", "nodes.sink2"), ("E0924", "nodes.proc1")],
        ),
        (
            "src1 src2 sink",
            ["src1>sink", "src1>src2", "src2>sink"],
            [("E0922", "nodes.src2")],
        ),
        (
            "src sink1 sink2",
            ["src>sink1", "sink1>sink2"],
            [("E0923", "nodes.sink1")],
        ),
        ("src proc sink", ["src>sink", "src>proc"], [("E0924", "nodes.proc")]),
        ("src proc sink", ["src>proc", "proc>snk", "src>sink"], [("E0902", "edges[1].to.node")]),
        ("src agg sink", ["src>sink", "agg>sink"], [("E0924", "nodes.agg")]),
        ("src filt sink", ["src>filt", "src>sink"], [("E0924", "nodes.filt")]),
        ("src rout sink", ["src>rout", "src>sink"], [("E0924", "nodes.rout")]),
        ("src sink1 sink2", ["src>sink1"], [("E0924", "nodes.sink2")]),
        (
            "proc1 proc2 sink",
            ["proc1>proc2", "proc2>sink"],
            [("E0924", "nodes.proc1"), ("E0926", "flow.f")],
        ),
        ("src proc", ["src>proc"], [("E0924", "nodes.proc"), ("E0927", "flow.f")]),
        (
            "src " + " ".join(f"sink{i}" for i in range(17)),
            [f"src>sink{i}" for i in range(17)],
            [("E0925", "nodes.src")],
        ),
        ("src " + " ".join(f"sink{i}" for i in range(16)), [f"src>sink{i}" for i in range(16)], []),
        (
            "sink " + " ".join(f"src{i}" for i in range(17)),
            [f"src{i}>sink" for i in range(17)],
            [("E0925", "nodes.sink")],
        ),
        ("src sink", ["src>sink", "src>sink"], [("E0706", "edges[1]")]),
        ("src sink", ["src.left>sink"], [("E0704", "edges[0].from.port")]),
        ("src sink", ["src>sink.right"], [("E0704", "edges[0].to.port")]),
    ],
)
def test_graphs_and_their_problems(
    nodes: str, edges: list[str], expected: list[tuple[str, str]]
) -> None:
    assert codes(flow(nodes, *edges)) == expected


def test_a_cycle_is_written_as_a_path_from_its_first_node() -> None:
    problems = Problems("file", SourceText(""))
    edges = ["src>proc2", "proc2>proc1", "proc1>proc3", "proc3>proc2", "proc3>sink"]
    check_topology("f", flow("src proc1 proc2 proc3 sink", *edges), problems)
    (item,) = problems.diagnostics()
    assert item.message.endswith("proc1 → proc3 → proc2 → proc1")


def test_every_separate_cycle_is_reported() -> None:
    edges = ["src>sink", "proc1>proc2", "proc2>proc1", "agg1>agg2", "agg2>agg1"]
    found = codes(flow("src sink proc1 proc2 agg1 agg2", *edges))
    assert [code for code, _ in found] == ["E0920", "E0920"]


def test_the_order_is_topological_with_ties_by_name() -> None:
    problems = Problems("file", SourceText(""))
    edges = ["src2>proc", "src1>proc", "proc>sink1", "proc>sink2"]
    found = check_topology("f", flow("sink2 src1 src2 sink1 proc", *edges), problems)
    assert found.order == ("src1", "src2", "proc", "sink1", "sink2")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_any_graph_is_either_ordered_or_its_cycles_are_real(links: list[tuple[int, int]]) -> None:
    nodes = [f"proc{i}" for i in range(8)]
    edges = [f"proc{a}>proc{b}" for a, b in links if a != b]
    problems = Problems("file", SourceText(""))
    found = check_topology("f", flow(" ".join(nodes), *edges), problems)
    place = {name: index for index, name in enumerate(found.order)}
    for edge in edges:
        left, right = edge.split(">")
        if right in place:
            assert place[left] < place[right]
    cycles = [item for item in problems.diagnostics() if item.code == "E0920"]
    assert bool(cycles) == (len(place) < len(nodes))
    for cycle in cycles:
        path = cycle.message.partition(": ")[2].split(" → ")
        assert path[0] == path[-1]
        assert all(f"{a}>{b}" in edges for a, b in pairwise(path))


@pytest.mark.parametrize(
    ("interface", "role"),
    [
        *((interface, role) for role, interface in ROLE_INTERFACES.items()),
        ("torvyn:filtering/router@0.1.3", Role.ROUTER),
        ("my:own/source-of-truth", Role.SOURCE),
        ("torvyn:streaming/lifecycle", None),
        ("router", None),
        ("", None),
    ],
)
def test_roles_follow_from_the_part_after_the_slash(interface: str, role: Role | None) -> None:
    assert role_of(interface) is role


def test_an_interface_of_another_package_is_taken_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text('[flow.f.nodes.a]\ncomponent = "a"\ninterface = "torvyn:streaming/router"\n')
    codes = {item.code for item in check_manifest(path).diagnostics}
    assert "E0207" not in codes, "the published templates' own name"
    path.write_text('[flow.f.nodes.a]\ncomponent = "a"\ninterface = "torvyn:routing/router"\n')
    found = {(item.code, item.line, item.column): item for item in check_manifest(path).diagnostics}
    assert found["E0207", 3, 13].severity == "warning"
    assert "'torvyn:filtering/router'" in found["E0207", 3, 13].help
