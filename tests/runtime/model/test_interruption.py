"""Interrupts that arrive in functions which C code calls."""

from __future__ import annotations

import inspect

import pytest

from runtime.model.interruption import CALLED_FROM_C, interrupt, taken


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
