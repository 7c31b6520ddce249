"""Component output on its way to stdout and stderr."""

from __future__ import annotations

import codecs
import os
from typing import TextIO

from runtime.model.access import DeniedUse, base_of
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable
from runtime.recording.payload_encoding import to_text
from workbench.command_line.messages import say

_LONGEST_JSON_TEXT = 1024 * 1024
"""A line longer than this many bytes is cut into several objects."""


class ComponentOutput:
    """Writes what components print, as it comes.

    To a pipe or a file go the very bytes; to a terminal goes text, which the process's
    streams make printable, so that a component cannot drive the terminal. Output that
    the manifest does not grant is written all the same and counted, or only counted with
    `as_torvyn`: Torvyn would discard it (docs/torvyn-facts.md#capabilities).
    """

    def __init__(
        self,
        stdout: TextIO,
        stderr: TextIO,
        *,
        as_json: bool = False,
        as_torvyn: bool = False,
        quiet: bool = False,
        first_call: int = 1,
    ) -> None:
        """What calls before `first_call` print is not written."""
        self._streams = {"stdout": stdout, "stderr": stderr}
        self._terminal = {name: stream.isatty() for name, stream in self._streams.items()}
        self.as_json = as_json
        """Print objects instead of text."""
        self._decoders: dict[tuple[str, str], codecs.IncrementalDecoder] = {}
        """For terminals, by node and stream: a character may come in two parts."""
        self._partial: dict[tuple[str, str], bytes] = {}
        self._as_torvyn = as_torvyn
        self._quiet = quiet
        self._first_call = first_call
        self.denied: dict[str, dict[str, int]] = {}
        """How often a node used what it is not granted, by node and capability."""
        self._at_start: dict[str, DeniedUse] = {}
        """What interpreters were denied when they started, by node."""
        self._ungranted: dict[tuple[str, str], int] = {}
        """Bytes by node and stream."""
        self.unordered = 0
        """Calls that wrote to both streams in an order that is not known."""
        self._last_unordered: int | None = None
        self._unordered_partial: set[tuple[str, str]] = set()
        """Of `_partial`, what such calls wrote."""
        self._one_file = _is_one_file(stdout, stderr)
        self._open_lines: set[str] = set()
        """Streams on which a component wrote last, and did not end its line."""

    def take(
        self,
        node: str,
        call: int,
        stream: str,
        data: bytes,
        granted: bool,
        order_known: bool = True,
    ) -> None:
        """Write what a component printed; see `OnPrint`."""
        if call < self._first_call:
            return
        if not granted:
            key = node, stream
            self._ungranted[key] = self._ungranted.get(key, 0) + len(data)
            if self._as_torvyn:
                return
        if not order_known and call != self._last_unordered:
            self._last_unordered = call
            self.unordered += 1
        if self.as_json:
            self._write_objects(node, call, stream, data, order_known)
        else:
            file = self._streams[stream]
            self._note_line(stream, ended=data.endswith(b"\n"))
            if self._terminal[stream]:
                file.write(self._decoder(node, stream).decode(data))
                file.flush()
            else:
                file.buffer.write(data)
                file.buffer.flush()

    def take_denied(self, use: DeniedUse, count: int) -> None:
        """Say the first time that a node used what it is not granted; count the others.

        What is printed without a grant is said at the end, with `grant_note`, and what an
        interpreter did by itself with `start_note`.
        """
        if use.interpreter and not self.as_json:
            self._at_start[use.node] = use
            return
        if not use.interpreter:
            self.denied.setdefault(use.node, {})[base_of(use.capability)] = count
        if count > 1:
            return
        if self.as_json:
            content = {
                "type": "denied",
                "node": use.node,
                "call": use.call,
                "import": use.imported,
                "capability": use.capability,
                "what": use.what,
                "withheld": use.withheld,
                "interpreter": use.interpreter or None,
                "paste": use.paste or None,
                "help": use.advice,
            }
            self.write_line(json_line(content))
        elif not use.capability.startswith("stdio:"):
            lines = [f"note: {use.sentence} (call {use.call})"]
            if use.paste:
                lines += ["  to allow it, write into the manifest:"]
                lines += [f"    {line}" for line in use.paste.splitlines()]
            else:
                lines += [f"  {use.advice}"]
            self._end_line("stderr")
            say("\n".join(printable(line) for line in lines))

    def denied_note(self) -> str | None:
        """One sentence about what was denied more than once, if anything was."""
        parts = [
            f"{capability} to {node} {counted(count, 'time')}"
            for node, counts in sorted(self.denied.items())
            for capability, count in sorted(counts.items())
            if count > 1 and not capability.startswith("stdio:")
        ]
        return f"note: denied {', '.join(parts)}" if parts else None

    def start_note(self) -> str | None:
        """What interpreters were denied when they started, in one sentence, if anything was."""
        uses = [use for _, use in sorted(self._at_start.items())]
        if not uses:
            return None
        languages = " and ".join(sorted({use.interpreter for use in uses}))
        *others, last = [f"'{printable(use.node)}'" for use in uses]
        nodes = f"{', '.join(others)} and {last}" if others else last
        return (
            f"note: {languages} found no environment variables when it started in {nodes}:"
            f" where the component's own code reads some, grant {uses[0].capability}"
        )

    @property
    def ungranted(self) -> dict[str, int]:
        """Bytes printed without a grant, by node."""
        counts: dict[str, int] = {}
        for (node, _), size in self._ungranted.items():
            counts[node] = counts.get(node, 0) + size
        return counts

    @property
    def suppressed(self) -> dict[str, int]:
        """Bytes that were not written, by node."""
        return self.ungranted if self._as_torvyn else {}

    def grant_note(self) -> str | None:
        """One sentence about what was printed without a grant, if anything was."""
        if not self._ungranted:
            return None
        nodes = ", ".join(f"'{node}'" for node in sorted(self.ungranted))
        capabilities = " and ".join(sorted({f"stdio:{stream}" for _, stream in self._ungranted}))
        if self._as_torvyn:
            size = counted(sum(self.ungranted.values()), "byte")
            what = f"{size} that {nodes} printed: discarded"
        else:
            what = f"Torvyn discards what {nodes} printed (--as-torvyn does so here)"
        return f"note: {what}: grant {capabilities} under [security.grants.NODE]"

    def order_note(self) -> str | None:
        """One sentence about calls whose order of stdout and stderr is not known, if any is."""
        if not self.unordered:
            return None
        calls = counted(self.unordered, "call")
        return (
            f"note: the order in which {calls} wrote to stdout and stderr is not known:"
            " the native call layer keeps it, recordings do not"
        )

    def say(self, line: str) -> None:
        """A line of our own on stdout; none with JSON or `quiet`."""
        if not (self.as_json or self._quiet):
            self.write_line(line)

    def write_line(self, line: str) -> None:
        """A line on stdout."""
        self._end_line("stdout")
        self._streams["stdout"].write(line + "\n")
        self._streams["stdout"].flush()

    def finish(self) -> None:
        """Write lines that their component did not end; what we say next has a line of its own."""
        for (node, stream), rest in sorted(self._partial.items()):
            order_known = (node, stream) not in self._unordered_partial
            self._write_object(node, None, stream, rest, order_known)
        self._partial.clear()
        self._unordered_partial.clear()
        for (_, stream), decoder in sorted(self._decoders.items()):
            self._streams[stream].write(decoder.decode(b"", final=True))
            self._streams[stream].flush()
        self._decoders.clear()
        self._end_line("stderr")

    def _note_line(self, stream: str, *, ended: bool) -> None:
        for name in self._streams if self._one_file else (stream,):
            (self._open_lines.discard if ended else self._open_lines.add)(name)

    def _end_line(self, stream: str) -> None:
        """End a component's line before one of ours follows on the same stream."""
        if stream in self._open_lines:
            self._note_line(stream, ended=True)
            self._streams[stream].write("\n")
            self._streams[stream].flush()

    def _decoder(self, node: str, stream: str) -> codecs.IncrementalDecoder:
        found = self._decoders.get((node, stream))
        if found is None:
            found = codecs.getincrementaldecoder("utf-8")("surrogateescape")
            self._decoders[node, stream] = found
        return found

    def _write_objects(
        self, node: str, call: int, stream: str, data: bytes, order_known: bool
    ) -> None:
        key = node, stream
        *lines, rest = (self._partial.pop(key, b"") + data).split(b"\n")
        begun_known = key not in self._unordered_partial
        for index, line in enumerate(lines):
            known = order_known and (begun_known or index > 0)
            self._write_object(node, call, stream, line, known)
        known = order_known and (begun_known or bool(lines))
        self._unordered_partial.discard(key)
        if len(rest) >= _LONGEST_JSON_TEXT:
            self._write_object(node, call, stream, rest, known)
        elif rest:
            self._partial[key] = rest
            if not known:
                self._unordered_partial.add(key)

    def _write_object(
        self, node: str, call: int | None, stream: str, line: bytes, order_known: bool
    ) -> None:
        text, encoded = to_text(line)
        content = {
            "type": "output",
            "node": node,
            "stream": stream,
            "call": call,
            **({"text": text} if encoded is None else {"base64": encoded}),
            "granted": (node, stream) not in self._ungranted,
            **({} if order_known else {"order_known": False}),
        }
        self.write_line(json_line(content))


def _is_one_file(first: TextIO, second: TextIO) -> bool:
    """True where both streams lead to the same terminal, pipe or file."""
    try:
        return os.path.sameopenfile(first.fileno(), second.fileno())
    except (OSError, ValueError):
        return False
