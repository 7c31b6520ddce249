"""Colour for what verbs say of themselves; every colour only repeats what the text says.

Text is made printable before it gets colours, and what components print never gets any.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO

import click

from runtime.model.text.printable import printable
from workbench.terminal.standard_streams import PrintableStream


class ColourWhen(StrEnum):
    """When to write in colour."""

    AUTO = "auto"
    """On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`."""
    ALWAYS = "always"
    NEVER = "never"


_RED, _YELLOW, _GREEN, _CYAN, _DIM = (
    {"fg": "red", "bold": True},
    {"fg": "yellow", "bold": True},
    {"fg": "green", "bold": True},
    {"fg": "cyan"},
    {"dim": True},
)
_HEADS: tuple[tuple[re.Pattern[str], Mapping[str, object]], ...] = (
    (re.compile(r"error(\[E\d+\] \w+)?:"), _RED),
    (re.compile(r"warning(\[E\d+\] \w+)?:"), _YELLOW),
    (re.compile(r"note:"), _CYAN),
    (re.compile(r" +-->"), _DIM),
    (re.compile(r" += help:"), _CYAN),
    (re.compile(r"(Summary|Queues|Nodes)$"), {"bold": True}),
    (re.compile(r'Flow "[^"]*" links\b[^:(]*'), _GREEN),
    (re.compile(r"0 errors, 0 warnings$"), _GREEN),
    (re.compile(r"0 errors, \d+ warnings?$"), _YELLOW),
    (re.compile(r"\d+ errors?, \d+ warnings?$"), _RED),
    (re.compile(r"  Flow state +completed$"), _GREEN),
    (re.compile(r"  Flow state +failed$"), _RED),
    (re.compile(r"(NOT recorded|failed|not built)\b"), _RED),
    (re.compile(r"(Recorded|built|equal$)\b"), _GREEN),
)
"""What a line may begin with, and how that is shown."""
_CHANGES = ((re.compile(r" *- .*"), {"fg": "red"}), (re.compile(r" *\+ .*"), {"fg": "green"}))


def wanted(when: ColourWhen, stream: TextIO) -> bool:
    """Whether text for `stream` gets colours."""
    if when is ColourWhen.AUTO:
        allowed = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return allowed and stream.isatty()
    return when is ColourWhen.ALWAYS


def write_line(text: str, stream: TextIO, when: ColourWhen, *, changes: bool = False) -> None:
    """Write lines of our own; with `changes`, those that begin with `-` or `+` as well."""
    if not wanted(when, stream):
        print(text, file=stream, flush=True)
        return
    coloured = f"{in_colour(printable(text, keep_lines=True), changes=changes)}\n"
    if isinstance(stream, PrintableStream):
        stream.write_prepared(coloured)
    else:
        stream.write(coloured)
    stream.flush()


def in_colour(text: str, *, changes: bool = False) -> str:
    """Printable text with the colours of its lines."""
    heads = (*_HEADS, *_CHANGES) if changes else _HEADS
    return "\n".join(_line(line, heads) for line in text.split("\n"))


def _line(line: str, heads: tuple[tuple[re.Pattern[str], Mapping[str, object]], ...]) -> str:
    for pattern, style in heads:
        found = pattern.match(line)
        if found is not None:
            return click.style(found[0], **style) + line[found.end() :]  # type: ignore[arg-type]
    return line
