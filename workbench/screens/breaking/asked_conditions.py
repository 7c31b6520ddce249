"""The lines in which a condition and a watch are typed, and what is said of them meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.expression.expression import Condition, Expression
from runtime.expression.expression_error import ExpressionError
from runtime.protocol.breakpoints import Watch
from runtime.protocol.watch_words import WATCH
from workbench.dialogs.ask import AskScreen, Hint


def ask_condition(earlier: Sequence[str]) -> AskScreen:
    """Asks for a condition that the calls of the past are looked through for."""
    title = "Back to the last call where"
    return AskScreen(title, 'json.level == "warn" && ms > 20', _condition_hint, earlier)


def ask_watch(watch: Watch, earlier: Sequence[str]) -> AskScreen:
    """Asks what is watched; a watch without a number is a new one."""
    title = f"Watch {watch.number}" if watch.number else "Watch"
    example = 'json.total, queue("a -> b").depth, node("a").errors'
    ask = AskScreen(title, example, _watch_hint, earlier)
    ask.begin_with(watch.text)
    return ask


def _condition_hint(text: str) -> Hint:
    if not text.strip():
        return Hint("a condition in CEL", False, fault=False)
    try:
        Condition(text)
    except ExpressionError as error:
        return Hint(f"column {error.column}: {error.reason}", False)
    return Hint("the past is looked through, newest call first", True)


def _watch_hint(text: str) -> Hint:
    if not text.strip():
        return Hint("fields of the next call, queue(…) and node(…)", False, fault=False)
    try:
        Expression(text, WATCH)
    except ExpressionError as error:
        return Hint(f"column {error.column}: {error.reason}", False)
    return Hint("looked at after every call; space in the list stops when it changes", True)
