"""A recorded call that a replay repeats."""

from __future__ import annotations

from abc import ABC, abstractmethod
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


class CallStep(ABC):
    """A recorded call, in whatever form it is kept: in full, compact, or as a line of a file."""

    __slots__ = ()

    @property
    @abstractmethod
    def number(self) -> int:
        """Number of the call in its session."""

    @property
    @abstractmethod
    def node(self) -> str:
        """Node that was called."""

    @property
    @abstractmethod
    def export(self) -> str:
        """The value of a `runtime.model.call.Export`."""

    @property
    @abstractmethod
    def argument(self) -> str:
        """See `Call.argument`."""

    @property
    @abstractmethod
    def element(self) -> Element | ElementLine | None:
        """The element it was given; what was not kept of it is empty."""

    @property
    @abstractmethod
    def at_ns(self) -> int:
        """Flow time when it began."""

    @property
    @abstractmethod
    def duration_ns(self) -> int:
        """Time inside the component."""

    @property
    @abstractmethod
    def host(self) -> tuple[HostInput, ...]:
        """Its host inputs, in order."""

    @property
    @abstractmethod
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""

    @abstractmethod
    def answer(self) -> Answer:
        """What it gave back. Raises `ValueError` when the recording does not hold it all."""

    @abstractmethod
    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""

    def is_call(self, call: Call) -> bool:
        """Whether `call` is this one again: same node, export and element."""
        if self.node != call.node or self.export != call.export:
            return False
        before, after = self.element, call.element
        if before is None or after is None:
            return before is None and after is None
        return before.id == after.id and before.sequence == after.sequence


ReplayStep = CallStep | Command
