"""What a benchmark ran and with what: only results of the same are compared."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

from runtime.engine.compiled import engine_kind
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import SchedulePolicy

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Workload:
    """One flow, what its sources give, and what makes its calls."""

    flow: str
    call_layer: str
    """What made the calls, e.g. `direct`."""
    schedule: SchedulePolicy
    limit: int | None
    """Elements of a pass at most."""
    inputs: dict[str, str]
    """Digests of the files that were given in place of what a source gives, by source."""
    engine: str
    """See `engine_kind`."""
    machine: str

    @classmethod
    def of(
        cls,
        flow: str,
        call_layer: str,
        schedule: SchedulePolicy,
        limit: int | None,
        inputs: Mapping[str, str],
    ) -> Workload:
        """That on this machine and with this engine; `inputs` are files by source.

        Raises:
            StudioError: an input is no file that can be read again for each pass (E0001).
        """
        return cls(
            flow,
            call_layer,
            schedule,
            limit,
            {source: _digest(path) for source, path in inputs.items()},
            engine_kind(),
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
            f"Python {platform.python_version()}",
        )


def require_comparable(name: str, before: Workload, now: Workload) -> None:
    """Refuse to compare results whose difference would say nothing of the flow.

    Raises:
        StudioError: they are of two flows, of two call layers, or of other elements (E0704);
            every difference is told.
    """
    found = [
        Diagnostic(
            Severity.ERROR,
            Code.SEMANTIC,
            f"the benchmark {name!r} cannot be compared with this one: it is of {was}, "
            f"this one of {is_now}",
            advice,
        )
        for was, is_now, advice in _differences(name, before, now)
    ]
    if found:
        raise StudioError(found)


def _differences(name: str, before: Workload, now: Workload) -> Iterable[tuple[str, str, str]]:
    save = f"save one of this kind, --save {name}"
    if before.flow != now.flow:
        yield (
            f"flow {before.flow!r}",
            f"flow {now.flow!r}",
            f"Measure flow.{before.flow}, or {save}.",
        )
    if before.call_layer != now.call_layer:
        no_native = "with --no-native" if now.call_layer == "native" else "without --no-native"
        yield (
            f"calls through the {before.call_layer} layer",
            f"calls through the {now.call_layer} layer",
            f"Measure {no_native}, or {save}.",
        )
    if before.limit != now.limit:
        yield (
            _limited(before.limit),
            _limited(now.limit),
            f"{_limit_option(before.limit)}, or {save}.",
        )
    if before.inputs != now.inputs:
        yield (
            _fed(before.inputs, now.inputs),
            _fed(now.inputs, before.inputs),
            f"Give the sources what they were given then, or {save}.",
        )


def conditions(before: Workload, now: Workload) -> list[str]:
    """What else is not as it was, a few words each: the reader of a comparison should know."""
    pairs = (
        ("the order of calls", before.schedule, now.schedule),
        ("the engine", before.engine, now.engine),
        ("the machine", before.machine, now.machine),
    )
    return [f"{what} was {was}, now {is_now}" for what, was, is_now in pairs if was != is_now]


def _limited(limit: int | None) -> str:
    return "passes without a limit" if limit is None else f"passes of {limit:,} elements at most"


def _limit_option(limit: int | None) -> str:
    return "Measure without --limit" if limit is None else f"Measure with --limit {limit}"


def _fed(inputs: Mapping[str, str], others: Mapping[str, str]) -> str:
    """The files that the other has not, or has with other contents."""
    own = [source for source, digest in inputs.items() if others.get(source) != digest]
    if not own:
        return "the sources' own elements"
    return f"the lines of a file for {', '.join(sorted(own))}"


def _digest(path: str) -> str:
    try:
        # A pipe would be empty for the passes.
        if Path(path).exists() and not Path(path).is_file():
            raise _unreadable(path, "it is no file", "Each pass reads it again: give it a file.")
        with Path(path).open("rb") as file:
            made = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error), "Check the path.") from None
    return made.hexdigest()


def _unreadable(path: str, reason: str, advice: str) -> StudioError:
    message = f"the input cannot be read: {reason}"
    return StudioError([Diagnostic(Severity.ERROR, Code.IO, message, advice, file=path)])
