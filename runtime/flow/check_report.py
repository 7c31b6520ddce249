"""What the verb `check` prints: text for people, one JSON object for programs."""

from __future__ import annotations

from typing import Any

from runtime.flow.access_report import access_json, access_lines, reach_json
from runtime.flow.link import LinkResult
from runtime.model.errors import Diagnostic, Severity
from runtime.model.linked import DEFAULT_LIMITS, INTERPRETER_LIMITS, LinkedFlow, LinkedNode
from runtime.model.text.plurals import counted

MIB = 1024 * 1024


def report_text(result: LinkResult, *, strict: bool = False) -> str:
    """Every diagnostic, then a line for each linked flow, then the count; no final line break.

    With `strict`, the count says that warnings fail, where nothing else does.
    """
    blocks = [item.render() for item in result.diagnostics]
    raised = [_raised_limits(node) for flow in result.flows for node in flow.nodes]
    blocks += dict.fromkeys(text for text in raised if text)
    lines = []
    for flow in result.flows:
        nodes, edges = counted(len(flow.nodes), "node"), counted(len(flow.edges), "edge")
        lines += [f'Flow "{flow.name}" links: {nodes}, {edges}', *access_lines(flow)]
    errors, warnings = _counts(result.diagnostics)
    total = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    lines.append(f"{total}: warnings fail with --strict" if strict and warnings else total)
    return "\n\n".join([*blocks, "\n".join(lines)])


def report_json(result: LinkResult, *, strict: bool = False) -> dict[str, Any]:
    """Torvyn's `CheckResult` (docs/torvyn-facts.md#check), with codes named, places split, flows.

    Every value can be given to `json.dumps`.
    """
    errors, warnings = _counts(result.diagnostics)
    return {
        "all_passed": not (errors or (strict and warnings)),
        "error_count": errors,
        "warning_count": warnings,
        "diagnostics": [item.fields() for item in result.diagnostics],
        "flows": [_flow(flow) for flow in result.flows],
    }


def _flow(flow: LinkedFlow) -> dict[str, Any]:
    return {
        "name": flow.name,
        "schedule": flow.schedule.value,
        "nodes": [
            {
                "name": node.name,
                "role": node.role.value,
                "interface": node.interface,
                "artifact": node.artifact,
                "digest": node.digest,
                "interpreter": node.interpreter or None,
                "limits": {
                    "fuel": node.limits.fuel,
                    "memory_bytes": node.limits.memory_bytes,
                    "call_timeout_ms": node.limits.call_timeout_ms,
                },
                "access": access_json(node),
            }
            for node in flow.nodes
        ],
        "edges": [
            {
                "from": f"{edge.source}:{edge.source_port}",
                "to": f"{edge.target}:{edge.target_port}",
                "capacity": edge.capacity,
                "policy": edge.policy.value,
            }
            for edge in flow.edges
        ],
        "gives_away": reach_json(flow),
    }


def _raised_limits(node: LinkedNode) -> str | None:
    """What an interpreter is given beyond Torvyn's limits, and why; None for other nodes."""
    given = []
    if node.limits.fuel == INTERPRETER_LIMITS.fuel:
        given.append(("fuel_budget", f"{node.limits.fuel:,} fuel a call", str(node.limits.fuel)))
    if node.limits.memory_bytes == INTERPRETER_LIMITS.memory_bytes:
        mib = node.limits.memory_bytes // MIB
        given.append(("max_memory", f"{mib} MiB of memory", f'"{mib}MiB"'))
    if not node.interpreter or not given:
        return None
    what = " and ".join(text for _, text, _ in given)
    keys = " and ".join(f"{key} = {value}" for key, _, value in given)
    return (
        f"note: node '{node.name}' carries the interpreter of {node.interpreter}, and has {what} "
        "here, so that it can say what went wrong\n"
        f"  = help: Torvyn gives {DEFAULT_LIMITS.fuel:,} fuel and "
        f"{DEFAULT_LIMITS.memory_bytes // MIB} MiB; for the same there write {keys} into the node"
    )


def _counts(diagnostics: tuple[Diagnostic, ...]) -> tuple[int, int]:
    errors = sum(item.severity is Severity.ERROR for item in diagnostics)
    return errors, len(diagnostics) - errors
