"""The composition root: puts manifest, wasm host and engine together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import partial
from pathlib import Path

from runtime.build.session_builds import SessionBuilds
from runtime.child.pipe_messages import Compiling
from runtime.engine.options import EngineOptions
from runtime.execution.resources import OpenFeeds, SessionResources
from runtime.flow.error_rules import GivenRule, NodeRules, rules_over
from runtime.flow.link import link_flow
from runtime.flow.manifest.manifest_file import read_manifest
from runtime.flow.studio_settings import node_rules
from runtime.hotreload.builds import KnownBuilds
from runtime.hotreload.proposals import Linking, ProposalBuilder
from runtime.hotreload.reloading import HotReload
from runtime.hotreload.reopening import Reopening
from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ErrorPolicy, ErrorRule, LinkedFlow, SchedulePolicy
from runtime.model.outline import UnlinkedFlowError
from runtime.opening.cache_folder import compiled_cache
from runtime.opening.trust.trust import Admit, ProjectTrust, project_trust, require_trust
from runtime.recording.replay.input_feed import text_inputs
from runtime.session.recording_file import RecordingSettings
from runtime.session.session import FlowSession
from runtime.timetravel.recorded.replay_source import ReplaySource
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.host import Host
from runtime.wasm.host_functions.denied_uses import OnDenied
from runtime.wasm.host_functions.printing import OnPrint
from runtime.wasm.layer_choice import preferred_layer
from runtime.wasm.wasm_invoker import WasmInvoker

"""Takes node, call number, stream, bytes, and whether the manifest grants the stream."""


@dataclass(frozen=True)
class OpenedFlow:
    """A linked flow with its components compiled."""

    flow: LinkedFlow
    warnings: tuple[Diagnostic, ...]
    manifest_text: bytes
    linking: Linking
    node_rules: NodeRules = ()
    """Error rules of single nodes, from the workbench's settings of the project."""

    def open_invoker(self, on_print: OnPrint, on_denied: OnDenied | None = None) -> WasmInvoker:
        """An invoker with no instance yet; the caller closes it."""
        return WasmInvoker(
            self.flow,
            self.linking.host,
            compiled=self.linking.compiled,
            on_print=on_print,
            on_denied=on_denied,
        )


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a session behaves, next to running its flow."""

    watch: bool = True
    """Put rebuilt components and the changed manifest in use."""
    poll_only: bool = False
    """Look at the files instead of asking the system for changes."""
    trusted: bool = False
    """Give the project what it asks for beyond its folder, and build it, without a question."""
    retry_on_reload: bool = False
    """Make a failed call again as soon as its node has another build."""
    guest_debug: GuestDebug = GuestDebug.COMPILED
    """Whose memory can be read, where the call layer can."""
    recording: RecordingSettings = field(default_factory=RecordingSettings)
    on_error: tuple[GivenRule, ...] = ()
    """What follows failed calls; it counts more than the project's settings do. A replay follows
    its recording instead."""


class _Progress:
    """Says which component is compiled, when one is that no cache has."""

    def __init__(self, compiling: Compiling) -> None:
        self._compiling = compiling
        self._now = ("", 0, 0)

    def opening(self, component: str, position: int, total: int) -> None:
        """See `runtime.flow.link.Opening`."""
        self._now = (component, position, total)

    def compile(self) -> None:
        """The component that was opened last is compiled now."""
        self._compiling(*self._now)


def open_flow(
    manifest: Path,
    flow_name: str | None = None,
    compiling: Compiling | None = None,
    *,
    admit: Admit = require_trust,
    guest_debug: GuestDebug = GuestDebug.OFF,
) -> OpenedFlow:
    """Links a flow and compiles its components.

    `admit` decides which grants beyond the project's folder it gets; by default those that the
    user has agreed to, or none of it runs. `compiling` is called before each component that
    has to be compiled. `guest_debug` says whose memory can be read.

    Raises `UnlinkedFlowError` with every problem, and what `admit` raises.
    """
    host = Host(compiled_cache(), preferred_layer(guest_debug))
    linking = Linking(host, admit=admit)
    text = read_manifest(manifest)
    progress = _Progress(compiling) if compiling is not None else None
    linking.host.on_compile = progress.compile if progress is not None else None
    result = link_flow(
        manifest,
        flow_name,
        inspect=linking.inspect,
        text=text,
        opening=progress.opening if progress is not None else None,
        gives_network=host.layer.gives_network,
    )
    linking.host.on_compile = None
    if result.flow is None:
        raise UnlinkedFlowError(result.diagnostics, result.outline)
    flow = admit(result.flow)
    rules = node_rules(flow, text)
    warnings = (*result.diagnostics, *linking.host.warnings)
    return OpenedFlow(flow, warnings, text, linking, rules)


@dataclass(frozen=True, slots=True)
class FlowOpener:
    """Opens sessions of one flow; see `Opener`."""

    manifest: Path
    flow: str | None = None
    options: SessionOptions = field(default_factory=SessionOptions)
    inputs: tuple[str, ...] = ()
    """Files in place of sources, as `text_inputs` takes them."""

    def open(
        self,
        wake: Callable[[], None],
        compiling: Compiling | None = None,
        *,
        notes: tuple[Diagnostic, ...] = (),
    ) -> FlowSession:
        """See `Opener.open`; `notes` are shown as problems."""
        trust = self.trust()
        opened = open_flow(
            self.manifest,
            self.flow,
            compiling,
            admit=trust.withhold,
            guest_debug=self.options.guest_debug,
        )
        feeds = None
        if self.inputs:
            feeds = partial(text_inputs, self.inputs, opened.flow.sources)
        engine = _screen_options(self.options.on_error, opened.node_rules)
        notes = (*notes, *trust.take_problem())
        return open_session(opened, engine, self.options, wake, feeds=feeds, notes=notes)

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """See `Opener.reopening`."""
        return reopening_of(self.manifest, self.options, changed)

    def builds(self) -> SessionBuilds:
        """See `Opener.builds`."""
        return SessionBuilds(self.manifest)

    def trust(self) -> ProjectTrust:
        """See `Opener.trust`."""
        return project_trust(self.manifest, trusted=self.options.trusted)


SCREEN_OPTIONS = EngineOptions(schedule=SchedulePolicy.CONSUMER_FIRST, on_error=ErrorPolicy.STOP)
"""What the engine is set to where a developer looks on."""


def _screen_options(given: tuple[GivenRule, ...], settings: NodeRules) -> EngineOptions:
    rule, node_rules = rules_over(given, ErrorRule(SCREEN_OPTIONS.on_error), settings)
    return replace(
        SCREEN_OPTIONS,
        on_error=rule.policy,
        max_retries=rule.max_retries,
        back_off_ms=rule.back_off_ms,
        node_rules=node_rules,
    )


def open_session(
    opened: OpenedFlow,
    engine: EngineOptions,
    options: SessionOptions,
    wake: Callable[[], None],
    *,
    feeds: OpenFeeds | None = None,
    replay: ReplaySource | None = None,
    notes: tuple[Diagnostic, ...] = (),
) -> FlowSession:
    """A session of a flow, paused before its first call; `notes` are shown as problems.

    Raises `StudioError` when what it is fed with or repeats cannot be read.
    """
    flow, linking = opened.flow, opened.linking
    resources = SessionResources(
        linking.host, engine, opened.manifest_text, KnownBuilds(), linking.compiled, feeds
    )
    proposals = None
    if options.watch:
        proposals = ProposalBuilder(
            flow, opened.manifest_text, linking, wake, poll_only=options.poll_only
        )
    return FlowSession(
        flow,
        resources,
        options.recording,
        HotReload(proposals, opened.warnings + notes),
        replay=replay,
        retry_on_reload=options.retry_on_reload,
    )


def reopening_of(
    manifest: Path, options: SessionOptions, changed: Callable[[], None]
) -> Reopening | None:
    """See `Opener.reopening`."""
    if not options.watch:
        return None
    return Reopening(manifest, changed, poll_only=options.poll_only)
