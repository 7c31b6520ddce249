"""A recorded call that a replay repeats."""

from __future__ import annotations

from typing import NamedTuple

from runtime.model.call import Answer, Call, HostInput
from runtime.model.commands import Command
from runtime.model.element import Element
from runtime.recording.format import ElementLine


class Unlike(NamedTuple):
    """In what an answer is not the recorded one."""

    what: str
    """E.g. "output 1" or "printed"."""
    expected: str
    got: str


class CallStep:
    """A recorded call."""

    __slots__ = ()

    @property
    def number(self) -> int:
        """Number of the call in its session."""
        raise NotImplementedError

    @property
    def node(self) -> str:
        """Node that was called."""
        raise NotImplementedError

    @property
    def export(self) -> str:
        """The value of a `runtime.model.call.Export`."""
        raise NotImplementedError

    @property
    def argument(self) -> str:
        """See `Call.argument`."""
        raise NotImplementedError

    @property
    def element(self) -> Element | ElementLine | None:
        """The element it was given; what was not kept of it is empty."""
        raise NotImplementedError

    @property
    def at_ns(self) -> int:
        """Flow time when it began."""
        raise NotImplementedError

    @property
    def duration_ns(self) -> int:
        """Time inside the component."""
        raise NotImplementedError

    @property
    def host(self) -> tuple[HostInput, ...]:
        """Its host inputs, in order."""
        raise NotImplementedError

    @property
    def whole(self) -> bool:
        """Whether `answer` gives all that came back; a `LineStep` may find out only then."""
        return True

    @property
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""
        raise NotImplementedError

    def answer(self) -> Answer:
        """What it gave back. Raises `ValueError` when the recording does not hold it all."""
        raise NotImplementedError

    def is_call(self, call: Call) -> bool:
        """Whether `call` is this one again: same node, export and element."""
        if self.node != call.node or self.export != call.export:
            return False
        before, after = self.element, call.element
        if before is None or after is None:
            return before is after
        return before.id == after.id and before.sequence == after.sequence

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
        raise NotImplementedError


ReplayStep = CallStep | Command
