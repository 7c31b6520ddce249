"""The commands there are: those with arguments here, and every action by its id."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from runtime.model.linked import LinkedEdge, LinkedFlow, QueuePolicy
from runtime.model.outline import outline_of
from runtime.protocol.requests import (
    ChangeQueue,
    HoldNodes,
    JumpTo,
    StartRecording,
    StepCall,
)
from workbench.actions.table import ACTIONS
from workbench.commands.command import Command, CommandTarget
from workbench.commands.debug_commands import (
    NOT_READY,
    break_fault,
    break_words,
    set_breakpoint,
    set_watch,
    watch_fault,
)
from workbench.commands.file_names import file_named, recordings, recordings_and_manifests
from workbench.commands.workbench_commands import (
    LAYOUT_NAMES,
    look_at_call,
    save,
    take_layout,
    take_theme,
    write_metrics,
)
from workbench.graph.exports import as_dot, as_mermaid
from workbench.payload_view.saving import save_new
from workbench.settings.theme_names import THEME_NAMES
from workbench.text.typed_queue import MAX_RATE, typed_capacity
from workbench.timeline.typed_places import typed_place
from workbench.view import EdgeRef, NodeRef

GRAPH_FORMS = {"dot": as_dot, "mermaid": as_mermaid}


def _goto(target: CommandTarget, text: str) -> str:
    timeline = target.context.timeline
    if timeline is None:
        return NOT_READY
    place = typed_place(text, timeline)
    if place.call is None:
        return place.words
    target.send(JumpTo(place.call))
    target.notify(place.words)
    return ""


def _record(target: CommandTarget, text: str) -> str:
    if target.context.view.recording is None:
        return NOT_READY
    target.send(StartRecording(str(target.folder / text) if text else None))
    return ""


def _open(target: CommandTarget, text: str) -> str:
    fault = _no_file(
        target, text, "open FILE: a recording or a manifest, tab completes it.", folder=True
    )
    if not fault:
        target.open_file(file_named(target, text))
    return fault


def _diff(target: CommandTarget, text: str) -> str:
    if target.context.timeline is None:
        return NOT_READY
    fault = _no_file(target, text, "diff FILE: a recording, tab completes it.")
    if not fault:
        target.compare_with(file_named(target, text))
    return fault


def _no_file(target: CommandTarget, text: str, usage: str, *, folder: bool = False) -> str:
    """Why a text names no file, and no `folder` where that is fine too; "" when it does."""
    if not text:
        return usage
    path = file_named(target, text)
    if not path.exists():
        return f"There is no {path}; tab completes names."
    return "" if path.is_file() or (folder and path.is_dir()) else f"{path} is no file."


def _graph(target: CommandTarget, text: str) -> str:
    graph = target.context.view.graph
    form, _, name = text.partition(" ")
    if graph is None:
        return NOT_READY
    if form not in GRAPH_FORMS:
        return f"graph {form}: the forms are {', '.join(GRAPH_FORMS)}."
    path = target.folder / (name.strip() or f"{graph.name}.{form}")
    outline = outline_of(graph) if isinstance(graph, LinkedFlow) else graph
    fault = save_new(path, (GRAPH_FORMS[form](outline) + "\n").encode())
    if not fault:
        target.notify(f"Wrote {path}.")
    return fault


def _nodes(target: CommandTarget) -> Sequence[str]:
    graph = target.context.view.graph
    return [] if graph is None else [node.name for node in graph.nodes]


def _edges(target: CommandTarget) -> Sequence[str]:
    flow = target.context.view.flow
    return [] if flow is None else [edge.label for edge in flow.edges]


def _edge_and_rest(target: CommandTarget, text: str) -> tuple[LinkedEdge, str] | str:
    """An edge by its label, or the only one into a node, and what stands behind it."""
    flow = target.context.view.flow
    if flow is None:
        return NOT_READY
    for edge in sorted(flow.edges, key=lambda one: -len(one.label)):
        if text.startswith(edge.label):
            return edge, text[len(edge.label) :].strip()
    name, _, rest = text.partition(" ")
    node = flow.by_name.get(name)
    if node is not None and len(node.inputs) == 1:
        return flow.edges[node.inputs[0]], rest.strip()
    return f"'{name}' is no edge, and no node with one input; tab lists the edges."


def _depth(target: CommandTarget, text: str) -> str:
    found = _edge_and_rest(target, text)
    if isinstance(found, str):
        return found
    edge, rest = found
    try:
        capacity = typed_capacity(rest)
    except ValueError as error:
        return f"depth EDGE N: {error}."
    target.send(ChangeQueue(edge.index, capacity, edge.policy, edge.rate))
    return ""


def _policy(target: CommandTarget, text: str) -> str:
    found = _edge_and_rest(target, text)
    if isinstance(found, str):
        return found
    edge, rest = found
    name, _, rate = rest.partition(" ")
    if name not in [policy.value for policy in QueuePolicy]:
        return f"The policies are {', '.join(policy.value for policy in QueuePolicy)}."
    policy = QueuePolicy(name)
    try:
        pace = float(rate) if rate else edge.rate
    except ValueError:
        return f"'{rate}' is no number of elements a second."
    limited = policy is QueuePolicy.RATE_LIMIT
    if limited and not (pace and 0 < pace < MAX_RATE):
        return "rate-limit needs elements a second, above 0: policy EDGE rate-limit 100."
    target.send(ChangeQueue(edge.index, edge.capacity, policy, pace if limited else None))
    return ""


def _hold(target: CommandTarget, text: str) -> str:
    if text not in _nodes(target):
        return _no_node(target, text)
    target.send(HoldNodes((text,)))
    return ""


def _release(target: CommandTarget, text: str) -> str:
    if text not in _nodes(target):
        return _no_node(target, text)
    target.send(HoldNodes((text,), on=False))
    return ""


def _step(target: CommandTarget, text: str) -> str:
    if text and text not in _nodes(target):
        return _no_node(target, text)
    target.send(StepCall(text or None))
    return ""


def _inject(target: CommandTarget, text: str) -> str:
    found = _edge_and_rest(target, text)
    if isinstance(found, str):
        return found
    target.select(EdgeRef(found[0].index))
    target.do("inject")
    return ""


def _no_node(target: CommandTarget, text: str) -> str:
    near = get_close_matches(text, _nodes(target), 1)
    return f"There is no node '{text}'" + (f"; did you mean {near[0]}?" if near else ".")


OWN: tuple[Command, ...] = (
    Command(name="goto", arguments="N | +N | -N | N%", help="to a call", run=_goto),
    Command(name="step", arguments="[NODE]", help="one call, of a node", run=_step, words=_nodes),
    Command(name="open", arguments="FILE", help="another recording or manifest, in place of this",
            run=_open, paths=recordings_and_manifests),
    Command(name="diff", arguments="FILE", help="this branch, compared with a recording",
            run=_diff, paths=recordings),
    Command(name="record", arguments="[FILE]", help="into a new file", run=_record),
    Command(name="break", arguments="PLACE when CONDITION", help="stop there: router input",
            run=set_breakpoint, words=break_words, fault=break_fault),
    Command(name="watch", arguments="EXPRESSION", help='node("a").errors, after every call',
            run=set_watch, fault=watch_fault),
    Command(name="depth", arguments="EDGE N", help="elements that a queue takes, while it runs",
            run=_depth, words=_edges),
    Command(name="policy", arguments="EDGE POLICY [RATE]", help="what a full queue does",
            run=_policy, words=_edges),
    Command(name="hold", arguments="NODE", help="make no calls of a node", run=_hold, words=_nodes),
    Command(name="release", arguments="NODE", help="let a node go on that is held", run=_release,
            words=_nodes),
    Command(name="inject", arguments="EDGE", help="put a new element into a queue", run=_inject,
            words=_edges),
    Command(name="look", arguments="N", help="into a call, without going there", run=look_at_call),
    Command(name="metrics", arguments="[FILE]", help="write all figures to a new file, as JSON",
            run=write_metrics),
    Command(name="theme", arguments="NAME", help="take a theme", run=take_theme,
            words=lambda _target: THEME_NAMES),
    Command(name="layout", arguments="NAME", help="take a layout", run=take_layout,
            words=lambda _target: LAYOUT_NAMES),
    Command(name="save", help="every branch, into .torvyn/studio, and go on", run=save),
    Command(name="graph", arguments="FORM [FILE]", help="write it to a new file: dot, mermaid",
            run=_graph, words=lambda _target: list(GRAPH_FORMS)),
)  # fmt: skip
"""Commands that take arguments."""

BY_NAME = {command.name: command for command in OWN}

NEED_ARGUMENTS = {"open": "inspect"}
"""Commands that alone are not the action of their name, and how that action is called instead."""

ACTION_WORDS = {NEED_ARGUMENTS.get(action.id, action.id): action for action in ACTIONS}
"""How `:` calls each action."""


def completions(target: CommandTarget, text: str) -> list[tuple[str, str]]:
    """Lines that the text may become, each with what it does; best first."""
    name, blank, rest = text.lstrip().partition(" ")
    command = BY_NAME.get(name)
    if blank and command is not None and command.paths is not None:
        return [(f"{name} {path}", command.help) for path in command.paths(target, rest.lstrip())]
    if blank and command is not None:
        fitting = [word for word in command.words(target) if rest.lower() in word.lower()]
        return [(f"{name} {word}", command.help) for word in fitting]
    found = [(one.name, f"{one.arguments}  {one.help}".strip()) for one in OWN]
    found += [(word, one.help) for word, one in ACTION_WORDS.items() if word not in BY_NAME]
    found += [(word, "selects it") for word in (*_nodes(target), *_edges(target))]
    low = text.strip().lower()
    ranked = [
        (rank, word, words) for word, words in found if (rank := _rank(low, word)) is not None
    ]
    return [(word, words) for _, word, words in sorted(ranked)]


def fault_of(target: CommandTarget, text: str) -> str | None:
    """Why a line with arguments cannot be done yet, "" where it can; None where no command says."""
    name, _, rest = text.lstrip().partition(" ")
    command = BY_NAME.get(name)
    if command is None or command.fault is None or not rest.strip():
        return None
    return command.fault(target, rest.strip())


def _rank(low: str, word: str) -> tuple[int, int] | None:
    """How well a word fits what was typed; None where it does not."""
    at = word.lower().find(low)
    if at >= 0:
        return at > 0, len(word)
    letters = iter(word.lower())
    return (2, len(word)) if all(letter in letters for letter in low) else None


def run_line(target: CommandTarget, text: str) -> str:
    """Do what a line says; why not, or ""."""
    line = text.strip()
    name, _, rest = line.partition(" ")
    command = BY_NAME.get(name)
    if line in ACTION_WORDS:  # it asks for what it needs
        target.do(ACTION_WORDS[line].id)
        return ""
    if command is not None:
        return command.run(target, rest.strip())
    if line in _nodes(target):
        target.select(NodeRef(line))
        return ""
    if line in (edges := list(_edges(target))):
        target.select(EdgeRef(edges.index(line)))
        return ""
    if line.isascii() and line.isdigit():
        return _goto(target, line)
    known = [*BY_NAME, *ACTION_WORDS, *_nodes(target)]
    near = get_close_matches(name, known, 1)
    return f"no command {name}" + (f"; did you mean {near[0]}?" if near else "; tab lists them")


def folder_of(manifest: str | None) -> Path:
    """Where relative file names begin: next to the manifest."""
    return Path(manifest).parent if manifest is not None else Path.cwd()
