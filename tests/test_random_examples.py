"""A random test's failing example can be tried again, and profiles say how many are tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import GATE, THOROUGH, examples

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("profile", ["gate", "thorough"])
@pytest.mark.parametrize("derandomize", [False, True])
def test_a_failure_prints_what_repeats_it_even_where_nothing_is_kept(
    profile: str, derandomize: bool
) -> None:
    @settings(settings.get_profile(profile), database=None, derandomize=derandomize)
    @given(st.integers(0, 1000))
    def fails(number: int) -> None:
        assert number < 7

    with pytest.raises(AssertionError) as caught:
        fails()
    notes = "\n".join(caught.value.__notes__)
    assert "number=7" in notes
    assert "@reproduce_failure(" in notes


def test_the_gate_tries_a_tenth_of_the_examples_that_a_test_asks_for() -> None:
    share = settings().max_examples / THOROUGH
    assert share in (GATE / THOROUGH, 1)
    assert settings.get_profile("gate").max_examples * 10 == THOROUGH
    assert examples(250).max_examples == 250 * share
    assert examples(1).max_examples == 1


def test_a_test_tries_as_many_examples_as_its_number_and_the_profile_say() -> None:
    tried: list[int] = []

    @examples(50)
    @given(st.integers())
    def counts(number: int) -> None:
        tried.append(number)

    counts()
    assert len(tried) == examples(50).max_examples


def test_every_random_test_takes_its_settings_from_the_profile() -> None:
    allowed = {FOLDER / "conftest.py", FOLDER / "support" / "examples.py", Path(__file__)}
    others = [path for path in FOLDER.rglob("*.py") if path not in allowed]
    found = [
        path
        for path in others
        if re.search(r"^from hypothesis.*\bsettings\b", path.read_text(), re.M)
    ]
    assert len(others) > 100
    assert found == [], "use tests.support.examples"


def test_a_slow_machine_fails_no_random_test() -> None:
    assert settings().deadline is None
