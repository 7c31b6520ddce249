"""How a node is drawn: its sign, its word, its frame."""

from __future__ import annotations

from dataclasses import replace

from runtime.model.call import CallInProgress
from runtime.model.lazy.dataclass import dataclass
from runtime.model.outline import Lack
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot, NodeState
from workbench.text.call_words import seconds_words
from workbench.text.glyphs import IN_CALL, NEXT, NODE_SIGNS
from workbench.text.lines import StyleRole

FAILED = (NodeState.FAILED, NodeState.CRASHED)

QUIET = (NodeState.NEW, NodeState.IDLE, NodeState.DONE)


@dataclass(frozen=True, slots=True)
class NodeLook:
    """Sign, word and frame of a node."""

    sign: str
    word: str
    role: StyleRole
    frame: StyleRole
    heavy: bool = False
    """The one node that the screen points at."""
    dashed: bool = False
    """There is nothing to run in it."""
    quiet: bool = False
    """Nothing happens there."""


def look_of(
    node: NodeSnapshot | None,
    *,
    focused: bool,
    lack: Lack | None,
    call: CallInProgress | None = None,
    stop: str = "",
) -> NodeLook:
    """The look of a node; `lack` is None in a flow that runs, `call` unless it takes long.

    `stop` is the sign of a breakpoint at it.
    """
    if lack is not None:
        return _unready(lack)
    if call is not None and node is not None and call.node == node.name:
        words = seconds_words(call)
        return NodeLook(IN_CALL, words, StyleRole.ACCENT, StyleRole.ACCENT, heavy=True)
    look = _running(node, focused=focused)
    if not stop or node is None or node.state in FAILED:
        return look
    return replace(look, sign=stop, quiet=False)


def _running(node: NodeSnapshot | None, *, focused: bool) -> NodeLook:
    state = node.state if node is not None else NodeState.NEW
    sign, word, role = NODE_SIGNS[state]
    if state in FAILED:
        return NodeLook(sign, word, role, StyleRole.BAD, heavy=focused)
    if focused:
        return NodeLook(NEXT, "next", StyleRole.NEXT, StyleRole.NEXT, heavy=True)
    return NodeLook(sign, word, role, StyleRole.DIM, quiet=state in QUIET)


def _unready(lack: Lack) -> NodeLook:
    if lack is Lack.NOTHING:
        return NodeLook("-", "built", StyleRole.DIM, StyleRole.DIM, quiet=True)
    if lack is Lack.NO_FILE:
        return NodeLook("?", lack.value, StyleRole.WARN, StyleRole.DIM, dashed=True)
    return NodeLook("x", lack.value, StyleRole.BAD, StyleRole.BAD)


def focus_of(snapshot: FlowSnapshot | None) -> str | None:
    """The node at which the flow stands: the one that failed, else that of the next call."""
    if snapshot is None:
        return None
    upcoming = snapshot.next_call.node if snapshot.next_call is not None else None
    failed = [node.name for node in snapshot.nodes if node.state in FAILED]
    return upcoming if upcoming in failed or not failed else failed[0]
