"""Commands that set breakpoints and watches."""

from __future__ import annotations

from runtime.expression.expression import Expression
from runtime.expression.expression_error import ExpressionError
from runtime.protocol.break_places import PlaceError
from runtime.protocol.breakpoints import Breakpoint, SetBreakpoint, SetWatch, Watch
from runtime.protocol.typed_breakpoint import typed_breakpoint
from runtime.protocol.watch_words import WATCH
from workbench.commands.command import CommandTarget

NOT_READY = "The flow is not ready."


def set_breakpoint(target: CommandTarget, text: str) -> str:
    """Set the breakpoint that is typed; gives why not, or ""."""
    flow = target.context.view.flow
    if flow is None:
        return NOT_READY
    if not text:
        return "break PLACE, CONDITION, or PLACE when CONDITION: router input when size > 9."
    try:
        made: Breakpoint = typed_breakpoint(text, flow)
    except PlaceError as error:
        return f"{error}."
    except ExpressionError as error:
        return _in_words(error)
    target.send(SetBreakpoint(made))
    return ""


def set_watch(target: CommandTarget, text: str) -> str:
    """Watch the expression that is typed; gives why not, or ""."""
    if target.context.view.flow is None:
        return NOT_READY
    if not text:
        return 'watch EXPRESSION: json.total, queue("a -> b").depth, node("a").errors.'
    try:
        Expression(text, WATCH)
    except ExpressionError as error:
        return _in_words(error)
    target.send(SetWatch(Watch(0, text)))
    target.notify(f"Watching {text}. B lists what is watched.")
    return ""


def _in_words(error: ExpressionError) -> str:
    """Where in the condition, which may be a part of the line only."""
    before, after = error.text[: error.column - 1], error.text[error.column - 1 :]
    return f"{error.reason}, at: {before[-12:]}▸{after[:12]}"
