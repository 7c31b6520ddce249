"""What is known of a flow whose components are not there, not wasm, or of another role."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.model.linked import Role
from runtime.model.outline import Lack, UnlinkedFlowError, outline_of
from runtime.opening.check_manifest_file import check_manifest_file
from runtime.opening.open import open_flow
from tests.support.studio_projects import HEAD, Project, sink, source

CYCLE = f"""{HEAD}
[[component]]
name = "echo"
path = "echo"
[flow.main.nodes.a]
component = "echo"
interface = "torvyn:streaming/processor"
[flow.main.nodes.b]
component = "echo"
interface = "torvyn:streaming/processor"
[[flow.main.edges]]
from = {{ node = "a", port = "output" }}
to = {{ node = "b", port = "input" }}
[[flow.main.edges]]
from = {{ node = "nobody", port = "output" }}
to = {{ node = "b", port = "input" }}
[[flow.main.edges]]
from = {{ node = "b", port = "output" }}
to = {{ node = "a", port = "input" }}
"""


def refused(manifest: Path) -> UnlinkedFlowError:
    with pytest.raises(UnlinkedFlowError) as caught:
        open_flow(manifest)
    return caught.value


def test_each_node_says_what_its_component_lacks(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, source()),
        "missing": (Role.PROCESSOR, None),
        "page": (Role.PROCESSOR, b"<html>"),
        "other": (Role.PROCESSOR, sink()),
        "sink": (Role.SINK, sink()),
    }
    outline = refused(Project(tmp_path, nodes).write()).outline
    assert outline is not None
    assert {node.name: node.lack for node in outline.nodes} == {
        "source": Lack.NOTHING,
        "missing": Lack.NO_FILE,
        "page": Lack.NOT_WASM,
        "other": Lack.WRONG_ROLE,
        "sink": Lack.NOTHING,
    }
    assert [node.name for node in outline.nodes] == list(nodes)
    assert [edge.label for edge in outline.edges] == [
        "source -> missing", "missing -> page", "page -> other", "other -> sink",
    ]  # fmt: skip


def test_before_any_component_is_opened_nothing_is_said_to_lack(tmp_path: Path) -> None:
    nodes = {"source": (Role.SOURCE, None), "sink": (Role.SINK, None)}
    outline = check_manifest_file(Project(tmp_path, nodes).write())
    assert outline.name == "main"
    assert {node.lack for node in outline.nodes} == {Lack.NOTHING}


def test_an_outline_of_a_linked_flow_has_the_same_graph(tmp_path: Path) -> None:
    nodes = {"source": (Role.SOURCE, source()), "sink": (Role.SINK, sink())}
    manifest = Project(tmp_path, nodes).write()
    assert outline_of(open_flow(manifest).flow) == check_manifest_file(manifest)


def test_a_graph_that_makes_no_sense_is_drawn_as_far_as_it_does(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_text(CYCLE)
    outline = refused(manifest).outline
    assert outline is not None
    assert [edge.label for edge in outline.edges] == ["a -> b", "b -> a"]
    assert [edge.index for edge in outline.edges] == [0, 1]
    assert {node.name: (node.inputs, node.outputs) for node in outline.nodes} == {
        "a": ((1,), (0,)),
        "b": ((0,), (1,)),
    }


def test_without_a_manifest_there_is_no_outline(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_text("no toml")
    assert refused(manifest).outline is None
