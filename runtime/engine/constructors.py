"""Named tuples of the hot path, each made of one tuple of its fields.

    new_delivery(Delivery, (edge.index, element, depth))

Calling such a class runs a Python function, which is half of the time it takes; these run none.
mypy compares the fields with the types named here, and a test those with what the classes declare.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.call import Answer, Call, Export
from runtime.model.element import Buffer, Element, Hop
from runtime.model.events import BackpressureBegan, BackpressureEnded, CallFinished, Delivery

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
