"""What calls were given, which of them printed, and which pulled: one look at many calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from runtime.extension.call_passes import native_passes
from runtime.model.call import Export
from runtime.model.element import Element
from runtime.model.events import CallFinished

# Members of an enum are slow to reach by name, and this one is needed for each call.
_PULL = Export.PULL


class CallInputs(NamedTuple):
    """What some calls, in order, leave to those who do not keep the calls."""

    elements: dict[str, list[Element]]
    """By node: the elements its calls were given."""
    sequences: dict[int, int]
    """By the number of each call that printed: the sequence of the element it was given."""
    pulls: dict[str, int]
    """By source: its `pull` calls."""


def inputs_of_calls(calls: Sequence[CallFinished]) -> CallInputs:
    """What the calls were given. Calls without an element give no sequence."""
    passes = native_passes()
    found = None if passes is None else passes.inputs_of_calls(calls, _PULL)
    return _inputs(calls) if found is None else CallInputs(*found)


def _inputs(calls: Sequence[CallFinished]) -> CallInputs:
    elements: dict[str, list[Element]] = {}
    sequences: dict[int, int] = {}
    pulls: dict[str, int] = {}
    for (number, node, export, element, _, _), answer, _, _, _ in calls:
        if element is not None:
            if node in elements:
                elements[node].append(element)
            else:
                elements[node] = [element]
            if answer.printed:
                sequences[number] = element.sequence
        elif export is _PULL:
            pulls[node] = pulls.get(node, 0) + 1
    return CallInputs(elements, sequences, pulls)
