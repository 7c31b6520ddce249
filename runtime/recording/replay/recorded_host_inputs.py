"""Host inputs of a recording, fed back to components in a replay."""

from __future__ import annotations

from collections import deque
from hashlib import shake_128

from runtime.model.call import HostInput
from runtime.model.host_inputs import HostInputs
from runtime.recording.describe import preview
from runtime.recording.replay.steps import Unlike

_BASE_NS = 1_700_000_000_000_000_000


class RepeatableInputs:
    """Inputs that look like a machine's and are the same in every run: for what was not recorded.

    Clocks go on by a microsecond with each question, random numbers follow from the question.
    """

    def __init__(self) -> None:
        self._asked = 0

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """See `HostInputs.answer`."""
        self._asked += 1
        if "/random" not in interface and "/insecure" not in interface:
            return _BASE_NS + 1000 * self._asked
        question = f"{node} {call} {interface} {function} {self._asked}".encode()
        data = shake_128(question).digest(size)
        return int.from_bytes(data, "little") if function.endswith("-u64") else data

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """0: nothing sleeps in a replay."""
        return 0


class ReplayedHostInputs:
    """Answers clock and random from the recording, call by call and in order.

    A question that was not recorded is answered live, so that the call can end, and reported.
    Nothing sleeps in a replay: the durations of calls are recorded.
    """

    def __init__(self, live: HostInputs) -> None:
        self._live = live
        self._left: deque[HostInput] = deque()
        self._problem: Unlike | None = None

    def begin(self, node: str, inputs: tuple[HostInput, ...]) -> None:
        """A call of `node` begins; `inputs` are its host inputs."""
        self._left = deque(inputs)
        self._problem = None

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """The recorded answer, or a live one when another question was recorded."""
        if not self._left:
            expected = "no further question to the host"
        else:
            recorded = self._left[0]
            if (recorded.interface, recorded.function) == (interface, function) and _fits(
                recorded.value, size
            ):
                self._left.popleft()
                return recorded.value
            expected = _words(recorded)
        if self._problem is None:
            got = f"{interface}.{function}" + (f" of {size} bytes" if size else "")
            self._problem = Unlike("clock or random", expected, got)
        return self._live.answer(node, call, interface, function, size)

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """0: the time a component slept is in the recorded duration of its call."""
        return 0

    def problem(self) -> Unlike | None:
        """In what the call asked for something else than was recorded, or None."""
        if self._problem is None and self._left:
            return Unlike("clock or random", _words(self._left[0]), "the component did not ask")
        return self._problem


class QueuedHostInputs:
    """As `ReplayedHostInputs`, for a run whose calls need not be the recorded ones.

    Each node has a queue for each function; what is asked beyond it is answered live.
    """

    def __init__(self, live: HostInputs) -> None:
        self._live = live
        self._queues: dict[tuple[str, str, str], deque[int | bytes]] = {}

    def begin(self, node: str, inputs: tuple[HostInput, ...]) -> None:
        """A call of `node` begins; `inputs` are added to its queues."""
        for item in inputs:
            key = (node, item.interface, item.function)
            self._queues.setdefault(key, deque()).append(item.value)

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """The node's next recorded answer to this function, or a live one."""
        queue = self._queues.get((node, interface, function))
        while queue:
            value = queue.popleft()
            if _fits(value, size):
                return value
        return self._live.answer(node, call, interface, function, size)

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """0: nothing sleeps in a replay."""
        return 0

    def problem(self) -> Unlike | None:
        """Other questions are no problem here."""
        return None


def _fits(value: int | bytes, size: int) -> bool:
    return isinstance(value, int) or len(value) == size


def _words(given: HostInput) -> str:
    value = given.value if isinstance(given.value, int) else preview(given.value)
    return f"{given.interface}.{given.function} = {value}"
