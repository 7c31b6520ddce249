"""Digests of answers, to tell within one process whether a call answers the same again."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from runtime.model.call import Accepted, Answer, Failed, Outcome, Signal
from runtime.recording.encoding import printed_runs

_OUTCOME, _PRINTED_BYTES = attrgetter("outcome"), attrgetter("printed_bytes")
_ACCEPTED = {id(signal): hash((Accepted, Accepted(signal))) for signal in Signal}
"""Digests of such outcomes by the identity of the signal."""


def digest_of_answer(answer: Answer) -> int:
    """64 bits of how the call ended and of what it printed: what a replay compares.

    Not the same in another process.
    """
    outcome = answer.outcome
    if type(outcome) is Accepted:
        digest = _ACCEPTED[id(outcome.signal)]  # members of an enum are slow to hash
    else:
        digest = _digest_of_outcome(outcome)
    return _with_printed(digest, answer) if answer.printed_bytes else digest


def digests_of_answers(answers: Sequence[Answer]) -> list[int]:
    """The digest of each. An outcome that many answers share is looked at once."""
    outcomes = list(map(_OUTCOME, answers))
    places = list(map(id, outcomes))
    different = dict(zip(places, outcomes, strict=True))
    known = {place: _digest_of_outcome(outcome) for place, outcome in different.items()}
    digests = list(map(known.__getitem__, places))
    if any(map(_PRINTED_BYTES, answers)):
        for index, answer in enumerate(answers):
            if answer.printed_bytes:
                digests[index] = _with_printed(digests[index], answer)
    return digests


def _digest_of_outcome(outcome: Outcome) -> int:
    return hash((type(outcome), bare(outcome)))


def _with_printed(digest: int, answer: Answer) -> int:
    printed = answer.printed
    if len(printed) == 1:
        stream, data, _ = printed[0]
        return hash((digest, answer.printed_bytes, ((stream, data),)))
    return hash((digest, answer.printed_bytes, printed_runs(printed)))


def bare(outcome: Outcome) -> Outcome:
    """The outcome without what a recording may not hold of a failed call."""
    return Failed(outcome.failure.without_report()) if type(outcome) is Failed else outcome


def crashed(outcome: Outcome) -> bool:
    """Whether the call made its instance unusable."""
    return type(outcome) is Failed and outcome.failure.crashed
