"""The composition root: puts manifest, wasm host and engine together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import platformdirs

from runtime.flow.link import LinkResult, check_manifest, link_flow, link_flows
from runtime.flow.report import report_json, report_text
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.linked import LinkedFlow
from runtime.model.surface import Surface
from runtime.session.flow_session import FlowSession
from runtime.session.process import ProcessLink
from runtime.wasm.host import Compiled, Host
from runtime.wasm.invoker import WasmInvoker

CACHE_NAME = "torvyn-studio"

OnPrint = Callable[[str, int, str, bytes, bool], None]
"""Takes node, call number, stream, bytes, and whether the manifest grants the stream."""


def compiled_cache() -> Path:
    """The user's folder for compiled code.

    Never the project's: loading compiled code runs it, and a project is somebody else's.
    """
    return Path(platformdirs.user_cache_dir(CACHE_NAME, appauthor=False)) / "compiled"


@dataclass
class _Opening:
    """Compiles each content once while a flow is linked."""

    host: Host
    compiled: dict[str, Compiled] = field(default_factory=dict)

    def inspect(self, data: bytes) -> Surface:
        compiled = self.host.compile(data)
        self.compiled[compiled.digest] = compiled
        return compiled.surface


@dataclass(frozen=True)
class OpenedFlow:
    """A linked flow with its components compiled."""

    flow: LinkedFlow
    warnings: tuple[Diagnostic, ...]
    host: Host
    compiled: dict[str, Compiled]
    """By digest."""

    def open_invoker(self, on_print: OnPrint) -> WasmInvoker:
        """An invoker with no instance yet; the caller closes it."""
        return WasmInvoker(self.flow, self.host, compiled=self.compiled, on_print=on_print)


def open_flow(manifest: Path, flow_name: str | None = None) -> OpenedFlow:
    """Links a flow and compiles its components. Raises `StudioError` with every problem."""
    opening = _Opening(Host(compiled_cache()))
    result = link_flow(manifest, flow_name, inspect=opening.inspect)
    if result.flow is None:
        raise StudioError(result.diagnostics)
    return OpenedFlow(result.flow, result.diagnostics, opening.host, opening.compiled)


def open_session(manifest: Path, flow_name: str | None = None) -> FlowSession:
    """A session in this process, paused before the first call. Raises `StudioError`."""
    opened = open_flow(manifest, flow_name)
    return FlowSession(opened.flow, opened.open_invoker, warnings=opened.warnings)


def process_link(manifest: Path, flow_name: str | None = None) -> ProcessLink:
    """A session in a child process, as the workbench uses it; problems come in its updates."""
    return ProcessLink(partial(open_session, manifest.absolute(), flow_name))


def check_manifest_file(manifest: Path, flow_name: str | None = None) -> str:
    """The chosen flow's name, no component opened. Raises `StudioError` with every problem."""
    check = check_manifest(manifest, flow_name)
    if check.flow is None or any(item.severity is Severity.ERROR for item in check.diagnostics):
        raise StudioError(check.diagnostics)
    return check.flow


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found."""

    result: LinkResult

    @property
    def error_count(self) -> int:
        """Problems that keep the flow from running."""
        return sum(1 for item in self.result.diagnostics if item.severity is Severity.ERROR)

    def as_text(self) -> str:
        """For people."""
        return report_text(self.result)

    def as_json(self) -> str:
        """For programs: one object."""
        return json.dumps(report_json(self.result))


def check_flows(manifest: Path, flow_name: str | None = None) -> CheckReport:
    """Checks the named flow, else all flows of the manifest, down to their components."""
    inspect = _Opening(Host(compiled_cache())).inspect
    if flow_name is None:
        return CheckReport(link_flows(manifest, inspect=inspect))
    return CheckReport(link_flow(manifest, flow_name, inspect=inspect))
