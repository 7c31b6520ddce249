"""Named tuples of the hot path, each made of one tuple of its fields.

    new_delivery(Delivery, (edge.index, element, depth))

Calling such a class runs a Python function, which is half of the time it takes; these run none.
mypy compares the fields with the types named here, and a test those with what the classes declare.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.call import (
    Answer,
    Call,
    CopyCount,
    Emitted,
    Export,
    HostInput,
    Outcome,
    Output,
    Printed,
)
from runtime.model.element import Buffer, Element, Hop
from runtime.model.events import BackpressureBegan, BackpressureEnded, CallFinished, Delivery

# What the engine makes.
new_call: Callable[[type[Call], tuple[int, str, Export, Element | None, str, int | None]], Call] = (
    tuple.__new__
)
new_hop: Callable[[type[Hop], tuple[str, str, int, int, int]], Hop] = tuple.__new__
new_element: Callable[
    [type[Element], tuple[int, int, str, int, int, str, Buffer, tuple[Hop, ...]]], Element
] = tuple.__new__
new_delivery: Callable[[type[Delivery], tuple[int, Element, int]], Delivery] = tuple.__new__
new_finished: Callable[
    [
        type[CallFinished],
        tuple[Call, Answer, int, tuple[Element, ...], tuple[Delivery, ...]],
    ],
    CallFinished,
] = tuple.__new__
new_began: Callable[[type[BackpressureBegan], tuple[int, int]], BackpressureBegan] = tuple.__new__
new_ended: Callable[
    [type[BackpressureEnded], tuple[int, int, int, int, int, int]], BackpressureEnded
] = tuple.__new__

# What a call gives back, live or out of a recording.
new_answer: Callable[
    [
        type[Answer],
        tuple[Outcome, int, CopyCount, tuple[Printed, ...], int, tuple[HostInput, ...], int, int],
    ],
    Answer,
] = tuple.__new__
new_copy_count: Callable[[type[CopyCount], tuple[int, int, int, int]], CopyCount] = tuple.__new__
new_printed: Callable[[type[Printed], tuple[str, bytes, bool]], Printed] = tuple.__new__
new_emitted: Callable[[type[Emitted], tuple[tuple[Output, ...]]], Emitted] = tuple.__new__
new_output: Callable[[type[Output], tuple[Buffer, str]], Output] = tuple.__new__
new_buffer: Callable[[type[Buffer], tuple[bytes, str]], Buffer] = tuple.__new__
