"""What is being recorded, in a few words."""

from __future__ import annotations

from runtime.model.text.plurals import counted
from runtime.protocol.timeline import RecordingStatus
from workbench.text.figures import size
from workbench.text.glyphs import FULL
from workbench.text.lines import Line, StyleRole, line
from workbench.timeline.place_words import file_name

MIB = 1_048_576

SMALL = MIB // 10
"""Below it the ring's bytes have a unit of their own."""


def recording_flag(status: RecordingStatus | None) -> Line:
    """`REC 3.1 MiB` while a file is written, `x REC failed` when that ended by itself."""
    if status is None:
        return ()
    if status.writing:
        return line((f"REC {size(status.file_bytes)}", StyleRole.ACCENT))
    return line(("x REC failed", StyleRole.BAD)) if status.failed is not None else ()


def ring_words(status: RecordingStatus | None) -> Line:
    """`ring 3.1/64 MiB`, with a sign when the ring has lost the start of the run."""
    if status is None:
        return ()
    lost = (FULL, StyleRole.WARN) if not status.whole else ""
    if status.ring_bytes < SMALL or status.ring_limit < MIB:
        used = f"{size(status.ring_bytes)}/{_limit(status.ring_limit)}"
    else:
        used = f"{status.ring_bytes / MIB:.1f}/{_limit(status.ring_limit)}"
    return line(
        ("ring ", StyleRole.DIM), (used, StyleRole.DIM if status.whole else StyleRole.WARN), lost
    )


def _limit(number: int) -> str:
    unit, name = (MIB, "MiB") if number >= MIB else (1_024, "KiB")
    return f"{number / unit:.3g} {name}"


def recording_notice(before: RecordingStatus | None, now: RecordingStatus) -> str:
    """What to tell the user of a change; empty when nothing worth telling has changed."""
    was_writing = before is not None and before.writing
    if now.writing and not was_writing and now.file is not None:
        return f"Recording to {file_name(now.file, 60)}. R ends that."
    if was_writing and not now.writing and now.failed is None and now.file is not None:
        about = f"{counted(now.file_calls, 'call')}, {size(now.file_bytes)}"
        return f"Recorded {about} to {file_name(now.file, 60)}."
    if now.failed is not None and (before is None or before.failed != now.failed):
        return f"The recording failed: {now.failed.message}"
    return ""
