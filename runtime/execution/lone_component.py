"""One component called by itself: an instance of its own, outside of any flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from runtime.engine.invoker import Invoker
from runtime.engine.records import FINAL_EXPORTS, WORK_EXPORTS
from runtime.model.call import Answer, Call, Export, Failed, HostInput, Printed
from runtime.model.element import Element
from runtime.model.linked import LinkedNode

BeginCall = Callable[[tuple[HostInput, ...]], None]
"""Told before each call what the host answers in it."""

LONE_SOURCE = "(try)"
"""`Element.source` of what is given by hand; no node has it, for lack of brackets in names."""


class LonePrints:
    """Gathers what one call prints, as `OnPrint` tells of it."""

    def __init__(self, most: int | None = None) -> None:
        """Of each call at most `most` bytes are kept."""
        self._most = most
        self._room = most
        self._printed: list[Printed] = []
        self._order_known = True

    def __call__(
        self,
        node: str,
        call: int,
        stream: str,
        data: bytes,
        granted: bool,
        order_known: bool = True,
        /,
    ) -> None:
        """See `OnPrint`."""
        self._order_known = self._order_known and order_known
        kept = data[: self._room]
        if self._room is not None:
            self._room -= len(kept)
        if kept:
            self._printed.append(Printed(stream, kept, granted))

    def take(self) -> tuple[tuple[Printed, ...], bool]:
        """What was printed since the last time, and whether that is the order it came in."""
        taken = tuple(self._printed), self._order_known
        self._printed.clear()
        self._room, self._order_known = self._most, True
        return taken


class LoneCall(NamedTuple):
    """A call that was made, and what came back."""

    call: Call
    answer: Answer
    printed: tuple[Printed, ...]
    """What it wrote: all of it, or as much as its `LonePrints` keeps."""
    order_known: bool
    """False where it wrote to both streams and nobody knows in which order."""

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return isinstance(self.answer.outcome, Failed)


class LoneComponent:
    """Calls one component in the order in which a flow would, and keeps nothing of it.

    After a crash the next call is `init` again, as in a flow. Calls are numbered from 1.
    """

    def __init__(
        self,
        node: LinkedNode,
        invoker: Invoker,
        prints: LonePrints,
        begin_call: BeginCall | None = None,
    ) -> None:
        """`invoker` makes the calls of `node` and tells `prints`; its owner closes it."""
        self.node = node
        self._invoke = invoker.invoke
        self._prints = prints
        self._begin_call = begin_call
        self._calls = 0
        self._usable = False
        self._init_inputs: tuple[HostInput, ...] = ()

    @property
    def usable(self) -> bool:
        """True when there is an instance that can be called: `start` went well, no crash since."""
        return self._usable

    def start(self, inputs: tuple[HostInput, ...] = ()) -> LoneCall:
        """Make an instance, and a new one where there is one; `inputs` are the host's answers."""
        self._init_inputs = inputs
        made = self._make(Export.INIT, None, self.node.config, inputs)
        self._usable = not made.failed
        return made

    def work(
        self, element: Element | None, inputs: tuple[HostInput, ...] = ()
    ) -> tuple[LoneCall, ...]:
        """Give it one element, or pull one from a source, for which `element` is None.

        The `init` after a crash comes first; when that fails, nothing else is called.
        """
        made = self._ready()
        if self._usable:
            made += (self._make(WORK_EXPORTS[self.node.role], element, "", inputs),)
        return made

    def end(self, inputs: tuple[HostInput, ...] = ()) -> tuple[LoneCall, ...]:
        """What a flow calls when there are no more elements: `flush` or `complete`, `teardown`."""
        made = self._ready() if self.node.role in FINAL_EXPORTS else ()
        final = FINAL_EXPORTS.get(self.node.role)
        if final is not None and self._usable:
            made += (self._make(final, None, "", inputs),)
        if self._usable and self.node.lifecycle is not None:
            made += (self._make(Export.TEARDOWN, None, "", ()),)
            self._usable = False
        return made

    def _ready(self) -> tuple[LoneCall, ...]:
        return () if self._usable else (self.start(self._init_inputs),)

    def _make(
        self, export: Export, element: Element | None, argument: str, inputs: tuple[HostInput, ...]
    ) -> LoneCall:
        if self._begin_call is not None:
            self._begin_call(inputs)
        self._calls += 1
        call = Call(self._calls, self.node.name, export, element, argument)
        answer = self._invoke(call)
        if isinstance(answer.outcome, Failed) and answer.outcome.failure.crashed:
            self._usable = False
        return LoneCall(call, answer, *self._prints.take())
