"""`torvyn-studio trace`: elements' ways, of a run and of its recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.headless.trace import trace_recording
from runtime.lineage import element_traces
from runtime.model.call import Call, Export, Outcome
from runtime.model.linked import Role
from runtime.recording.encoding import OutputLevel, RecordingOptions
from tests.support.engine.fakes import ABSORBED, FakeInvoker, edge, emitted, flow
from tests.support.recording_flows import Components, record_to
from tests.support.studio_projects import ROOT, Project, row, sink, source, studio
from tests.support.wasm.guests import AGGREGATOR, FILTER, component
from workbench.verbs.recordings.trace_text import chosen_traces, is_lineage, trace_text

FAN_OUT = ROOT / "sample_flows" / "fan-out"
RECORDING = FAN_OUT / "four-events.rec"


def traced(*arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The traces and the summary that `trace --json` prints."""
    done = studio("trace", *arguments, "--json")
    assert done.returncode == 0, done.stderr.decode()
    *traces, summary = map(json.loads, done.stdout.splitlines())
    return traces, summary


def ways(traces: list[dict[str, Any]]) -> list[Any]:
    """Of each element what does not depend on time."""
    return [
        (
            trace["source"],
            trace["element_id"],
            trace["came_from"],
            [
                (span["component"], span["operation"], span["parent"], span["outcome"])
                for span in trace["spans"]
            ],
            [(drop["component"], drop["reason"]) for drop in trace["drops"]],
        )
        for trace in traces
    ]


def test_each_element_goes_from_its_source_to_its_sink() -> None:
    traces, summary = traced(str(FAN_OUT))
    assert ways(traces)[1] == (
        "source",
        1,
        None,
        [
            ("source", "pull", None, None),
            ("router", "route", 0, "to logs"),
            ("log-proc", "process", 1, None),
            ("log-sink", "push", 2, None),
        ],
        [],
    )
    assert (summary["elements_traced"], summary["total_copies"]) == (4, 20)
    assert (summary["flow_name"], summary["truncated"]) == ("main", False)
    for trace in traces:
        assert trace["in_component_us"] == pytest.approx(
            sum(span["duration_us"] for span in trace["spans"])
        )
        assert trace["total_latency_us"] >= trace["in_component_us"] - 0.001


def test_a_recording_tells_the_same_without_components(tmp_path: Path) -> None:
    alone = tmp_path / "alone.rec"
    alone.write_bytes(RECORDING.read_bytes())
    traces, summary = traced(str(alone))
    assert ways(traces) == ways(traced(str(FAN_OUT))[0])
    assert summary["total_copies"] == 20
    assert traced(str(ROOT / "tests/recordings/format-2.rec"))[1]["total_copies"] is None
    (one,), _ = traced(str(alone), "--lineage", "source#2")
    assert one == traces[2]
    assert traced(str(alone), "--lineage", str(one["lineage"]))[0] == [one]
    text = studio("trace", str(alone), "--lineage", "source#2").stdout.decode()
    assert f"source#2  lineage {one['lineage']}\n  source.pull" in text
    assert "\n  └─ router.route " in text
    assert "to metrics\n     └─ metric-proc.process" in text
    assert "4 traced, 1 shown" in text


def test_limit_output_and_what_components_print(tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    arguments = ["trace", str(FAN_OUT), "--limit", "2", "--trace-format", "json"]
    done = studio(*arguments, "--output-trace", str(target))
    assert done.returncode == 0
    assert done.stdout == b""
    assert done.stderr.count(b"Received") == 2
    assert [json.loads(line)["type"] for line in target.read_text().splitlines()] == [
        "trace",
        "trace",
        "summary",
    ]
    again = studio(*arguments, "-o", str(target))
    assert again.returncode == 2
    assert b"cannot be written: File exists" in again.stderr
    assert b"Nothing was run" in again.stderr
    assert again.stderr.count(b"Received") == 0
    target.write_text("older")
    again = studio(*arguments, "-o", str(target), "--overwrite")
    assert again.returncode == 0
    assert len(target.read_text().splitlines()) == 3


def test_where_elements_are_held_back_is_told(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.FILTER, component(FILTER, Role.FILTER))
    lines = tmp_path / "lines.txt"
    lines.write_text("odd\neven\n")
    traces, _ = traced(str(manifest), "--input", str(lines))
    passed, held = traces
    assert passed["drops"] == []
    (drop,) = held["drops"]
    assert (drop["component"], drop["reason"]) == ("mid", "held back by a filter")
    assert held["spans"][-1]["outcome"] == "held back"
    assert (
        b"left at mid: held back by a filter"
        in studio("trace", str(manifest), "--input", str(lines)).stdout
    )


def test_a_full_queue_drops_in_a_run_and_in_its_recording(tmp_path: Path) -> None:
    nodes = {"source": (Role.SOURCE, source()), "sink": (Role.SINK, sink())}
    manifest = Project(tmp_path, nodes, node_keys={"source": "priority = 10"}).write()
    text = manifest.read_text().replace(
        'to = { node = "sink", port = "input" }',
        'to = { node = "sink", port = "input" }\nqueue_depth = 1\n'
        'backpressure = { policy = "drop-newest" }',
    )
    manifest.write_text(f'[runtime.scheduling]\npolicy = "priority"\n{text}')
    recording = tmp_path / "a.rec"
    done = studio("record", str(manifest), "-o", str(recording))
    assert done.returncode == 0, done.stderr.decode()
    traces, _ = traced(str(recording))
    dropped = [trace for trace in traces if trace["drops"]]
    assert [drop["reason"] for trace in dropped for drop in trace["drops"]] == ["drop-newest"] * 2
    assert all(len(trace["spans"]) == 1 for trace in dropped)
    assert ways(traces) == ways(traced(str(manifest))[0])


def test_what_an_aggregator_gave_names_what_it_took_in(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.AGGREGATOR, component(AGGREGATOR, Role.AGGREGATOR))
    traces, _ = traced(str(manifest))
    given = [trace for trace in traces if trace["source"] == "mid"]
    taken = [trace["lineage"] for trace in traces if trace["source"] == "source"]
    # The third element makes it give one; the two that it flushes it has kept since before.
    assert [trace["came_from"] for trace in given] == [taken, [], []]
    chosen, _ = traced(str(manifest), "--lineage", "mid#0")
    assert [trace["source"] for trace in chosen] == ["mid", "source", "source", "source"]
    numbered, _ = traced(str(manifest), "--lineage", "#1")
    assert {(one["source"], one["element_id"]) for one in numbered} == {("source", 1), ("mid", 1)}
    text = studio("trace", str(manifest)).stdout.decode()
    assert "  from source#0, source#1, source#2\n  mid.ingest" in text
    assert "  from what mid had kept\n  mid.flush" in text


def test_failures_and_wrong_words_are_told(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.FILTER, component(FILTER, Role.FILTER))
    lines = tmp_path / "lines.txt"
    lines.write_text("I am bad\n")
    failed = studio("trace", str(manifest), "--input", str(lines))
    assert failed.returncode == 1
    assert b"error[E0420] ComponentError" in failed.stdout
    for arguments, words in (
        ([str(RECORDING), "--lineage", "99"], b"'#99' is an element by its sequence"),
        ([str(RECORDING), "--limit", "2"], b"a recording is traced as it is"),
        ([str(FAN_OUT), "--trace-format", "otlp"], b"text or JSON"),
        ([str(FAN_OUT), "--show-buffers"], b"--show-buffers is Torvyn's"),
        ([str(tmp_path / "no.rec")], b"error["),
    ):
        done = studio("trace", *arguments)
        assert done.returncode == 2, arguments
        assert words in done.stderr


def test_ways_are_told_without_payloads_and_a_condition_over_payloads_is_refused(
    tmp_path: Path,
) -> None:
    ways_of = {}
    for level in OutputLevel:
        path = tmp_path / f"{level.value}.rec"
        record_to(path, Components((b"one", b"two")), options=RecordingOptions(level))
        traces, summary = traced(str(path), "--where", "size > 0")
        ways_of[level] = (traces, summary["total_copies"])
    assert ways_of[OutputLevel.DIGEST] == ways_of[OutputLevel.FULL]
    digests = tmp_path / "digest.rec"
    done = studio("trace", str(digests), "--where", 'text == "ONE"')
    assert done.returncode == 2
    assert b"element 2 (3 bytes) was not kept (call" in done.stderr
    # A case needs them: the answer that stands for what is missing is not taken for a recorded one.
    numbers = [span["call"] for trace in traces for span in trace["spans"]]
    done = studio("call", str(digests), str(numbers[1]), "-o", str(tmp_path / "case"))
    assert done.returncode == 2
    assert b"(3 bytes) was not kept (call" in done.stderr


def test_more_elements_than_are_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(element_traces, "KEPT_TRACES", 3)
    _, traces = trace_recording(RECORDING)
    assert (traces.lineages, len(traces.traces)) == (4, 3)


def test_one_element_is_found_wherever_it_comes_with_what_it_was_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "windows.rec"
    linked = flow(
        {"source": Role.SOURCE, "window": Role.AGGREGATOR, "sink": Role.SINK},
        [edge("source", "window"), edge("window", "sink")],
    )
    windows = FakeInvoker(linked, elements=1_000)
    windows.on("window", Export.INGEST, ten_together)
    record_to(path, windows, linked)
    monkeypatch.setattr(element_traces, "KEPT_TRACES", 25)
    for words in ("window#70", "750"):
        _, traces = trace_recording(path, None, is_lineage(words))
        assert traces.lineages == 1_100
        assert len(traces.traces) <= 26
        chosen = chosen_traces(traces, words)
        if words == "window#70":
            made, *inputs = chosen
            assert made.inputs_in_all == len(inputs) == 10
            assert {trace.sequence for trace in inputs} == set(range(700, 710))
            assert all(trace.into[0].lineage == made.lineage for trace in inputs)
        else:
            (trace,) = chosen
            assert (trace.lineage, trace.hops[-1].export) == (750, "ingest")
            assert [into.node for into in trace.into] == ["window"]
    monkeypatch.setattr(element_traces, "MOST_INPUTS", 4)
    _, traces = trace_recording(path, None, is_lineage("window#70"))
    made = chosen_traces(traces, "window#70")[0]
    assert (len(made.inputs or ()), made.inputs_in_all) == (4, 10)
    assert "from source#706, source#707, source#708, source#709 and 6 more" in trace_text(
        traces, [made]
    )


@pytest.mark.parametrize("gives", [True, False])
def test_reading_ends_when_nothing_more_can_become_of_the_element(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gives: bool
) -> None:
    path = tmp_path / "windows.rec"
    linked = flow(
        {
            "source": Role.SOURCE,
            "window": Role.AGGREGATOR,
            "sink": Role.SINK,
            "beside": Role.SINK,
        },
        [edge("source", "window"), edge("window", "sink"), edge("source", "beside")],
    )
    windows = FakeInvoker(linked, elements=40)
    windows.on("window", Export.INGEST, ten_together if gives else lambda call: ABSORBED)
    record_to(path, windows, linked)
    monkeypatch.setattr("runtime.headless.trace.CALLS_AT_ONCE", 1)
    read = {}
    _, all_of_them = trace_recording(path)
    for one in all_of_them.traces.values():
        words = f"{one.source}#{one.sequence}"
        _, whole = trace_recording(path, None, is_lineage(words))
        _, traces = trace_recording(path, None, is_lineage(words), until_complete=True)
        assert chosen_traces(traces, words) == chosen_traces(whole, words)
        read[words] = traces.lineages
    if gives:
        assert read["source#0"] < read["source#12"] < read["window#2"] < all_of_them.lineages
    else:  # the window may yet give something
        assert read["source#0"] == all_of_them.lineages


def test_an_element_alone_goes_without_the_summary() -> None:
    arguments = "trace", str(RECORDING), "--lineage", "source#1"
    text = studio(*arguments).stdout.decode()
    alone = studio(*arguments, "--no-summary").stdout.decode()
    assert text.startswith(f"{alone}\nSummary\n")
    assert alone.startswith("source#1 ")
    (line,) = studio(*arguments, "--json", "--no-summary").stdout.splitlines()
    assert line == studio(*arguments, "--json").stdout.splitlines()[0]
    nothing = studio("trace", str(RECORDING), "--where", "ms > 100000.0", "--no-summary")
    assert (nothing.returncode, nothing.stdout) == (0, b"")


def ten_together(call: Call) -> Outcome:
    """An aggregator that gives one element for ten."""
    assert call.element is not None
    return emitted(b"ten") if call.element.sequence % 10 == 9 else ABSORBED
