"""What lines of a recording say about themselves and about each other, held against them."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import UNSET

from runtime.model.call import PRINTED_KEPT_BYTES, Export, FailureKind, Signal
from runtime.model.events import FlowState
from runtime.model.text.plurals import counted
from runtime.recording.answers import host_inputs_of, payload_of
from runtime.recording.command_lines import RELINK, roles_of
from runtime.recording.encoding import ANSWER_NAMES, OutputLevel
from runtime.recording.format import BodyLine, CallLine, CommandLine, EndLine, Header, OutputLine
from runtime.recording.payload_encoding import digest_of, digest_of_runs, from_text

_EXPORTS = frozenset(export.value for export in Export)
_SIGNALS = frozenset(signal.value for signal in Signal)
_KINDS = frozenset(kind.value for kind in FailureKind)
_STATES = frozenset(state.value for state in FlowState)
_ANSWERS = frozenset(ANSWER_NAMES.values())
_PULL = Export.PULL.value
_EMITTED = "emitted"


class LinePlace(NamedTuple):
    """Between two lines of a file: where reading it can begin."""

    number: int
    """Of the line that comes next; the header is line 1."""
    offset: int
    """Where that line begins, in bytes."""
    calls: int
    """Calls there are before it."""
    nodes: frozenset[str]
    """Nodes that the lines before it made known, by changes of the graph."""


class LineCheck:
    """Checks the lines of one file, in order.

    Payloads and prints are held against their digests and sizes, calls and commands against the
    numbers before them, the end against what there was.
    """

    def __init__(
        self, header: Header, after: LinePlace | None = None, *, digests: bool = True
    ) -> None:
        """It begins at the first line, or `after` others of a recording that begins with call 1.

        Without `digests` payloads and prints are believed, which takes half the time.
        """
        self.calls = 0 if after is None else after.calls
        """Calls there were."""
        self._last = header.first_call - 1 + self.calls
        self._digests = digests
        self._gaps = header.where is not UNSET
        self._nodes = {node.name for node in header.nodes}
        if after is not None:
            self._nodes |= after.nodes
        self._full = header.outputs == OutputLevel.FULL
        self._limit = header.payload_limit
        self._redacted = bool(header.redactions)
        self._ended = False

    def take(self, line: BodyLine) -> None:
        """Check the next line. Raises `ValueError` that says in what it is wrong."""
        if self._ended:
            raise ValueError("there is a line after the end")
        if type(line) is CallLine:
            self._call(line)
        elif type(line) is CommandLine:
            self._command(line)
        elif type(line) is EndLine:
            self._end(line)

    def _call(self, line: CallLine) -> None:
        if line.call != self._last + 1 and not (self._gaps and line.call > self._last):
            raise ValueError(f"call {line.call} follows call {self._last}")
        self._last = line.call
        self.calls += 1
        if line.node not in self._nodes:
            raise ValueError(f"no node is called {line.node!r}")
        if line.export not in _EXPORTS:
            raise ValueError(f"no export is called {line.export!r}")
        if line.answer not in _ANSWERS:
            raise ValueError(f"no answer is called {line.answer!r}")
        if line.signal is not None and line.signal not in _SIGNALS:
            raise ValueError(f"no signal is called {line.signal!r}")
        if line.failure is not None and line.failure.kind not in _KINDS:
            raise ValueError(f"no failure is of the kind {line.failure.kind!r}")
        if not self._digests:
            return
        if line.outputs:
            always = line.export == _PULL
            for index, output in enumerate(line.outputs):
                self._output(index, output, always)
        if line.printed or line.printed_digest:
            self._printed(line)
        if line.host:
            host_inputs_of(line.host)

    def _output(self, index: int, line: OutputLine, always: bool) -> None:
        data = payload_of(line)
        if data is None:
            if always or (self._full and line.size <= self._limit):
                raise ValueError(f"the payload of output {index} is not there")
        elif len(data) != line.size:
            raise ValueError(
                f"output {index} has {counted(len(data), 'byte')}, its size says {line.size}"
            )
        elif digest_of(data) != line.digest:
            raise ValueError(f"the payload of output {index} is not that of its digest")

    def _printed(self, line: CallLine) -> None:
        if not line.printed:
            if self._full:
                raise ValueError("what was printed is not there")
            return
        runs = tuple(
            (item.stream, from_text(item.text, item.base64) or b"") for item in line.printed
        )
        kept = sum(len(data) for _, data in runs)
        if kept != line.printed_bytes and (
            kept > line.printed_bytes or (kept != PRINTED_KEPT_BYTES and not self._redacted)
        ):
            raise ValueError(f"{kept} bytes were printed, and not {line.printed_bytes}")
        if digest_of_runs(runs) != line.printed_digest:
            raise ValueError("what was printed is not what its digest says")

    def _command(self, line: CommandLine) -> None:
        if line.verb == RELINK:
            self._nodes |= roles_of(line.args.get("flow")).keys()
        expected = self._last if self.calls else 0
        if line.after_call != expected and not self._gaps:
            raise ValueError(
                f"command {line.verb!r} stands after call {line.after_call}, here after {expected}"
            )

    def _end(self, line: EndLine) -> None:
        self._ended = True
        if line.state not in _STATES:
            raise ValueError(f"no flow has the state {line.state!r}")
        if line.calls != self.calls:
            raise ValueError(f"there were {line.calls} calls, and {self.calls} are here")
        if self.calls and line.last_call not in (0, self._last) and not self._gaps:
            raise ValueError(f"the last call was {line.last_call}, here it is {self._last}")
