"""Commands that set breakpoints and watches."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.expression.expression import Expression
from runtime.expression.expression_error import ExpressionError, caret_lines
from runtime.model.call import Export
from runtime.protocol.break_places import KINDS, PlaceError
from runtime.protocol.breakpoints import Breakpoint, SetBreakpoint, SetWatch, Watch
from runtime.protocol.typed_breakpoint import typed_breakpoint
from runtime.protocol.watch_words import WATCH
from workbench.commands.command import CommandTarget

NOT_READY = "The flow is not ready."
LIFECYCLE = tuple(
    export.value for export in (Export.INIT, Export.FLUSH, Export.COMPLETE, Export.TEARDOWN)
)
"""Exports at which one may want to stop without an element."""


def break_words(target: CommandTarget) -> Sequence[str]:
    """Places, for completion: nodes first, then kinds, ports, edges and exports."""
    flow = target.context.view.flow
    if flow is None:
        return ()
    nodes = [node.name for node in flow.nodes]
    ports = dict.fromkeys(f"{edge.source}:{edge.source_port}" for edge in flow.edges)
    exports = [f"{who} {export}" for who in ("any", *nodes) for export in LIFECYCLE]
    kinds = [f"any {kind}" for kind in KINDS]
    return (*nodes, *kinds, *ports, *(edge.label for edge in flow.edges), *exports)


def break_fault(target: CommandTarget, text: str) -> str:
    """Why no breakpoint can be set with what is typed so far, with a caret where it helps."""
    flow = target.context.view.flow
    if flow is None:
        return NOT_READY
    try:
        typed_breakpoint(text, flow)
    except PlaceError as error:
        return f"{error}"
    except ExpressionError as error:
        return _with_caret(error)
    return ""


def watch_fault(target: CommandTarget, text: str) -> str:
    """Why what is typed so far cannot be watched, with a caret where it helps."""
    try:
        Expression(text, WATCH)
    except ExpressionError as error:
        return _with_caret(error)
    return ""


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


def _with_caret(error: ExpressionError) -> str:
    return "\n".join((*caret_lines(error.text, error.column), error.reason))


def _in_words(error: ExpressionError) -> str:
    """Where in the condition, which may be a part of the line only."""
    before, after = error.text[: error.column - 1], error.text[error.column - 1 :]
    return f"{error.reason}, at: {before[-12:]}▸{after[:12]}"
