"""A bounded run of each fuzzer: the same cases every time. `make fuzz` tries more."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.fuzzing import fault, fuzz
from tests.fuzz.inputs import FUZZERS, mutated

CASES = 2
SEED = 1


@pytest.mark.parametrize("number", range(CASES))
@pytest.mark.parametrize("name", FUZZERS)
def test_hostile_input_ends_in_words_and_with_a_documented_exit_code(
    name: str, number: int, tmp_path: Path
) -> None:
    failures, commands = fuzz(name, number, SEED, tmp_path)
    assert commands
    assert failures == []


@pytest.mark.parametrize(
    ("code", "written", "said"),
    [
        (0, b"fine", ""),
        (2, b"error[E0702]", ""),
        (-14, b"", "no end"),
        (1, b"Traceback (most recent call last):\n", "a traceback"),
        (134, b"thread 'x' panicked at y", "a panic"),
        (-11, b"", "signal 11"),
        (70, b"", "a mistake of ours"),
        (77, b"", "not documented"),
    ],
)
def test_what_counts_as_a_failure(code: int, written: bytes, said: str) -> None:
    found = fault(code, written)
    assert said in found
    assert bool(found) == bool(said)


def test_a_case_is_made_of_seed_and_number_alone() -> None:
    data = bytes(range(256)) * 4
    made = [mutated(data, Random("components-1-7")) for _ in range(2)]
    assert made[0] == made[1] != data
