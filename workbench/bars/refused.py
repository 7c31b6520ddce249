"""What was refused while the flow runs on without it, in a line."""

from __future__ import annotations

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic
from runtime.model.text.plurals import counted
from workbench.text.excerpt import excerpt
from workbench.view import View


def refused_words(view: View) -> tuple[str, str]:
    """`1 build refused` and `metric-sink: the file is cut off (and 1 more)`; empty for none."""
    problems = view.refused
    if not problems:
        return "", ""
    nodes = [_refused_node(view, problem) for problem in problems]
    builds = {node for node in nodes if node is not None}
    if None in nodes:
        head = f"{counted(len(problems), 'problem')}, not taken"
    else:
        head = f"{counted(len(builds), 'build')} refused"
    about = f"{nodes[0]}: " if nodes[0] is not None else ""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return head, about + excerpt(problems[0].message, 300) + more


def _refused_node(view: View, problem: Diagnostic) -> str | None:
    """The node whose build is refused; None when something else is."""
    key = (problem.key or "").split(".")
    of_node = len(key) > 4 and key[0] == "flow" and key[2] == "nodes" and key[-1] == "component"
    # A manifest that names no component there is: no fault of a build.
    if of_node and problem.kind is not Code.COMPONENT:
        return ".".join(key[3:-1])
    nodes = view.flow.nodes if view.flow is not None else ()
    return next((node.name for node in nodes if node.artifact == problem.file), None)
