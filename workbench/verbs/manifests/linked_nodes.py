"""What a linked flow is made of, for --verbose."""

from __future__ import annotations

from runtime.model.linked import LinkedFlow, LinkedNode
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import say

MIB = 1024 * 1024
_DIGITS = 12
"""Of a digest, for people."""


def show_nodes(flow: LinkedFlow) -> None:
    """With --verbose: each node's component, limits and grants, and the flow's order of calls."""
    if not global_options().verbose:
        return
    lines = [f'Flow "{flow.name}" of {flow.manifest}, schedule {flow.schedule.value}']
    say("\n".join([*lines, *(node_text(node) for node in flow.nodes)]))


def node_text(node: LinkedNode) -> str:
    """Two lines: what a node runs, and what it may use."""
    limits = node.limits
    grants = ", ".join(map(str, node.grants)) or "no grants"
    return (
        f"  {node.name}: {node.role.value} {node.interface}, {node.artifact} "
        f"({node.digest[:_DIGITS]})\n"
        f"    {limits.fuel:,} fuel a call, {limits.memory_bytes / MIB:g} MiB, "
        f"{limits.call_timeout_ms:,} ms a call; {grants}"
    )
