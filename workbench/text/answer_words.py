"""Answers of components in a word or two."""

from __future__ import annotations

from runtime.model.call import (
    Absorbed,
    Accepted,
    CopyCount,
    Discarded,
    Emitted,
    Exhausted,
    Failed,
    Finished,
    Outcome,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable
from workbench.text.figures import size


def outcome_words(outcome: Outcome) -> str:
    """What came of a call."""
    match outcome:
        case Emitted(outputs):
            return counted(len(outputs), "output")
        case Exhausted():
            return "no more elements"
        case Discarded():
            return "dropped"
        case Absorbed():
            return "kept, no output"
        case Verdict(passes):
            return "passes" if passes else "held back"
        case Ports(names):
            return f"to {', '.join(map(printable, names))}" if names else "to no port"
        case Accepted(signal):
            return "accepted" if signal is Signal.READY else "accepted, asks for a pause"
        case Finished():
            return "done"
        case Failed():
            return "FAILED"


def copy_words(copies: CopyCount) -> str:
    """Copies across the component boundary, and their bytes."""
    read = f"{counted(copies.reads, 'read')} {size(copies.read_bytes)}"
    return f"{read}, {counted(copies.writes, 'write')} {size(copies.write_bytes)}"
