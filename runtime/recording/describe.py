"""Answers in words, for telling what was expected and what came."""

from __future__ import annotations

from runtime.model.call import (
    Accepted,
    Answer,
    Emitted,
    Failed,
    Outcome,
    Ports,
    Verdict,
)
from runtime.model.element import Element
from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable
from runtime.recording.encoding import ANSWER_NAMES
from runtime.recording.format import CallLine, ElementLine, OutputLine
from runtime.recording.payload_encoding import from_text

PREVIEW_BYTES = 160
"""How much of a payload is shown."""


def preview(data: bytes) -> str:
    """A payload's beginning: quoted text when it is UTF-8, else hexadecimal."""
    cut = data[:PREVIEW_BYTES]
    more = " …" if len(data) > PREVIEW_BYTES else ""
    try:
        text = cut.decode("utf-8") if not more else cut.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return cut.hex(" ") + more
    return f'"{printable(text)}"{more}'


def payload_words(data: bytes, content_type: str) -> str:
    """A payload in one line."""
    return f"{printable(content_type) or 'no type'}, {counted(len(data), 'byte')}, {preview(data)}"


def output_words(line: OutputLine) -> str:
    """A recorded output in one line."""
    data = from_text(line.text, line.base64)
    if data is not None:
        return payload_words(data, line.content_type)
    size = counted(line.size, "byte")
    return f"{printable(line.content_type) or 'no type'}, {size}, digest {line.digest}"


def outcome_words(outcome: Outcome) -> str:
    """How a call ended, without its payloads."""
    name = ANSWER_NAMES[type(outcome)]
    if isinstance(outcome, Emitted):
        return f"{name} {len(outcome.outputs)}"
    if isinstance(outcome, Verdict):
        return "pass" if outcome.passes else "hold back"
    if isinstance(outcome, Ports):
        return f"ports {', '.join(map(printable, outcome.names)) or 'none'}"
    if isinstance(outcome, Accepted):
        return f"{name}, {outcome.signal.value}"
    if isinstance(outcome, Failed):
        return f"{name}, {outcome.failure.kind.value}: {printable(outcome.failure.message)}"
    return name


def line_words(line: CallLine) -> str:
    """As `outcome_words`, of a recorded call."""
    if line.answer == "emitted":
        return f"emitted {len(line.outputs)}"
    if line.answer == "verdict":
        return "pass" if line.passes else "hold back"
    if line.answer == "ports":
        return f"ports {', '.join(map(printable, line.ports or ())) or 'none'}"
    if line.answer == "accepted":
        return f"accepted, {line.signal}"
    if line.failure is not None:
        return f"failed, {line.failure.kind}: {printable(line.failure.message)}"
    return line.answer


def element_words(element: Element | ElementLine | None) -> str:
    """An element's name: its source and its number there."""
    return "no element" if element is None else f"{element.source}#{element.sequence}"


def printed_words(answer: Answer) -> str:
    """What a call printed, in one line."""
    if not answer.printed:
        return "nothing"
    data = b"".join(item.data for item in answer.printed)
    return f"{counted(answer.printed_bytes, 'byte')}, {preview(data)}"
