"""Checks a manifest: as far as it can be read, or down to its components."""

from __future__ import annotations

from pathlib import Path

from runtime.flow.check_report import report_json, report_text
from runtime.flow.link import LinkResult, check_manifest, link_flow, link_flows
from runtime.flow.manifest.manifest_file import load_manifest
from runtime.model.errors import Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.printable import json_line
from runtime.opening.cache_folder import compiled_cache
from runtime.wasm.host import Host


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found."""

    result: LinkResult

    @property
    def error_count(self) -> int:
        """Problems that keep the flow from running."""
        return sum(1 for item in self.result.diagnostics if item.severity is Severity.ERROR)

    def passes(self, *, strict: bool = False) -> bool:
        """No error; with `strict`, no warning either."""
        return not (self.result.diagnostics if strict else self.error_count)

    def as_text(self, *, strict: bool = False) -> str:
        """For people; with `strict`, it is said that warnings fail."""
        return report_text(self.result, strict=strict)

    def as_json(self, *, strict: bool = False) -> str:
        """For programs: one object."""
        return json_line(report_json(self.result, strict=strict))


def check_flows(manifest: Path, flow_name: str | None = None) -> CheckReport:
    """Checks the named flow, else all flows of the manifest, down to their components."""
    host = Host(compiled_cache())
    network = host.layer.gives_network
    if flow_name is None:
        return CheckReport(link_flows(manifest, inspect=host.inspect, gives_network=network))
    return CheckReport(link_flow(manifest, flow_name, inspect=host.inspect, gives_network=network))


def link_each(manifest: Path, flow_name: str | None = None) -> dict[str, LinkResult]:
    """Links the named flow, else each of the manifest by itself; by name, in alphabetical order.

    Raises `StudioError` for a manifest that cannot be read, or that has no such flow.
    """
    host = Host(compiled_cache())
    names = [flow_name] if flow_name is not None else sorted(load_manifest(manifest).manifest.flow)
    if not names:
        raise StudioError(check_manifest(manifest).diagnostics)
    results = {
        name: link_flow(
            manifest, name, inspect=host.inspect, gives_network=host.layer.gives_network
        )
        for name in names
    }
    for result in results.values():
        if result.outline is None:
            raise StudioError(result.diagnostics)
    return results
