"""Interrupting functions that C code calls, in which an exception can be lost.

Python runs a signal's handler between two instructions, and before the first one of a function
no `try` of that function holds yet: what the handler raises there leaves the function, and C code
has nowhere to pass it on. While a component does not return, its host's callbacks are the only
Python code that runs, so every signal arrives there. Finalizers are such functions too, and
any statement may run one.
"""

from __future__ import annotations

from types import CodeType, FrameType

CALLED_FROM_C: set[CodeType] = set()
"""The functions that C code calls; whoever hands one to C code adds it."""
_kept: list[KeyboardInterrupt] = []
_seen: list[KeyboardInterrupt] = []
"""All there were, those that were kept too."""


def interrupt(problem: KeyboardInterrupt, frame: FrameType | None) -> None:
    """Raise `problem` in a signal's handler; in a function that C code called, keep it.

    `frame` is the one the handler was given. What is kept is for `taken`.
    """
    _seen.append(problem)
    if frame is None or frame.f_code not in CALLED_FROM_C:
        raise problem
    _kept.append(problem)


def taken() -> KeyboardInterrupt | None:
    """What was kept, once: whoever can end the call asks for it."""
    return _kept.pop() if _kept else None


class LostInterrupts:
    """Whether an interrupt was raised and got lost, for a loop that ends with one alone."""

    def __init__(self) -> None:
        self._before = len(_seen)

    def raise_them(self) -> None:
        """Raise the last interrupt since this was made, if there was one.

        Whoever still runs the loop did not get it.
        """
        if len(_seen) > self._before:
            raise _seen[-1]
