from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.engine.options import EngineOptions
from runtime.model.errors import StudioError
from runtime.model.linked import ErrorPolicy, SchedulePolicy
from runtime.recording.file.header import (
    DifferenceKind,
    check_flow,
    engine_options,
    flow_differences,
)
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from tests.support.recording_flows import (
    Components,
    facts_of,
    lines_of,
    linked_flow,
    other_builds,
    record_to,
    resealed,
)

PAYLOADS = [b"one", b"two"]


def test_a_recording_that_lost_its_beginning_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS))
    text = path.read_bytes()
    text = text.replace(b'"first_call":1', b'"first_call":40', 1)
    path.write_bytes(resealed(text.splitlines()))
    assert lines_of(path)[0]["first_call"] == 40
    with RecordingReader(path) as reader, pytest.raises(StudioError, match="begins at call 40"):
        reader.require_beginning()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"name":"upper"', b'"name":"even"', "it has two nodes 'even'"),
        (b'"to":"upper"', b'"to":"gone"', "an edge ends at 'gone', and there is no such node"),
        (b'"from":"source"', b'"from":"even-sink"', "an edge leads from 'even-sink' back to"),
    ],
)
def test_nodes_and_edges_that_are_no_flow_are_refused(
    tmp_path: Path, old: bytes, new: bytes, told: str
) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components())
    lines = path.read_bytes().splitlines()
    path.write_bytes(resealed([lines[0].replace(old, new, 1), *lines[1:]]))
    with RecordingReader(path) as reader, pytest.raises(StudioError, match=told) as caught:
        recorded_flow(reader.header, str(path))
    assert {(item.code, item.line) for item in caught.value.diagnostics} == {("E0001", 1)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"capacity":4', b'"capacity":0'),
        (b'"low_watermark_ratio":0.5', b'"low_watermark_ratio":1.5'),
        (b'"rate":null', b'"rate":0.0'),
        (b'"sink_pause_ms":100', b'"sink_pause_ms":-1'),
    ],
)
def test_settings_that_no_flow_may_have_are_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components())
    lines = path.read_bytes().splitlines()
    assert old in lines[0]
    path.write_bytes(resealed([lines[0].replace(old, new, 1), *lines[1:]]))
    field = old[1:].partition(b'"')[0].decode()
    with pytest.raises(StudioError, match=field):
        RecordingReader(path)


def test_a_flow_that_is_another_one_is_refused_and_can_be_forced(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components())
    with RecordingReader(path) as reader:
        header = reader.header
    flow = linked_flow()
    assert flow_differences(header, flow) == ()
    built = other_builds(flow, "upper")
    differences = flow_differences(header, built)
    assert [(item.kind, item.what) for item in differences] == [
        (DifferenceKind.BUILD, "node upper, build")
    ]
    assert check_flow(header, built, str(path), force=False, other_builds=True) == differences
    with pytest.raises(StudioError, match="node upper, build"):
        check_flow(header, built, str(path), force=False)

    other = replace(
        flow,
        nodes=tuple(replace(node, config="{}") for node in flow.nodes[:-1]),
        edges=tuple(replace(edge, capacity=9) for edge in flow.edges[:-1]),
    )
    with pytest.raises(StudioError) as caught:
        check_flow(header, other, str(path), force=False, other_builds=True)
    told = caught.value.diagnostics[0]
    assert told.code == "E0412"
    for part in (
        "node even-sink: recorded sink, found absent",
        "node upper, config",
        "edge source:output -> upper:input, capacity: recorded 4, found 9",
        "edge even:output -> even-sink:input: recorded present, found absent",
    ):
        assert part in told.message
    assert len(check_flow(header, other, str(path), force=True)) == 7


def test_the_facts_of_a_header_are_those_of_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    options = EngineOptions(SchedulePolicy.PRIORITY, ErrorPolicy.SKIP, 7, 99, rebuild=False)
    record_to(path, Components(), engine_options=options)
    with RecordingReader(path) as reader:
        assert engine_options(reader.header) == facts_of(options).options
