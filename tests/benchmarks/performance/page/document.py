"""The text of docs/performance.md, made of the figures that are kept."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.wasm.abi.component_values import MAX_GIVEN_BYTES
from tests.benchmarks.performance.curves.payload_memory import MIB, WAYS, most_times
from tests.benchmarks.performance.flows import DIRECT, FLOOR, LEAST, NATIVE, STOCK
from tests.benchmarks.performance.long_runs import LongRun
from tests.benchmarks.performance.page.bounds import bound, number
from tests.benchmarks.performance.page.costs import largest, remedy
from tests.benchmarks.performance.results import Curve, Machine, Results, Spread, Target

FOLDER = "performance"
LONG_RUNS = "long-runs.json"
_BYTES_A_BYTE = 80
"""Of memory, that each byte of a list takes on its way: see `component_values`."""
_UNITS = ((1 << 20, "Mi"), (1 << 10, "Ki"))

HEAD = """\
# How fast it is, and how it grows

`make performance` makes this page, its tables and its plots: change nothing here by hand. It takes
about {minutes} minutes, for which the machine should have nothing else to do.
`make performance PERFORMANCE=--quick` tries it in two, with figures that mean little, and
`make performance PERFORMANCE=--draw` measures nothing: it makes the page and the plots again from
the figures in [performance/results.json](performance/results.json). What takes longer is measured
one by one, see [the end](#what-takes-long-to-measure).

## How to read it

- A figure is the median of its repetitions, with the least and the most of them in brackets. Ways
  of doing the same took turns within one run: what else the machine did hits all of them alike.
- Times are of the processor, where nothing else is said, with everything in them: a call begins
  with a `Call` and ends with an `Answer`, with its copies, fuel and duration.
- *native* is the [native call layer](native-layer.md), *direct* the one that is always there,
  *stock binding* wasmtime-py's own way of calling (`Func.__call__`), *C host* what a plain
  host in C takes on the same library for a call that reads its payload, of 64 bytes where nothing
  else is said, and names a port (`tests/benchmarks/calls/call_floor.c`): it makes each list empty
  and then fills it, where the direct layer moves values that stand ready. *Least through
  ctypes* is a call whose host functions do only what the C library asks of them
  (`tests/benchmarks/calls/callback_floor.py`). *Engine alone* is a flow whose components are
  replaced by ready-made answers.
- In the plots both axes are logarithmic: a line that rises as steeply as the diagonal grows with
  what is at the bottom, a level one does not grow. Bars go from the least to the most.
- What bounds a curve is said in a sentence made of its figures.

## The machine
"""

LONG_HEAD = """\
## What takes long to measure

`make performance PERFORMANCE="--long forks"` makes one of these tables and leaves all else as it
is; the others are `going-back`, `searches`, `python` (wants componentize-py, or `--component FILE`)
and `before` (`--before CHECKOUT`). `--calls 10000 1000000` measures other numbers of calls. Ten
million calls take minutes each. Times are of the processor where nothing else is said.
"""

NOT_A_TEST = """\
No test passes or fails by a time. `torvyn-studio bench` measures a flow of one's own, and says what
became slower beyond the noise of the runs ([why slow](why-slow.md)).
"""


def document(results: Results, long_runs: Mapping[str, LongRun]) -> str:
    """The whole page."""
    parts = [
        HEAD.format(minutes=max(1, round(results.machine.seconds / 60))),
        _machine(results.machine),
        "## What is aimed at",
        _targets(results.targets),
        "## How it grows",
        *(_curve(curve) for curve in results.curves),
        _memory(results),
        _costs(results),
        LONG_HEAD,
        *(_long_run(found) for found in long_runs.values()),
        NOT_A_TEST,
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _long_run(found: LongRun) -> str:
    about = found.machine
    lines = [f"| {' | '.join(row)} |" for row in (found.head, *found.rows)]
    lines.insert(1, "|---" * len(found.head) + "|")
    return "\n".join(
        [
            f"### {found.title}\n",
            f"{found.text}\n",
            *lines,
            "",
            f"Measured on {about.when} in {about.seconds:,.0f} s; load {about.load_before} before, "
            f"{about.load_after} after; the engine is {about.engine}, the native layer "
            f"{about.native}.",
        ]
    )


def _machine(machine: Machine) -> str:
    rows = [
        ("processors", f"{machine.processors} × {machine.model}"),
        ("memory", f"{machine.memory_gib:,} GiB"),
        ("system", machine.system),
        ("Python", machine.python),
        ("wasmtime", machine.wasmtime),
        ("native call layer", machine.native),
        ("engine", machine.engine),
        ("load before, after", f"{machine.load_before}, {machine.load_after} (mean of a minute)"),
        ("date, time taken", f"{machine.when}, {machine.seconds:,.0f} s"),
    ]
    text = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    if machine.quick:
        text += "\n\n**A quick run: too few repetitions to mean anything.**"
    return text


def _targets(targets: list[Target]) -> str:
    order = (NATIVE, DIRECT, LEAST, STOCK, FLOOR)
    rows = ["| | aim | measured | |", "|---|---|---|---|"]
    for target in targets:
        names = sorted(target.figures, key=lambda name: order.index(name) if name in order else -1)
        figures = "<br>".join(f"{name}: {_spread(target.figures[name])}" for name in names)
        rows.append(
            f"| {target.name}, {target.unit} | {target.aim} | {figures or '–'} | {_noted(target)} |"
        )
    return "\n".join(rows)


def _noted(target: Target) -> str:
    """The note, and how many times the least the layers take, where that was measured."""
    notes = [target.note] if target.note else []
    floor = target.figures.get(FLOOR)
    if floor is not None:
        times = [
            f"{name} {number(target.figures[name].median / floor.median)}"
            for name in (NATIVE, DIRECT, STOCK)
            if name in target.figures
        ]
        notes.append(f"Times the C host: {', '.join(times)}.")
    return " ".join(notes)


def _spread(spread: Spread) -> str:
    if spread.runs == 1:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.least)}–{number(spread.most)})"


def _curve(curve: Curve) -> str:
    lines = [line for line in curve.lines if line.points]
    places = sorted({point.x for line in lines for point in line.points})
    rows = [
        f"| {curve.x} | {' | '.join(line.name for line in lines)} |",
        "|---" * (len(lines) + 1) + "|",
    ]
    for x in places:
        cells = []
        for line in lines:
            found = [point.y for point in line.points if point.x == x]
            cells.append(_spread(found[0]) if found else "–")
        rows.append(f"| {_place(x, curve)} | {' | '.join(cells)} |")
    ends = [f"*{line.name}* ends where it does because {line.ends}." for line in lines if line.ends]
    notes = [*curve.notes, *(" ".join(ends),) * bool(ends)]
    parts = [
        f"### {curve.title}\n",
        f"![{curve.title}: {curve.y} against {curve.x}]({FOLDER}/{curve.key}.svg)\n",
        f"{curve.y.capitalize()}:\n",
        "\n".join(rows) + "\n",
        f"**What bounds it.** {bound(curve)}\n",
        *(f"{note}\n" for note in notes),
    ]
    return "\n".join(parts)


def _place(x: float, curve: Curve) -> str:
    if "bytes" in curve.x:
        for size, unit in _UNITS:
            if x >= size:
                return f"{x / size:,.0f} {unit}B"
        return f"{x:,.0f} B"
    return f"{x:,.0f}"


def _memory(results: Results) -> str:
    memory = results.memory
    if not memory:
        return "### Memory that a payload takes\n\nNot measured: it needs Linux.\n"
    columns = sorted(
        {(one.payload, one.layer) for one in memory},
        key=lambda column: (column[0], (NATIVE, DIRECT, STOCK).index(column[1])),
    )
    head = " | ".join(f"{payload // MIB} MiB, {layer}" for payload, layer in columns)
    rows = [f"| the component | {head} |", "|---" * (len(columns) + 1) + "|"]
    for way in WAYS:
        cells = []
        for payload, layer in columns:
            found = [
                one for one in memory if (one.way, one.payload, one.layer) == (way, payload, layer)
            ]
            cells.append("–" if not found else _times(found[0].peak, payload, found[0].refused))
        rows.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(
        [
            "### Memory that a payload takes\n",
            "The most memory of the host during a call, in MiB, and how many times the payload "
            "that is: the payload itself is one of them, and what a component makes of it "
            "another. The "
            "component's own memory, limited by its manifest, is not in it.\n",
            "\n".join(rows) + "\n",
            f"**What bounds it.** {_memory_bound(results)}\n",
        ]
    )


def _times(peak: int, payload: int, refused: str) -> str:
    if refused:
        return f"refused, {refused.partition(':')[0]}"
    return f"{number(peak / MIB)} ({number(peak / payload)}×)"


def _memory_bound(results: Results) -> str:
    native = most_times(results.memory, NATIVE)
    text = (
        "Directly, a payload that is read or written whole takes "
        f"{number(most_times(results.memory))} times its size for the moment of the call, as "
        "each of its bytes crosses as a value of 32 bytes and one of 48. One call is made at a "
        f"time, and a list of more than {MAX_GIVEN_BYTES:,} bytes is refused with the reason "
        f"(E0308), so this is {number(MAX_GIVEN_BYTES * _BYTES_A_BYTE / MIB)} MiB at most, "
        "whatever the flow. A component that reads and writes in parts takes "
        f"{number(_last(results, DIRECT))} payloads, the one it gets and the one it makes among "
        "them."
    )
    if native:
        text += (
            f" Natively whole payloads take {number(native)} times their size at most. "
            "Whoever has large payloads and components that read them whole wants `make native`."
        )
    return text + (
        " What no component reads takes nothing: queues, branches, forwards and previews share the "
        "one payload there is."
    )


def _last(results: Results, layer: str) -> float:
    """What copying the largest payload in parts takes, in payloads."""
    found = [one for one in results.memory if (one.way, one.layer) == (WAYS[-1], layer)]
    return found[-1].peak / found[-1].payload


def _costs(results: Results) -> str:
    parts = ["## The largest costs that are left\n"]
    for profile in results.profiles:
        shares = "; ".join(f"{share.part} {share.percent:g} %" for share in profile.shares)
        parts.append(
            "Where the time goes in the fan-out sample, recorded as in the workbench, on the "
            f"*{profile.layer}* layer ({number(profile.call_us)} µs a call, {profile.samples:,} "
            "looks at the running program; what goes on in the C library counts for the Python "
            "code that runs "
            f"next): {shares}.\n"
        )
    for place, cost in enumerate(largest(results), 1):
        figures = ", ".join(
            f"{number(us)} µs a call ({layer})" for layer, us in cost.call_us.items()
        )
        parts.append(f"{place}. **{cost.name}**: {figures}. {remedy(cost, results)}")
    return "\n".join(parts)
