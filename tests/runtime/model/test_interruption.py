"""Interrupts that arrive in functions which C code calls."""

from __future__ import annotations

import inspect

import pytest

from runtime.model.interruption import CALLED_FROM_C, LostInterrupts, interrupt, taken


def interrupted(problem: KeyboardInterrupt) -> None:
    interrupt(problem, inspect.currentframe())


def test_an_interrupt_is_raised_where_it_can_leave() -> None:
    problem = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt) as raised:
        interrupted(problem)
    assert raised.value is problem
    assert taken() is None


def test_in_a_function_called_from_c_it_is_kept_for_whoever_ends_the_call() -> None:
    problem = KeyboardInterrupt()
    CALLED_FROM_C.add(interrupted.__code__)
    try:
        interrupted(problem)
    finally:
        CALLED_FROM_C.remove(interrupted.__code__)
    assert taken() is problem
    assert taken() is None


def test_an_interrupt_that_a_finalizer_lost_is_raised_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda what: told.append(what.exc_value))
    problem = KeyboardInterrupt()

    class Finalized:
        def __del__(self) -> None:
            interrupted(problem)

    lost = LostInterrupts()
    lost.raise_them()
    Finalized()
    assert told == [problem]
    with pytest.raises(KeyboardInterrupt) as raised:
        lost.raise_them()
    assert raised.value is problem
    LostInterrupts().raise_them()
