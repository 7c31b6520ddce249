"""What the redaction rules of a recording did not reach: told before the file is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.recording.file.reader import RecordingReader, end_of_recording
from runtime.recording.format import EndLine, Header
from runtime.recording.redaction import reach_sentences

LOOK = "Look into the file before you use it or give it away."
UNKNOWN = "it is not known what its rules did not reach: it has no end line"


def redaction_reach(path: Path) -> tuple[Diagnostic, ...]:
    """Warnings about a recording whose rules did not reach all; none of one without rules.

    Only its first and its last line are read. Raises `StudioError` when it cannot be opened.
    """
    with RecordingReader(path) as reader:
        return reach_warnings(path, reader.header, end_of_recording(path))


def reach_warnings(path: Path, header: Header, end: EndLine | None) -> tuple[Diagnostic, ...]:
    """The same of lines that were read already."""
    sentences: Sequence[str] = ()
    if header.redactions and end is None:
        sentences = (UNKNOWN,)
    elif end is not None:
        sentences = reach_sentences(header.redactions, end.out_of_reach, end.unused_rules)
    return tuple(
        Diagnostic(Severity.WARNING, Code.IO, f"redaction: {sentence}", LOOK, file=str(path))
        for sentence in sentences
    )
