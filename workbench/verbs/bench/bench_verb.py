"""`torvyn-studio bench`: how fast a flow is, where its time goes, and whether that changed."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypedDict, Unpack

import click

from runtime.bench.comparing import Change, compare
from runtime.bench.measuring import LONGEST_PASS_S, Measured, measure
from runtime.bench.result import (
    BenchResult,
    load,
    require_savable,
    result_of,
    save,
    saved_path,
)
from runtime.bench.workload import Workload, require_comparable
from runtime.child.gc_tuning import settle_collector
from runtime.engine.invoker import ClosableInvoker
from runtime.headless.run import RunOptions, engine_options
from runtime.model.errors import ExitCode
from runtime.model.events import NodeFailed
from runtime.model.linked import SchedulePolicy
from runtime.model.text.plurals import counted
from runtime.opening.open import OpenedFlow, open_flow
from runtime.recording.replay.input_feed import input_paths, text_inputs
from runtime.recording.replay.source_override import SourceOverride
from runtime.wasm.stock.stock_invoker import StockComponents, StockInvoker
from workbench.command_line.messages import say, show_failure, show_problems
from workbench.terminal.progress_line import ProgressLine
from workbench.verbs.bench.bench_report import Against, report_json, report_lines
from workbench.verbs.options.arguments import (
    MANIFEST_WORD,
    Duration,
    input_option,
    manifest_and_flow,
)
from workbench.verbs.options.trust_flag import admission, trust_option
from workbench.verbs.running.summary import failure_lines

CONFIRMATIONS = 2
"""So often is measured again before something is called slower or faster."""
_NAME = re.compile(r"\w[\w.-]{0,63}")


class BenchArguments(TypedDict):
    """What the command line gives."""

    words: tuple[str, ...]
    flow: str | None
    runs: int
    seconds: float
    warm_up: int
    limit: int | None
    inputs: tuple[str, ...]
    schedule: str | None
    save_name: str | None
    compare_name: str | None
    stock: bool
    as_json: bool
    trust: bool


@click.command("bench")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Measured runs; their scatter is the noise.",
)
@click.option(
    "--time",
    "seconds",
    type=Duration(),
    default=0.5,
    show_default="500ms",
    help="Length of a run: the flow is begun again until it is full.",
)
@click.option(
    "--warm-up",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Runs before, which do not count.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Elements of a pass: for sources that give one after the other without end.",
)
@input_option()
@click.option(
    "--schedule",
    type=click.Choice([policy.value for policy in SchedulePolicy]),
    help="Order of calls, in place of the manifest's.",
)
@click.option("--save", "save_name", metavar="NAME", help="Save the result of the project.")
@click.option(
    "--compare",
    "compare_name",
    metavar="NAME",
    help="Compare with a saved result; exit 3 when something is slower beyond the noise.",
)
@click.option(
    "--stock",
    is_flag=True,
    help="Run the same components through wasmtime-py's own binding too, in turns.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@trust_option
def command(**arguments: Unpack[BenchArguments]) -> int:
    """Measure a flow; what is printed is Markdown.

    \b
    torvyn-studio bench                            ./Torvyn.toml
    torvyn-studio bench --input lines.txt --save before
    torvyn-studio bench --input lines.txt --compare before
    """
    for name in (arguments["save_name"], arguments["compare_name"]):
        if name is not None and not _NAME.fullmatch(name):
            raise click.UsageError(
                f"{name!r} is no name: letters, digits and '_', after the first also '.' and '-'"
            )
    manifest, flow = manifest_and_flow(arguments["words"], arguments["flow"])
    compare_name = arguments["compare_name"] or ""
    before = load(saved_path(manifest, compare_name)) if compare_name else None
    if arguments["save_name"] is not None:
        require_savable(saved_path(manifest, arguments["save_name"]))
    if any(text.rpartition("=")[2] == "-" for text in arguments["inputs"]):
        raise click.UsageError("each pass reads its inputs again: give --input a file")
    opened = open_flow(manifest, flow, admit=admission(trust=arguments["trust"]))
    show_problems(opened.warnings)
    benchmark = _Benchmark(opened, arguments)
    if before is not None:
        require_comparable(compare_name, before.workload, benchmark.workload)
    try:
        benchmark.warm_up()
        result = benchmark.measure()
        if benchmark.failed:
            before = None
        comparisons = () if before is None else compare(before, result)
        for _ in range(CONFIRMATIONS):
            if before is not None and any(item.change is not Change.NONE for item in comparisons):
                # What changed only for the moment has not when it is measured again.
                result = benchmark.measure("measured again, as something seems changed")
                comparisons = compare(before, result)
    except KeyboardInterrupt:
        _tell_interrupted(benchmark, arguments)
        raise
    against = None
    if before is not None:
        against = Against(compare_name, before, comparisons)
    _print(result, against, benchmark.stock, as_json=arguments["as_json"])
    if benchmark.failed:
        why = "\n".join(failure_lines(benchmark.failures))
        show_failure(why or "No source gave an element. Give lines of a file: --input FILE.")
        if undone := _asked(arguments):
            reason = "it failed" if why else "nothing was measured"
            say(f"Not {' and not '.join(undone)}, as {reason}.")
        return ExitCode.FAILED
    if arguments["save_name"] is not None:
        path = saved_path(manifest, arguments["save_name"])
        save(result, path)
        say(f"Saved to {path}")
    slower = any(item.change is Change.SLOWER for item in comparisons)
    return ExitCode.ENVIRONMENT if slower else ExitCode.OK


def _print(
    result: BenchResult, against: Against | None, stock: BenchResult | None, *, as_json: bool
) -> None:
    if as_json:
        print(report_json(result, against, stock))
    else:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print("\n".join(report_lines(result, against, stock, columns)))


def _tell_interrupted(benchmark: _Benchmark, arguments: BenchArguments) -> None:
    """What the runs came to that were made."""
    benchmark.progress.end()
    if benchmark.runs:
        _print(benchmark.result(), None, benchmark.stock, as_json=arguments["as_json"])
    made = counted(len(benchmark.runs), "run")
    undone = "".join(f", nothing {word}" for word in _asked(arguments))
    show_failure(f"Interrupted after {made}{undone}.")


def _asked(arguments: BenchArguments) -> list[str]:
    """What was to be done with the result, as the words for what is done."""
    saved = ["saved"] * (arguments["save_name"] is not None)
    return saved + ["compared"] * (arguments["compare_name"] is not None)


class _Benchmark:
    """The runs of a benchmark; all that were made count."""

    def __init__(self, opened: OpenedFlow, arguments: BenchArguments) -> None:
        self._opened = opened
        self._arguments = arguments
        flow = opened.flow
        schedule = flow.schedule if flow.schedule_given else SchedulePolicy.CONSUMER_FIRST
        if arguments["schedule"] is not None:
            schedule = SchedulePolicy(arguments["schedule"])
        options = RunOptions(
            schedule=schedule, node_rules=opened.node_rules, limit=arguments["limit"]
        )
        self._options = engine_options(options)
        self._pass_seconds = max(LONGEST_PASS_S, 2 * arguments["seconds"])
        self.runs: list[Measured] = []
        """Those that count."""
        self.progress = ProgressLine(sys.stderr)
        self._stock_runs: list[Measured] = []
        self._components = StockComponents(flow) if arguments["stock"] else None
        self.workload = Workload.of(
            flow.name,
            opened.linking.host.layer.name,
            schedule,
            arguments["limit"],
            input_paths(arguments["inputs"], flow.sources),
        )

    def warm_up(self) -> None:
        """Make the runs that do not count."""
        settle_collector()
        self.progress.begin()
        if self._components is not None:
            tell = partial(self.progress.show, "compiling for wasmtime-py")
            self._components.compile_all(tell)
        for _ in range(self._arguments["warm_up"]):
            self.progress.show("warming up")
            self._run()

    def measure(self, why: str = "") -> BenchResult:
        """Make the runs that were asked for, or fewer when one fails or gives no element."""
        count = self._arguments["runs"]
        for number in range(1, count + 1):
            self.progress.show(f"run {number:,} of {count:,}", why)
            run = self._run()
            stock = None if self._components is None else self._run_stock(self._components)
            self.runs.append(run)
            if stock is not None:
                self._stock_runs.append(stock)
            if self.failed:
                break
        self.progress.end()
        return self.result()

    def result(self) -> BenchResult:
        """Of the runs that were made."""
        return result_of(self._opened.flow, self.workload, self.runs)

    @property
    def failed(self) -> bool:
        """True when the last run did, or had no element: such runs are no measure of anything."""
        return self.runs[-1].failed or not self.runs[-1].elements

    @property
    def failures(self) -> list[NodeFailed]:
        """Of all runs that count."""
        return [failed for run in self.runs for failed in run.failures]

    def _run(self) -> Measured:
        return self._measured(self._open_invoker)

    def _measured(self, open_invoker: Callable[[], ClosableInvoker]) -> Measured:
        seconds = self._arguments["seconds"]
        run = measure(self._opened.flow, open_invoker, self._options, seconds, self._pass_seconds)
        if run.cut:
            # The flow may be without an end: no pass is longer than a run from now on.
            self._pass_seconds = seconds
        return run

    @property
    def stock(self) -> BenchResult | None:
        """The runs through the binding; None when there are none."""
        if not self._stock_runs:
            return None
        workload = replace(self.workload, call_layer="wasmtime-py")
        return result_of(self._opened.flow, workload, self._stock_runs)

    def _run_stock(self, components: StockComponents) -> Measured:
        def open_invoker() -> ClosableInvoker:
            return self._fed(StockInvoker(components))

        return self._measured(open_invoker)

    def _open_invoker(self) -> ClosableInvoker:
        return self._fed(self._opened.open_invoker(_printed))

    def _fed(self, invoker: ClosableInvoker) -> ClosableInvoker:
        feeds = text_inputs(self._arguments["inputs"], self._opened.flow.sources)
        return SourceOverride(invoker, feeds)


def _printed(*_chunk: object) -> None:
    """What components print is read, and goes nowhere."""
