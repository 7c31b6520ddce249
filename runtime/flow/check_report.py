"""What the verb `check` prints: text for people, one JSON object for programs."""

from __future__ import annotations

from typing import Any

from runtime.flow.link import LinkResult
from runtime.model.errors import Diagnostic, Severity
from runtime.model.linked import LinkedFlow


def report_text(result: LinkResult) -> str:
    """Every diagnostic, then a line for each linked flow, then the count; no final line break."""
    blocks = [item.render() for item in result.diagnostics]
    lines = [
        f'Flow "{flow.name}" links: {_count(len(flow.nodes), "node")}, '
        f"{_count(len(flow.edges), 'edge')}"
        for flow in result.flows
    ]
    errors, warnings = _counts(result.diagnostics)
    lines.append(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")
    return "\n\n".join([*blocks, "\n".join(lines)])


def report_json(result: LinkResult) -> dict[str, Any]:
    """Torvyn's `CheckResult` (docs/torvyn-facts.md#check), with codes named, places split, flows.

    Every value can be given to `json.dumps`.
    """
    errors, warnings = _counts(result.diagnostics)
    return {
        "all_passed": errors == 0,
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
    }


def _counts(diagnostics: tuple[Diagnostic, ...]) -> tuple[int, int]:
    errors = sum(item.severity is Severity.ERROR for item in diagnostics)
    return errors, len(diagnostics) - errors


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
