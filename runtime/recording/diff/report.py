"""Reports of a comparison: what differs between two runs, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, field

from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.plurals import counted, word_for
from runtime.model.text.printable import json_line, printable

KEPT_DIFFERENCES = 1000
"""Differences a report keeps; all are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One call whose results differ, or that only one of the runs has."""

    node: str
    export: str
    element: str
    """`source#sequence`, or "no element"."""
    call_before: int | None
    """Number of the call in the first run; None when it is not there."""
    call_after: int | None
    what: str
    """"input", "answer", "output N", "content type of output N", "printed", "missing", "added"."""
    before: str
    after: str
    lines: tuple[str, ...] = ()
    """The payloads' difference, `-` before and `+` after."""
    follows: bool = False
    """True when the call was given another element already: the cause is upstream."""

    @property
    def position(self) -> int:
        """Where it stands in its run."""
        return self.call_before or self.call_after or 0

    def render(self) -> str:
        """Several lines, safe for a terminal."""
        calls = " / ".join(
            f"call {number}" if number is not None else "no call"
            for number in dict.fromkeys((self.call_before, self.call_after))
        )
        head = (
            f"{printable(self.node)}.{self.export}({printable(self.element)}), {calls}: {self.what}"
        )
        if self.follows:
            head += " (follows from its input)"
        if self.lines:
            return "\n".join([head, *(f"  {line}" for line in self.lines)])
        return f"{head}\n  - {self.before}\n  + {self.after}"


@dataclass(slots=True)
class NodeCount:
    """How a node compares over the whole run."""

    node: str
    role: str
    compared: int = 0
    """Calls that both runs have."""
    different: int = 0
    """Of these: given the same element, and answered otherwise."""
    follows: int = 0
    """Of these: given another element."""
    missing: int = 0
    """Calls only the first run has."""
    added: int = 0
    """Calls only the second run has."""

    @property
    def equal(self) -> bool:
        """True when nothing differs."""
        return not (self.different or self.follows or self.missing or self.added)


@dataclass(frozen=True, slots=True)
class Beyond:
    """Calls of one run past the place where the other one merely ends."""

    after: bool
    """True when the second run has them."""
    from_call: int
    calls: int

    def render(self) -> str:
        """`the second recording ends earlier: 4 calls of the first, from call 28 on, …`."""
        names = ("first", "second")
        longer, shorter = names[self.after], names[not self.after]
        words = counted(self.calls, "call")
        have = word_for(self.calls, "has", "have")
        return (
            f"the {shorter} recording ends earlier: {words} of the {longer}, from call "
            f"{self.from_call:,} on, {have} no counterpart"
        )


@dataclass(slots=True)
class Report:
    """A comparison of two runs."""

    nodes: dict[str, NodeCount] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """In what the flows themselves differ; no difference of outputs."""
    differences: list[Difference] = field(default_factory=list)
    """In the order of the first run, the first `KEPT_DIFFERENCES` found."""
    total: int = 0
    """All differences."""
    first: Difference | None = None
    """The earliest one."""
    firsts: dict[str, Difference] = field(default_factory=dict)
    """The earliest one of each node that has any."""
    beyond: list[Beyond] = field(default_factory=list)
    """What one run did past the end of the other; no difference by itself, but not equal."""

    @property
    def equal(self) -> bool:
        """True when outputs do not differ, and no run ends earlier."""
        return self.total == 0 and not self.beyond

    def count(self, node: str, role: str) -> NodeCount:
        """The counts of a node, made when they are missing."""
        found = self.nodes.get(node)
        if found is None:
            found = self.nodes[node] = NodeCount(node, role)
        return found

    def add(self, difference: Difference, role: str) -> None:
        """Count a difference, and keep it if there is room."""
        count = self.count(difference.node, role)
        if difference.what == "missing":
            count.missing += 1
        elif difference.what == "added":
            count.added += 1
        elif difference.follows:
            count.follows += 1
        else:
            count.different += 1
        self.total += 1
        if self.first is None or difference.position < self.first.position:
            self.first = difference
        of_node = self.firsts.get(difference.node)
        if of_node is None or difference.position < of_node.position:
            self.firsts[difference.node] = difference
        if len(self.differences) < KEPT_DIFFERENCES:
            self.differences.append(difference)

    def finish(self) -> None:
        """Put the differences in order, once all are there."""
        self.differences.sort(key=lambda item: item.position)

    def render(self, shown: int = 20) -> str:
        """The report for people: counts, the first difference, then the others."""
        lines = [f"note: {printable(note)}" for note in self.notes]
        lines += [_count_line(count) for count in self.nodes.values()]
        lines += [item.render() for item in self.beyond]
        if self.first is None:
            end = ["otherwise equal"] if self.beyond else ["equal"]
            return "\n".join([*lines, *end])
        lines += ["", f"first difference: {self.first.render()}"]
        others = [item for item in self.differences if item is not self.first]
        lines += [item.render() for item in others[: max(shown - 1, 0)]]
        left = self.total - 1 - min(len(others), max(shown - 1, 0))
        if left:
            lines.append(f"… {counted(left, 'more difference')}")
        return "\n".join(lines)

    def json_lines(self) -> Iterator[str]:
        """The report for programs: an object a line, `type` node, difference, or summary."""
        for count in self.nodes.values():
            yield json_line({"type": "node", **asdict(count), "equal": count.equal})
        for difference in self.differences:
            yield json_line({"type": "difference", **asdict(difference)})
        for item in self.beyond:
            yield json_line({"type": "beyond", **asdict(item)})
        yield json_line(
            {
                "type": "summary",
                "equal": self.equal,
                "differences": self.total,
                "kept": len(self.differences),
                "notes": self.notes,
            }
        )


def _count_line(count: NodeCount) -> str:
    if count.role == "flow":
        return "the flow ended otherwise"
    head = f"{count.role} {printable(count.node)}: {counted(count.compared, 'call')} compared"
    parts = [
        f"{number} {words}"
        for number, words in (
            (count.different, "different"),
            (count.follows, "different by their input"),
            (count.missing, "missing"),
            (count.added, "added"),
        )
        if number
    ]
    return f"{head}, {', '.join(parts) or 'equal'}"
