"""The workbench's own settings of a project: `.torvyn/studio/settings.toml` next to the manifest.

Torvyn never sees the file. What it may hold:

    [flow.main.on_error]
    enricher = "retry(5, 200ms)"    # skip, stop, fail, retry, retry(N) or retry(N, back-off)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runtime.flow.error_rules import ErrorRuleText, NodeRules
from runtime.flow.manifest.manifest_file import load_manifest
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.settings_file import read_settings
from runtime.flow.manifest.shape import Shape, table_of
from runtime.model.codes import Code
from runtime.model.errors import StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ErrorRule, LinkedFlow
from runtime.model.text.nearest import did_you_mean

SETTINGS_FILE = Path(".torvyn", "studio", "settings.toml")
"""Relative to the manifest's folder."""


@dataclass(frozen=True, slots=True)
class _FlowSettings:
    on_error: Mapping[str, ErrorRule] = table_of(ErrorRuleText())


@dataclass(frozen=True, slots=True)
class _Settings:
    flow: Mapping[str, _FlowSettings] = table_of(Shape(_FlowSettings))


_SETTINGS = Shape(_Settings, whole="the settings")


def node_rules(flow: LinkedFlow, manifest_text: bytes) -> NodeRules:
    """The error rules of the flow's nodes; none when there is no file.

    Raises `StudioError` with every problem: the file cannot be read or understood, or it names a
    flow or a node that the manifest does not have.
    """
    manifest = Path(flow.manifest)
    path = manifest.parent / SETTINGS_FILE
    read = read_settings(path, _SETTINGS)
    if read is None:
        return ()
    settings, problems = read
    _check_flows(settings, flow, manifest, manifest_text, problems)
    rules = settings.flow[flow.name].on_error if flow.name in settings.flow else {}
    for name in rules:
        if name not in flow.by_name:
            problems.error(
                Code.UNKNOWN_NODE,
                ("flow", flow.name, "on_error", name),
                f"flow '{flow.name}' has no node '{name}'",
                did_you_mean(name, flow.by_name, "nodes"),
            )
    if problems.has_errors:
        raise StudioError(problems.diagnostics())
    return tuple(rules.items())


def _check_flows(
    settings: _Settings, flow: LinkedFlow, manifest: Path, text: bytes, problems: Problems
) -> None:
    if settings.flow.keys() <= {flow.name}:
        return
    known = load_manifest(manifest, text).manifest.flow
    for name in settings.flow.keys() - known.keys():
        problems.error(
            Code.FLOW_NOT_FOUND,
            ("flow", name),
            f"the manifest has no flow '{name}'",
            did_you_mean(name, known, "flows"),
        )
