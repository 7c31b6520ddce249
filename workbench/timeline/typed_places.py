"""Places of the branch that a user types: `1842`, `+10`, `-3`, `50%`."""

from __future__ import annotations

import re

from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.plurals import counted
from runtime.protocol.timeline import Timeline

HOW = "A call's number, +N or -N calls from here, or N%."

_TYPED = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d[\d,_ ]{0,18})(?P<share>%?)")


@dataclass(frozen=True, slots=True)
class Place:
    """What was typed, understood or not."""

    call: int | None
    """Calls made there; None when there is no such place to go to."""
    words: str
    """Where that is, or what is wrong."""


def typed_place(text: str, timeline: Timeline) -> Place:
    """The place that `text` names on this branch."""
    found = _TYPED.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-"))
    if found is None or (found["sign"] and found["share"]):
        return Place(None, HOW)
    number = int(re.sub(r"[,_ ]", "", found["digits"]))
    if found["share"]:
        if number > 100:
            return Place(None, "100% is the end of the branch.")
        return _place(timeline.calls * number // 100, timeline)
    if found["sign"]:
        number = timeline.position + (number if found["sign"] == "+" else -number)
    return _place(number, timeline)


def _place(call: int, timeline: Timeline) -> Place:
    if max(call, 0) < timeline.earliest:
        words = f"The ring has nothing before call {timeline.earliest:,}: the earliest place."
        return Place(timeline.earliest, words)
    if call >= timeline.calls:
        beyond = f"There are {counted(timeline.calls, 'call')}: " if call > timeline.calls else ""
        return Place(timeline.calls, f"{beyond}the end of the branch.")
    if call <= 0:
        return Place(0, "Before the first call.")
    return Place(call, f"After call {call:,} of {timeline.calls:,}.")
