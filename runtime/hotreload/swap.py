"""Puts proposals in use, between two calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from runtime.engine.records import WORK_EXPORTS
from runtime.hotreload.builds import ComponentBuild, LiveBuilds
from runtime.hotreload.proposals import Proposal
from runtime.hotreload.recent_inputs import RecentInputs
from runtime.model.call import Answer, Call, Export, Failed
from runtime.model.codes import Code
from runtime.model.commands import Command, Relink, Swap
from runtime.model.element import Element
from runtime.model.errors import Diagnostic, Severity
from runtime.model.events import Event, Relinked
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.protocol.builds.build_updates import BuildComparison
from runtime.recording.diff.build_diff import BuildUnderTest, RecordedCall, compare_builds
from runtime.wasm.call_layer import Compiled
from runtime.wasm.host import Host
from runtime.wasm.wasm_invoker import WasmInvoker


@dataclass(frozen=True, slots=True)
class SwapOutcome:
    """What became of putting another build or graph in use."""

    reasons: tuple[Diagnostic, ...] = ()
    """Why nothing has changed; empty when it has."""
    comparisons: tuple[BuildComparison, ...] = ()
    """What the builds before and after answered to the same inputs."""


class Swapper:
    """Changes what a running flow runs. For the thread that makes the calls."""

    def __init__(
        self,
        flow: LinkedFlow,
        host: Host,
        invoker: WasmInvoker,
        builds: LiveBuilds,
        apply: Callable[[Command], list[Event]],
        wall_clock: Callable[[], int],
    ) -> None:
        self.flow = flow
        self.inputs = RecentInputs()
        self._host = host
        self._invoker = invoker
        self._builds = builds
        self._apply = apply
        self._wall_clock = wall_clock

    def put_in_use(self, proposal: Proposal, *, compare: bool) -> SwapOutcome:
        """Swap what differs; nothing when a new build could not be initialised.

        `compare` makes each node's last calls with both builds.
        """
        if same_graph(self.flow, proposal.flow):
            return self._swap_changed(proposal, compare)
        flow = self._with_live_builds(proposal.flow)
        events = self._apply(Relink(flow))
        if not any(isinstance(event, Relinked) for event in events):
            text = "the changed graph is not applied: the flow has ended"
            return SwapOutcome((_refusal(Code.INVALID_STATE, text, "Restart the flow."),))
        self._invoker.adopt(flow, proposal.compiled)
        self.flow = flow
        self._builds.use_flow(flow, proposal.compiled, self._wall_clock())
        return SwapOutcome()

    def _with_live_builds(self, flow: LinkedFlow) -> LinkedFlow:
        """The flow with the builds in use where the artifact is the same: some are rolled back."""
        live = {}
        for node in flow.nodes:
            running = self.flow.by_name.get(node.name)
            if running and (running.artifact, running.role) == (node.artifact, node.role):
                live[node.name] = replace(
                    node,
                    digest=running.digest,
                    lifecycle=running.lifecycle,
                    interface=running.interface,
                    needs=running.needs,
                )
        return _with_digests(flow, live)

    def roll_back(self, node: str, digest: str | None, *, compare: bool) -> SwapOutcome:
        """Put an earlier build in use."""
        build = self._builds.earlier(node, digest)
        if build is None:
            text = f"there is no earlier build of {node} in this session"
            refusal = _refusal(Code.COMPONENT_NOT_FOUND, text, "Build and reload it first.")
            return SwapOutcome((refusal,))
        linked = replace(
            self.flow.by_name[node],
            digest=build.node.digest,
            lifecycle=build.node.lifecycle,
            interface=build.node.interface,
        )
        build = replace(build, node=linked)
        return self.swap([build], compare=compare, rolled_back=True)

    def repeat(self, build: ComponentBuild, begin: Callable[[], None]) -> Answer | None:
        """Put a build in use where the past did; the engine hears of it from its replay.

        `begin` readies the host for the `init`. Gives what a failed `init` answered.
        """
        if self._invoker.digest(build.node.name) is not None:
            begin()
            prepared = self._invoker.prepare(build.node, build.compiled)
            if not prepared.ready:
                return prepared.answer
            self._invoker.swap(prepared)
        self.flow = _with_digests(self.flow, {build.node.name: build.node})
        self._invoker.adopt(self.flow, {build.node.digest: build.compiled})
        self._builds.swapped(build, self._wall_clock())
        return None

    def repeat_graph(self, flow: LinkedFlow, compiled: Mapping[str, Compiled]) -> None:
        """Follow another graph where the past did; the engine hears of it from its replay."""
        self._invoker.adopt(flow, compiled)
        self.flow = flow
        self._builds.use_flow(flow, compiled, self._wall_clock())

    def _swap_changed(self, proposal: Proposal, compare: bool) -> SwapOutcome:
        builds = [
            ComponentBuild(node, proposal.compiled[node.digest], proposal.file.mtime_ns)
            for node in proposal.flow.nodes
            if Path(node.artifact) == proposal.file.path
            and node.digest != self.flow.by_name[node.name].digest
        ]
        return self.swap(builds, compare=compare, written_ns=proposal.file.written_ns)

    def swap(
        self,
        builds: list[ComponentBuild],
        *,
        compare: bool,
        written_ns: int | None = None,
        rolled_back: bool = False,
    ) -> SwapOutcome:
        """Put builds in use, all of them or none.

        `written_ns` is when the last byte was written, by the monotonic clock; None is not known.
        """
        running = [build for build in builds if self._invoker.digest(build.node.name) is not None]
        prepared = [self._invoker.prepare(build.node, build.compiled) for build in running]
        reasons = tuple(
            _init_refusal(item.node, item.answer) for item in prepared if not item.ready
        )
        if reasons:
            for item in prepared:
                self._invoker.discard(item)
            return SwapOutcome(reasons)
        before = {build.node.name: self._builds.current(build.node.name) for build in builds}
        self.flow = _with_digests(self.flow, {build.node.name: build.node for build in builds})
        compiled = {build.node.digest: build.compiled for build in builds}
        self._invoker.adopt(self.flow, compiled)
        asked = {}
        for item in prepared:
            self._invoker.swap(item)
            asked[item.node.name] = item.answer.host
        comparisons: list[BuildComparison] = []
        for build in builds:
            swap_ns = None if written_ns is None else time.monotonic_ns() - written_ns
            name = build.node.name
            self._apply(Swap(name, build.node.digest, asked.get(name, ())))
            self._builds.swapped(
                build, self._wall_clock(), swap_ns=swap_ns, rolled_back=rolled_back
            )
            elements = self.inputs.of(name)
            if compare and elements:
                comparisons.append(self._compare(before[name], build, elements))
        return SwapOutcome(comparisons=tuple(comparisons))

    def _compare(
        self, before: ComponentBuild, after: ComponentBuild, elements: tuple[Element, ...]
    ) -> BuildComparison:
        """Make the node's last calls with both builds, in instances of their own."""
        name = after.node.name
        export = WORK_EXPORTS[after.node.role]
        calls = [RecordedCall(Call(0, name, Export.INIT, None, after.node.config), ())]
        calls += [
            RecordedCall(Call(number, name, export, element), ())
            for number, element in enumerate(elements, start=1)
        ]
        invokers = [self._alone(build) for build in (before, after)]
        try:
            old, new = (BuildUnderTest(invoker) for invoker in invokers)
            report = compare_builds(calls, old, new, after.node.role)
        finally:
            for invoker in invokers:
                invoker.close()
        return BuildComparison(
            name,
            before.node.digest,
            after.node.digest,
            inputs=len(elements),
            different=report.total,
            text="" if report.equal else report.render(),
        )

    def _alone(self, build: ComponentBuild) -> WasmInvoker:
        flow = replace(self.flow, nodes=(build.node,), edges=())
        return WasmInvoker(flow, self._host, compiled={build.node.digest: build.compiled})


def same_graph(one: LinkedFlow, other: LinkedFlow) -> bool:
    """True when the flows differ in nothing but what their builds decide."""
    return _without_builds(one) == _without_builds(other)


def _without_builds(flow: LinkedFlow) -> LinkedFlow:
    nodes = tuple(
        replace(
            node, digest="", lifecycle=None, interface=node.interface.partition("@")[0], needs=()
        )
        for node in flow.nodes
    )
    return replace(flow, nodes=nodes)


def _with_digests(flow: LinkedFlow, changed: dict[str, LinkedNode]) -> LinkedFlow:
    return replace(flow, nodes=tuple(changed.get(node.name, node) for node in flow.nodes))


def _init_refusal(node: LinkedNode, answer: Answer) -> Diagnostic:
    outcome = answer.outcome
    assert isinstance(outcome, Failed)
    failure = outcome.failure
    text = f"the new build of {node.name} cannot be used: {failure.message}"
    kind = Code.of(failure.code, failure.name) or Code.INIT_FAILED
    return Diagnostic(Severity.ERROR, kind, text, failure.help, file=node.artifact)


def _refusal(code: Code, text: str, advice: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, text, advice)
