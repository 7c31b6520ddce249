"""What is being built and how a build ended, in a few words."""

from __future__ import annotations

from runtime.model.errors import ExitCode
from runtime.protocol.builds.build_updates import BuildOutcome, BuildStatus
from workbench.text.excerpt import excerpt
from workbench.text.figures import duration, short_digest, size
from workbench.text.lines import StyleRole


def build_words(status: BuildStatus) -> str:
    """`building metric-proc`, of several at once `building metric-proc +1`, or that it begins."""
    if not status.building:
        return "about to build"
    first, *others = status.building
    return f"building {first} +{len(others)}" if others else f"building {first}"


def outcome_words(outcome: BuildOutcome) -> tuple[str, StyleRole]:
    """How a build ended, with its role."""
    name, took = outcome.component, duration(outcome.duration_ns)
    match outcome.verdict:
        case ExitCode.OK:
            what = f"{short_digest(outcome.digest or '')}, {size(outcome.size)}"
            same = "" if outcome.changed else ", as it was"
            return f"built {name} in {took}: {what}{same}", StyleRole.GOOD
        case ExitCode.INTERRUPTED:
            return f"cancelled {name} after {took}", StyleRole.WARN
        case _:
            why = outcome.problems[0].message if outcome.problems else "its commands failed"
            return f"failed {name} after {took}: {excerpt(why, 300)}", StyleRole.BAD
