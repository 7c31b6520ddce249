"""What a benchmark found, as it is shown, saved and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from hashlib import blake2b
from pathlib import Path
from statistics import median

import msgspec

from runtime.bench.measuring import Measured, peak_memory_bytes
from runtime.bench.workload import Workload
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.output_file import require_writable, unwritable
from runtime.model.files.project_files import STUDIO_FOLDER
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.histogram import Histogram, Spread

FORMAT = 3
FOLDER = STUDIO_FOLDER / "bench"
_DIGEST_BYTES = 16
SHARES = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True, slots=True)
class Durations:
    """How durations of all runs are spread, in nanoseconds; see `Histogram` for how exactly."""

    count: int
    p50_ns: int
    p90_ns: int
    p99_ns: int
    p999_ns: int
    max_ns: int


@dataclass(frozen=True, slots=True)
class BenchResult:
    """All runs of a benchmark of one flow."""

    format: int
    workload: Workload
    builds: dict[str, str]
    """Digests of the components by node."""
    runs: int
    passes: int
    cut: int
    """Passes whose sources had more to give when they were ended; see `measure`."""
    elements: int
    delivered: int
    dropped: int
    errors: int
    calls: int
    copies: int
    copied_bytes: int
    buffers: int
    peak_memory_bytes: int
    waits_ns: int
    """Flow time that paused sinks and rates took."""
    samples: dict[str, list[float]]
    """By metric, a value a run; see `METRICS` and `call_metric`."""
    yardstick_ns: list[float]
    """Processor time of a piece of work that never changes, in the middle of each run's."""
    nodes: dict[str, Durations]
    waits: dict[str, Durations]
    """In queues, by edge (`producer -> consumer`)."""
    end_to_end: Durations | None
    responses: dict[str, Spread]
    """By edge that was full: flow time until its producer was suspended, of the last pass."""
    idle: tuple[str, ...] = ()
    """Nodes that had no element in any pass."""
    works: dict[str, str] = field(default_factory=dict)
    """By node, a digest of its build, its configuration, and of the same of every node before it:
    equal for two results where the node does the same work on the same elements."""

    def middle(self, metric: str) -> float:
        """The median of the runs."""
        return median(self.samples[metric])

    def spread(self, metric: str) -> float:
        """Half the distance from the lowest to the highest run, as a share of the median."""
        values = self.samples[metric]
        middle = median(values)
        return (max(values) - min(values)) / 2 / middle if middle else 0.0


SPEED, PROCESSOR, ENGINE, OPENING = (
    "elements/s",
    "processor ns/element",
    "engine ns/call",
    "opening ns/pass",
)
METRICS = (SPEED, PROCESSOR, ENGINE, OPENING)
CALL = "median call ns, "
"""What the metric of a node's calls begins with."""

ARROW = " -> "
"""Between the two ends in an edge's name."""


def call_metric(node: str) -> str:
    """The metric of a node's median call, in nanoseconds."""
    return f"{CALL}{node}"


END_TO_END = "median end to end ns"


def result_of(flow: LinkedFlow, workload: Workload, runs: Sequence[Measured]) -> BenchResult:
    """The result of these runs; nodes and edges are in the order of the flow."""
    calls: dict[str, Histogram] = {}
    waits: dict[tuple[str, str], Histogram] = {}
    worked: set[str] = set()
    whole = Histogram()
    samples: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for run in runs:
        samples[SPEED].append(run.elements_per_second)
        samples[PROCESSOR].append(run.processor_ns_per_element)
        samples[ENGINE].append(run.engine.quantiles((0.5,))[0])
        samples[OPENING].append(run.opening_ns / run.passes)
        worked |= run.worked
        for node in flow.nodes:
            histogram = run.histograms.calls.get(node.name)
            if histogram is not None:
                calls.setdefault(node.name, Histogram()).merge(histogram)
                metric = call_metric(node.name)
                samples.setdefault(metric, []).append(histogram.quantiles((0.5,))[0])
        for ends, histogram in run.histograms.waits.items():
            waits.setdefault(ends, Histogram()).merge(histogram)
        if run.histograms.end_to_end is not None and run.histograms.end_to_end.count:
            whole.merge(run.histograms.end_to_end)
            middle = run.histograms.end_to_end.quantiles((0.5,))[0]
            samples.setdefault(END_TO_END, []).append(middle)
    place = {node.name: index for index, node in enumerate(flow.nodes)}
    edges_in_order = sorted(waits, key=lambda ends: (place[ends[0]], place[ends[1]]))
    last = runs[-1].snapshot
    edges = () if last is None else last.edges
    return BenchResult(
        FORMAT,
        workload,
        {node.name: node.digest for node in flow.nodes},
        len(runs),
        sum(run.passes for run in runs),
        sum(run.cut for run in runs),
        sum(run.elements for run in runs),
        sum(run.delivered for run in runs),
        sum(run.dropped for run in runs),
        sum(run.errors for run in runs),
        sum(run.calls for run in runs),
        sum(run.copies for run in runs),
        sum(run.copied_bytes for run in runs),
        sum(run.buffers for run in runs),
        peak_memory_bytes(),
        sum(run.waits_ns for run in runs),
        samples,
        [float(run.yardstick.quantiles((0.5,))[0]) for run in runs],
        {node: _durations(histogram) for node, histogram in calls.items()},
        {ARROW.join(ends): _durations(waits[ends]) for ends in edges_in_order},
        _durations(whole) if whole.count else None,
        {edge.label: edge.response for edge in edges if edge.response is not None},
        tuple(node.name for node in flow.nodes if node.name not in worked),
        _works(flow),
    )


def _works(flow: LinkedFlow) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in flow.nodes:
        before = [
            (edge.source_port, edge.target_port, found[edge.source])
            for edge in flow.edges
            if edge.target == node.name
        ]
        parts = (node.digest, node.config, sorted(before))
        found[node.name] = blake2b(repr(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return found


def _durations(histogram: Histogram) -> Durations:
    p50, p90, p99, p999 = histogram.quantiles(SHARES)
    return Durations(histogram.count, p50, p90, p99, p999, histogram.max_ns)


# ---- files


class _Versioned(msgspec.Struct):
    format: int


def saved_path(manifest: Path, name: str) -> Path:
    """Where a result of a project is saved under a name."""
    return manifest.parent / FOLDER / f"{name}.json"


def require_savable(path: Path) -> None:
    """Raises `StudioError` unless `save` could write there: known before anything is measured."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, "the result", error) from None
    require_writable(path, "the result", overwrite=True)


def save(result: BenchResult, path: Path) -> None:
    """Write the result, over one of the same name. Raises `StudioError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    except OSError as error:
        raise _file_error(path, f"cannot be written: {error.strerror}", "") from None


def load(path: Path) -> BenchResult:
    """Read a saved result. Raises `StudioError`."""
    try:
        data = path.read_bytes()
        if msgspec.json.decode(data, type=_Versioned).format != FORMAT:
            raise _file_error(path, "was saved by another version", _again(path))
        result = msgspec.json.decode(data, type=BenchResult)
    except FileNotFoundError:
        raise _file_error(path, "is not there", _saved_ones(path)) from None
    except OSError as error:
        raise _file_error(path, f"cannot be read: {error.strerror}", _saved_ones(path)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _file_error(path, f"is damaged: {error}", _again(path)) from None
    if not _is_sound(result.samples):
        raise _file_error(path, "is damaged: a metric has no value", _again(path))
    return result


def _again(path: Path) -> str:
    return f"Save it again: torvyn-studio bench --save {path.stem}."


def _saved_ones(path: Path) -> str:
    names = sorted(file.stem for file in path.parent.glob("*.json") if file.is_file())
    if names:
        return f"Saved are: {', '.join(names)}."
    return "Save one first: torvyn-studio bench --save NAME."


def _is_sound(samples: Mapping[str, Sequence[float]]) -> bool:
    return all(samples.get(metric) for metric in METRICS) and all(
        value >= 0 and value < 1e18 for values in samples.values() for value in values
    )


def _file_error(path: Path, problem: str, advice: str) -> StudioError:
    return StudioError(
        [Diagnostic(Severity.ERROR, Code.IO, f"the saved benchmark {problem}", advice, str(path))]
    )
