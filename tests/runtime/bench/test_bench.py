"""Benchmarks: what a run counts, what is saved, and when a flow became slower."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from runtime.bench.comparing import Change, Comparison, calls_ratio, compare
from runtime.bench.measuring import Measured, measure
from runtime.bench.result import (
    END_TO_END,
    ENGINE,
    METRICS,
    PROCESSOR,
    SPEED,
    BenchResult,
    call_metric,
    load,
    result_of,
    save,
    saved_path,
)
from runtime.bench.workload import Workload, conditions, require_comparable
from runtime.engine.invoker import ClosableInvoker
from runtime.engine.options import EngineOptions
from runtime.model.codes import Code
from runtime.model.errors import StudioError
from runtime.model.linked import ErrorPolicy, SchedulePolicy
from runtime.opening.open import OpenedFlow, open_flow
from runtime.wasm.stock.stock_invoker import StockComponents
from tests.support.studio_projects import pair, sink

WORKLOAD = Workload.of("main", "direct", SchedulePolicy.CONSUMER_FIRST, None, {})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> OpenedFlow:
    return open_flow(pair(tmp_path_factory.mktemp("bench"), sink()))


def measured(opened: OpenedFlow, seconds: float = 0.0) -> Measured:
    def open_invoker() -> ClosableInvoker:
        return opened.open_invoker(lambda *_: None)

    options = EngineOptions(on_error=ErrorPolicy.FAIL)
    return measure(opened.flow, open_invoker, options, seconds or 1e-6)


@pytest.fixture(scope="module")
def result(opened: OpenedFlow) -> BenchResult:
    runs = [measured(opened) for _ in range(4)]
    return result_of(opened.flow, WORKLOAD, runs)


def test_a_run_counts_the_elements_calls_and_times_of_its_passes(opened: OpenedFlow) -> None:
    run = measured(opened)
    assert (run.passes, run.elements, run.delivered, run.errors) == (1, 3, 3, 0)
    # Each element is pulled and pushed; then the source is done, and the sink told so.
    assert run.calls == 8
    assert run.engine.count == run.calls
    assert 0 < run.engine.total_ns < run.flow_ns
    assert run.opening_ns > 0
    assert run.histograms.calls["sink"].count == 4
    assert run.histograms.waits["source", "sink"].count == 3
    assert run.histograms.end_to_end is not None
    assert run.histograms.end_to_end.count == 3


def test_a_run_is_made_of_as_many_passes_as_fill_it(
    opened: OpenedFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=1_000)
    monkeypatch.setattr("runtime.bench.measuring._now", lambda: next(clock))
    run = measured(opened, seconds=100e-6)
    # Each of the eight calls takes a tick, and the engine one before it and one after.
    assert (run.passes, run.flow_ns) == (5, 5 * 24_000)
    assert run.engine.total_ns == 5 * 16_000
    assert run.elements == 3 * run.passes
    assert run.histograms.calls["source"].count == 4 * run.passes


def test_a_pass_that_takes_long_gets_no_more_elements_and_ends(
    opened: OpenedFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=1_000)
    monkeypatch.setattr("runtime.bench.measuring._now", lambda: next(clock))
    options = EngineOptions(on_error=ErrorPolicy.FAIL)

    def open_invoker() -> ClosableInvoker:
        return opened.open_invoker(lambda *_: None)

    # A call takes three ticks: the first element is given and pushed, the second one as well.
    run = measure(opened.flow, open_invoker, options, 1e-6, pass_seconds=9e-6)
    assert (run.passes, run.cut, run.elements, run.delivered) == (1, 1, 2, 2)
    assert (run.failed, measured(opened).cut) == (False, 0)


def test_components_are_compiled_for_the_binding_before_any_run(opened: OpenedFlow) -> None:
    components, told = StockComponents(opened.flow), list[str]()
    components.compile_all(told.append)
    assert told == ["source", "sink"]
    for node in opened.flow.nodes:
        assert components.of(node.digest, "is not read again") is not None


def test_a_result_has_a_sample_of_each_metric_a_run(result: BenchResult) -> None:
    metrics = {*METRICS, call_metric("source"), call_metric("sink"), END_TO_END}
    assert set(result.samples) == metrics
    assert {len(values) for values in result.samples.values()} == {4}
    assert result.nodes["sink"].count == 16
    found = result.nodes["sink"]
    assert 0 < found.p50_ns <= found.p90_ns <= found.p99_ns <= found.p999_ns <= found.max_ns
    assert result.end_to_end is not None


def test_nodes_stand_in_the_order_of_the_flow_and_those_without_an_element_are_told(
    opened: OpenedFlow, result: BenchResult
) -> None:
    assert list(result.nodes) == ["source", "sink"]
    assert result.idle == ()
    run = measured(opened)
    assert run.worked == {"source", "sink"}
    run.worked.remove("sink")
    assert result_of(opened.flow, WORKLOAD, [run]).idle == ("sink",)


def test_a_saved_result_is_read_as_it_was(result: BenchResult, tmp_path: Path) -> None:
    path = saved_path(tmp_path / "Torvyn.toml", "before")
    assert path == tmp_path / ".torvyn" / "studio" / "bench" / "before.json"
    with pytest.raises(StudioError, match=r"is not there(?s:.*)--save NAME"):
        load(path)
    save(result, path)
    assert load(path) == result
    (path.parent / "folder.json").mkdir()
    with pytest.raises(StudioError, match=r"Saved are: before\."):
        load(saved_path(tmp_path / "Torvyn.toml", "another"))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[" * 100_000, '{"format": 3}', "\x00", '{"format": 3, "samples": {}}'],
    ids=["empty", "object", "deep", "format", "binary", "samples"],
)
def test_a_file_that_is_no_result_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(StudioError, match=r"is damaged: (?s:.*) torvyn-studio bench --save x"):
        load(path)


def test_a_result_of_another_version_is_told(result: BenchResult, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    save(replace(result, format=2), path)
    with pytest.raises(StudioError, match=r"saved by another version[^$]*Save it again"):
        load(path)


def test_results_of_other_work_are_not_compared_and_each_reason_is_told(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("one\ntwo\n")
    fed = Workload.of("main", "direct", SchedulePolicy.PRIORITY, 5, {"source": str(lines)})
    require_comparable("before", fed, fed)
    lines.write_text("one\nthree\n")
    again = Workload.of("other", "native", SchedulePolicy.PRIORITY, None, {"source": str(lines)})
    with pytest.raises(StudioError) as refused:
        require_comparable("before", fed, again)
    told = [f"{problem.message} {problem.help}" for problem in refused.value.diagnostics]
    assert {problem.kind for problem in refused.value.diagnostics} == {Code.SEMANTIC}
    for text, words in zip(
        told,
        (
            ("flow 'main', this one of flow 'other'", "Measure flow.main,"),
            ("the direct layer, this one of calls through the native", "with --no-native"),
            ("5 elements at most, this one of passes without", "Measure with --limit 5"),
            ("lines of a file for source, this one of the lines", "what they were given then"),
        ),
        strict=True,
    ):
        assert all(each in text for each in ("'before'", "--save before", *words)), text


def test_other_conditions_are_told_and_compared_all_the_same() -> None:
    now = replace(WORKLOAD, schedule=SchedulePolicy.PRIORITY, engine="compiled")
    require_comparable("before", replace(WORKLOAD, engine="Python"), now)
    assert conditions(replace(WORKLOAD, engine="Python"), now) == [
        "the order of calls was consumer-first, now priority",
        "the engine was Python, now compiled",
    ]


def test_an_input_that_cannot_be_read_for_each_pass_is_refused(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "it is no file"), (tmp_path / "none", "No such file")):
        with pytest.raises(StudioError, match=words):
            Workload.of("main", "direct", SchedulePolicy.PRIORITY, None, {"source": str(path)})


def noisy(
    result: BenchResult, seed: int, scatter: float, *, machine: float = 1.0, **slower: float
) -> BenchResult:
    """Ten runs on a machine so many times as slow, with metrics that are slower by factors."""
    chance = random.Random(seed)
    yardsticks = [1e6 * machine * chance.uniform(1, 1 + scatter) for _ in range(10)]
    samples = {}
    for metric in (SPEED, PROCESSOR, ENGINE, call_metric("sink")):
        factor = machine * slower.get(metric.split()[0], 1.0)
        times = [1e5 * factor * chance.uniform(1, 1 + scatter) for _ in range(10)]
        samples[metric] = [1e9 / time for time in times] if metric == SPEED else times
    return replace(result, samples=samples, yardstick_ns=yardsticks)


def changes(comparisons: tuple[Comparison, ...]) -> dict[str, Change]:
    return {item.metric: item.change for item in comparisons if item.change is not Change.NONE}


@pytest.mark.parametrize("scatter", [0.01, 0.2, 1.0])
def test_two_measurements_of_the_same_build_are_no_change(
    result: BenchResult, scatter: float
) -> None:
    for seed in range(100):
        before, now = noisy(result, seed, scatter), noisy(result, seed + 1_000, scatter)
        assert changes(compare(before, now)) == {}


def test_a_machine_that_is_busier_is_no_change(result: BenchResult) -> None:
    before, now = noisy(result, 1, 0.05), noisy(result, 2, 0.05, machine=1.7)
    assert changes(compare(before, now)) == {}


def test_a_clock_that_runs_on_while_others_have_the_processor_is_no_change(
    result: BenchResult,
) -> None:
    before, later = noisy(result, 1, 0.05), noisy(result, 2, 0.05, **{"elements/s": 1.5})
    (speed, *_) = compare(before, later)
    assert speed.ratio == pytest.approx(1.5, rel=0.1)
    assert changes(compare(before, later)) == changes(compare(later, before)) == {}
    # That others took the processor does not hide what the flow itself takes.
    worse = noisy(result, 3, 0.05, processor=1.3, **{"elements/s": 1.95})
    assert changes(compare(before, worse)) == dict.fromkeys((SPEED, PROCESSOR), Change.SLOWER)


def test_what_a_flow_waits_for_its_rates_is_the_same_on_every_machine(result: BenchResult) -> None:
    def paced(seed: int, machine: float, wait_ns: int) -> BenchResult:
        made = noisy(result, seed, 0.05, machine=machine)
        speeds = [1e9 / (1e9 / speed + wait_ns) for speed in made.samples[SPEED]]
        waits_ns = wait_ns * made.elements
        return replace(made, samples={**made.samples, SPEED: speeds}, waits_ns=waits_ns)

    before = paced(1, 1.0, 1_000_000)
    assert changes(compare(before, paced(2, 1.7, 1_000_000))) == {}
    assert changes(compare(before, paced(3, 1.7, 2_000_000))) == {SPEED: Change.SLOWER}


def test_what_is_slower_or_faster_beyond_the_noise_is_said(result: BenchResult) -> None:
    before = noisy(result, 1, 0.05)
    now = noisy(result, 2, 0.05, engine=1.3, processor=0.7)
    assert changes(compare(before, now)) == {ENGINE: Change.SLOWER, PROCESSOR: Change.FASTER}
    (speed, *_) = compare(before, noisy(result, 3, 0.05, processor=1.5, **{"elements/s": 1.5}))
    assert (speed.metric, speed.change) == (SPEED, Change.SLOWER)
    assert speed.ratio == pytest.approx(1.5, rel=0.1)
    # The same change in runs that scatter by half is none.
    quiet, loud = noisy(result, 4, 0.6), noisy(result, 5, 0.6, engine=1.3)
    assert changes(compare(quiet, loud)) == {}


def test_a_tenth_more_is_found_on_a_machine_that_is_not_quiet(result: BenchResult) -> None:
    """The runs scatter by as much, and the machine's own speed by half of it."""
    found = [
        changes(compare(noisy(result, seed, 0.1), noisy(result, seed + 1_000, 0.1, processor=1.15)))
        for seed in range(20)
    ]
    assert found.count({PROCESSOR: Change.SLOWER}) >= 19


def test_one_run_that_something_else_slowed_down_neither_hides_a_change_nor_makes_one(
    result: BenchResult,
) -> None:
    before, now = noisy(result, 1, 0.05), noisy(result, 2, 0.05)
    times = before.samples[PROCESSOR]
    before = replace(before, samples={**before.samples, PROCESSOR: [2 * times[0], *times[1:]]})
    assert changes(compare(before, now)) == changes(compare(now, before)) == {}
    slower = noisy(result, 3, 0.05, processor=1.3)
    assert changes(compare(before, slower)) == {PROCESSOR: Change.SLOWER}


def test_a_machine_that_got_faster_neither_hides_a_change_nor_makes_one(
    result: BenchResult,
) -> None:
    before, now = noisy(result, 1, 0.05), noisy(result, 2, 0.05, machine=0.6)
    assert changes(compare(before, now)) == {}
    both = noisy(result, 3, 0.05, machine=0.9, processor=1.5)
    assert changes(compare(before, both)) == {PROCESSOR: Change.SLOWER}


def test_a_node_whose_calls_take_no_measurable_time_is_not_compared(result: BenchResult) -> None:
    before, now = noisy(result, 1, 0.05), noisy(result, 2, 0.05)
    short = {**before.samples, call_metric("sink"): [0.0] * 6 + [1.0] * 4}
    metrics = [found.metric for found in compare(replace(before, samples=short), now)]
    assert metrics == [SPEED, PROCESSOR, ENGINE]


def test_one_run_is_not_enough_to_say_that_something_changed(result: BenchResult) -> None:
    before = noisy(result, 1, 0.01)
    now = noisy(result, 2, 0.01, engine=3.0)
    short = {metric: values[:1] for metric, values in now.samples.items()}
    assert changes(compare(before, replace(now, samples=short))) == {}


def steady(
    result: BenchResult, processor: Sequence[float], yardstick: Sequence[float]
) -> BenchResult:
    """Runs of which nothing but the processor time of an element is compared, in microseconds."""
    samples = {PROCESSOR: [1e3 * value for value in processor]}
    units = [1e3 * value for value in yardstick]
    return replace(result, samples=samples, yardstick_ns=units)


@pytest.mark.parametrize(
    ("now", "change"),
    [
        (106.0, Change.NONE),
        (108.0, Change.SLOWER),
        (113.0, Change.SLOWER),
        (94.0, Change.NONE),
        (88.0, Change.NONE),
        (87.0, Change.FASTER),
    ],
)
def test_what_became_faster_has_to_be_twice_as_far_as_what_became_slower(
    result: BenchResult, now: float, change: Change
) -> None:
    before, later = (steady(result, [value] * 10, [25.0] * 10) for value in (100.0, now))
    assert [item.change for item in compare(before, later)] == [change]


def test_what_a_change_of_the_machine_could_be_is_no_change(result: BenchResult) -> None:
    """The unit's medians are 6 % apart, which its scatter could explain."""
    slow, quick = [25.5, *[27.0] * 8, 28.0], [24.0, *[25.5] * 8, 27.0]
    before = steady(result, [100.0] * 10, slow)
    assert changes(compare(before, steady(result, [86.0] * 10, slow))) == {PROCESSOR: Change.FASTER}
    assert changes(compare(before, steady(result, [86.0] * 10, quick))) == {}
    assert changes(compare(before, steady(result, [80.0] * 10, quick))) == {
        PROCESSOR: Change.FASTER
    }
    before = steady(result, [100.0] * 10, quick)
    assert changes(compare(before, steady(result, [110.0] * 10, slow))) == {}
    assert changes(compare(before, steady(result, [110.0] * 10, quick))) == {
        PROCESSOR: Change.SLOWER
    }
    assert changes(compare(before, steady(result, [115.0] * 10, slow))) == {
        PROCESSOR: Change.SLOWER
    }


def calling(result: BenchResult, work: dict[str, str], **calls: Sequence[float]) -> BenchResult:
    """Runs of which the calls of nodes are compared, in nanoseconds, and their sum of work."""
    totals = [sum(run) for run in zip(*calls.values(), strict=True)]
    samples = {call_metric(node): list(values) for node, values in calls.items()}
    units = [25e3] * len(totals)
    return replace(
        result, samples={PROCESSOR: totals, **samples}, yardstick_ns=units, works={**work}
    )


SAME = dict.fromkeys("abc", "the same")


def test_calls_are_compared_in_units_of_those_that_do_the_same_work(result: BenchResult) -> None:
    """What takes the caches slows calls down, and not the work of the unit."""
    chance = random.Random(5)
    # The whole run of a kind: quick, or slow by up to a factor of two.
    moods = [[chance.uniform(1, 2) for _ in range(10)] for _ in range(2)]

    def runs(mood: int, a: float = 1.0) -> dict[str, list[float]]:
        sizes = {"a": 2e3 * a, "b": 2e3, "c": 1.5e3}
        return {
            node: [size * each * chance.uniform(1, 1.02) for each in moods[mood]]
            for node, size in sizes.items()
        }

    before, other = calling(result, SAME, **runs(0)), {**SAME, "a": "another"}
    assert changes(compare(before, calling(result, SAME, **runs(1)))) == {}
    slower = calling(result, other, **runs(1, a=1.15))
    assert changes(compare(before, slower)) == {call_metric("a"): Change.SLOWER}
    # A node that was not called in one run is seen alone.
    missing = replace(
        slower, samples={**slower.samples, call_metric("a"): slower.samples[call_metric("a")][1:]}
    )
    assert changes(compare(before, missing)) == {}
    # Where no two others do the same work, the scatter of the runs hides it.
    assert changes(compare(before, replace(slower, works=dict.fromkeys("abc", "another")))) == {}


def test_a_machine_that_slows_down_calls_alone_is_no_change(result: BenchResult) -> None:
    """As measured with one build: the unit says 2 % of what the calls say is 95 %."""
    quick = calling(
        result,
        SAME,
        a=[1456, 1488, 1488, 1520, 1488, 1504],
        b=[2272, 2336, 2464, 2464, 2496, 2464],
        c=[1936, 1968, 2112, 2112, 2144, 2112],
    )
    slow = calling(
        result,
        SAME,
        a=[2336, 2656, 2688, 2688, 2720, 2720],
        b=[4544, 4736, 4800, 4800, 4800, 4864],
        c=[4160, 4352, 4416, 4416, 4416, 4480],
    )
    assert calls_ratio(quick, slow) == pytest.approx(1.95, rel=0.02)
    assert changes(compare(quick, slow)) == changes(compare(slow, quick)) == {}
    # A saved result of before says nothing of what nodes did: then the unit alone is asked.
    assert calls_ratio(replace(quick, works={}), slow) is None
    assert PROCESSOR in changes(compare(replace(quick, works={}), slow))


def test_what_was_never_held_up_is_not_slower_when_the_others_are_no_longer(
    result: BenchResult,
) -> None:
    held_up = calling(result, SAME, a=[1500] * 9 + [1550], b=[3400] * 10, c=[3000] * 10)
    now = calling(result, SAME, a=[1490] * 10, b=[2400] * 10, c=[2050] * 10)
    assert changes(compare(held_up, now)) == {}
    # Of a build that is another one, that is all there is to go by.
    other = replace(now, works={**SAME, "a": "another"})
    assert changes(compare(held_up, other)) == {call_metric("a"): Change.SLOWER}
    # Those that are held up now do not make it faster.
    assert changes(compare(now, held_up)) == {}


def test_a_node_does_the_same_work_while_it_and_all_before_it_are_the_same(
    opened: OpenedFlow, result: BenchResult
) -> None:
    flow, run = opened.flow, measured(opened)
    for name, others in (("source", {"source", "sink"}), ("sink", {"sink"})):
        node = flow.by_name[name]
        for changed in (replace(node, config='{"x": 1}'), replace(node, digest="another")):
            nodes = tuple(changed if own is node else own for own in flow.nodes)
            works = result_of(replace(flow, nodes=nodes), WORKLOAD, [run]).works
            assert {own for own in works if works[own] != result.works[own]} == others


def test_a_result_saved_in_a_bad_moment_does_not_make_the_same_build_faster(
    result: BenchResult,
) -> None:
    """As they were measured, with one build, on a machine of two processors that others used."""
    bad = steady(
        result,
        [41.3, 41.8, 42.0, 42.1, 42.5, 42.8, 43.0, 43.3, 43.6, 44.5],
        [28.4, 29.4, 29.4, 29.4, 29.4, 29.4, 30.5, 30.5, 30.5, 30.5],
    )
    first = [33.3, 33.8, 34.0, 34.2, 34.5, 34.6, 35.7, 36.1, 36.5, 36.8]
    second = [35.1, 35.1, 35.9, 35.9, 36.1, 36.5, 37.2, 38.1, 40.0, 40.2]
    third = [36.3, 37.4, 37.4, 38.1, 38.2, 38.6, 39.5, 39.7, 39.8, 40.1]
    units = [
        *(25.3, 25.9, 25.9, 26.4, 26.4, 26.9, 26.9, 26.9, 26.9, 26.9),
        *(25.9, 26.4, 26.9, 26.9, 26.9, 27.4, 27.9, 27.9, 27.9, 28.9),
        *(27.9, 27.9, 28.4, 28.4, 28.4, 28.4, 28.9, 29.4, 29.4, 29.4),
    ]
    now = [*first, *second, *third]
    assert changes(compare(bad, steady(result, now, units))) == {}
    # What takes a seventh more than in that moment is slower all the same.
    slower = [1.15 * value for value in bad.samples[PROCESSOR]]
    worse = replace(bad, samples={PROCESSOR: slower})
    assert changes(compare(bad, worse)) == {PROCESSOR: Change.SLOWER}
