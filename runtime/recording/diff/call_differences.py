"""In what two recorded calls differ."""

from __future__ import annotations

from typing import NamedTuple

from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable
from runtime.recording.answers import payload_of
from runtime.recording.describe import line_words, output_words, preview
from runtime.recording.diff.differences import Ignore, payload_difference
from runtime.recording.format import CallLine, OutputLine, PrintedLine
from runtime.recording.payload_encoding import from_text


class CallPart(NamedTuple):
    """The first part of two calls that differs."""

    what: str
    before: str
    after: str
    lines: tuple[str, ...] = ()


class CallComparer:
    """Compares what two calls put out; times, numbers and inputs are not looked at."""

    def __init__(self, ignore: Ignore) -> None:
        self._ignore = ignore

    def difference(self, before: CallLine, after: CallLine) -> CallPart | None:
        """The first part that differs, or None."""
        words = line_words(before), line_words(after)
        if (before.answer != after.answer or words[0] != words[1]) and (
            self._ignore.in_text(words[0]) != self._ignore.in_text(words[1])
        ):
            return CallPart("answer", *words)
        for index, (first, second) in enumerate(zip(before.outputs, after.outputs, strict=False)):
            part = self._output(index, first, second)
            if part is not None:
                return part
        if (before.printed_digest, before.printed_bytes) != (
            after.printed_digest,
            after.printed_bytes,
        ):
            return self._printed(before, after)
        return None

    def payloads(
        self, what: str, before: tuple[bytes | None, str], after: tuple[bytes | None, str]
    ) -> CallPart | None:
        """The difference of two payloads, each with its digest and None when it was not kept."""
        if before[1] == after[1]:
            return None
        if before[0] is None or after[0] is None:
            return CallPart(what, _payload_words(*before), _payload_words(*after))
        found = payload_difference(before[0], after[0], self._ignore)
        if found is None:
            return None
        return CallPart(what, preview(before[0]), preview(after[0]), found.lines)

    def _output(self, index: int, before: OutputLine, after: OutputLine) -> CallPart | None:
        types = [
            (line.content_type, line.buffer_type or line.content_type) for line in (before, after)
        ]
        if types[0] != types[1]:
            one, other = (printable(f"{kind}, buffer {buffer}") for kind, buffer in types)
            return CallPart(f"content type of output {index}", one, other)
        part = self.payloads(
            f"output {index}",
            (payload_of(before), before.digest),
            (payload_of(after), after.digest),
        )
        if part is None or part.lines:
            return part
        return CallPart(part.what, output_words(before), output_words(after))

    def _printed(self, before: CallLine, after: CallLine) -> CallPart | None:
        kept = _printed_text(before.printed), _printed_text(after.printed)
        whole = all(
            line.printed_bytes == sum(map(len, texts.values()))
            for line, texts in ((before, kept[0]), (after, kept[1]))
        )
        if whole:
            for stream in kept[0] | kept[1]:
                found = payload_difference(
                    kept[0].get(stream, b""), kept[1].get(stream, b""), self._ignore
                )
                if found is not None:
                    one, other = (preview(item.get(stream, b"")) for item in kept)
                    return CallPart(f"printed on {stream}", one, other, found.lines)
            # The streams are equal: what differs is what was ignored, or the order between them,
            # which only older recordings hold.
            return None
        return CallPart(
            "printed",
            f"{counted(before.printed_bytes, 'byte')}, digest {before.printed_digest or 'none'}",
            f"{counted(after.printed_bytes, 'byte')}, digest {after.printed_digest or 'none'}",
        )


def _payload_words(data: bytes | None, digest: str) -> str:
    return f"digest {digest}, payload not kept" if data is None else preview(data)


def _printed_text(lines: tuple[PrintedLine, ...]) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    for line in lines:
        data = from_text(line.text, line.base64) or b""
        texts[line.stream] = texts.get(line.stream, b"") + data
    return texts
