"""Digests of answers, to tell within one process whether a call answers the same again."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.model.call import Accepted, Answer, Failed, Outcome
from runtime.recording.lines import printed_runs


def digest_of_answer(answer: Answer) -> int:
    """64 bits of how the call ended and of what it printed: what a replay compares.

    Not the same in another process.
    """
    digest = _of_outcome(answer[0])
    return _with_printed(digest, answer) if answer[4] else digest


def digests_of_answers(answers: Iterable[Answer]) -> list[int]:
    """The digest of each. Outcomes that many answers share are looked at once."""
    shared: dict[int, int] = {}
    digests = []
    for answer in answers:
        outcome = answer[0]
        digest = shared.get(id(outcome))
        if digest is None:
            digest = shared[id(outcome)] = _of_outcome(outcome)
        digests.append(_with_printed(digest, answer) if answer[4] else digest)
    return digests


def _of_outcome(outcome: Outcome) -> int:
    kind = type(outcome)
    if type(outcome) is Accepted:
        return hash((kind, outcome.signal._value_))  # members of an enum are slow to hash
    return hash((kind, outcome))


def _with_printed(digest: int, answer: Answer) -> int:
    printed = answer[3]
    if len(printed) == 1:
        stream, data, _ = printed[0]
        return hash((digest, answer[4], ((stream, data),)))
    return hash((digest, answer[4], printed_runs(printed)))


def crashed(outcome: Outcome) -> bool:
    """Whether the call made its instance unusable."""
    return type(outcome) is Failed and outcome.failure.crashed
