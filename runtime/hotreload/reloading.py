"""Hot reload inside a session: what arrived is put in use between two calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from runtime.hotreload.builds import LiveBuilds
from runtime.hotreload.proposals import Arrival, Proposal, ProposalBuilder, Refusal
from runtime.hotreload.swap import Swapper, same_graph
from runtime.model.errors import Diagnostic
from runtime.model.linked import LinkedFlow
from runtime.protocol.updates import BuildComparison, CallMark, NodeBuild
from runtime.watch.file_changes import FileKind


@dataclass
class ReloadNews:
    """What reloading has for the next update."""

    builds: tuple[NodeBuild, ...] | None = None
    comparisons: tuple[BuildComparison, ...] = ()
    problems: tuple[Diagnostic, ...] | None = None


@dataclass
class Reloaded:
    """What one look at the arrivals changed."""

    swapped: list[str] = field(default_factory=list)
    """Nodes that run another build."""
    graph: bool = False
    """True when the flow has another graph."""


class HotReload:
    """The reloader's proposals, the builds in use, and what of it is news."""

    def __init__(
        self,
        reloader: ProposalBuilder | None,
        swapping: Swapper,
        builds: LiveBuilds,
        warnings: tuple[Diagnostic, ...],
        remark: Callable[[CallMark, str | None, str], None],
    ) -> None:
        """Without a `reloader` no file is watched; rolling back still works."""
        self._reloader = reloader
        self._swapping = swapping
        self._builds = builds
        self._warnings = warnings
        self._remark = remark
        self._told: tuple[Diagnostic, ...] | None = None
        self._held: list[Arrival] = []
        self._builds_news = True
        self._own_problems: tuple[Diagnostic, ...] = ()

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it runs."""
        return self._swapping.flow

    def use(self, swapping: Swapper, builds: LiveBuilds) -> None:
        """Change another moment of the flow from now on."""
        swapping.comparing = self._swapping.comparing
        self._swapping = swapping
        self._builds = builds
        self._builds_news = True

    @property
    def pending(self) -> bool:
        """True when `take` has something."""
        return bool(self._held) or (self._reloader is not None and self._reloader.pending)

    def hold(self) -> None:
        """Leave what arrived for a later `take`: the flow stands in its past."""
        if self._reloader is not None and self._reloader.pending:
            self._held += self._reloader.take()

    @property
    def waiting(self) -> tuple[str, ...]:
        """Nodes with a build, or "the graph" for a manifest, that `hold` left."""
        files = [item.file for item in self._held if isinstance(item, Proposal)]
        names = [
            node.name
            for node in self.flow.nodes
            if any(file.path == Path(node.artifact) for file in files)
        ]
        changed = any(file.kind is FileKind.MANIFEST for file in files)
        return (*names, "the graph") if changed else tuple(names)

    def start(self) -> None:
        """Begin watching."""
        if self._reloader is not None:
            self._reloader.start()

    def stop(self) -> None:
        """End watching. Idempotent."""
        if self._reloader is not None:
            self._reloader.stop()

    def take(self) -> Reloaded:
        """Put in use what arrived; call it between two calls."""
        done = Reloaded()
        if self._reloader is None:
            return done
        held, self._held = self._held, []
        for arrival in (*held, *self._reloader.take()):
            if isinstance(arrival, Proposal):
                self._propose(self._reloader, arrival, done)
            elif isinstance(arrival, Refusal):
                first = arrival.reasons[0].message if arrival.reasons else "it can not be used"
                more = f" (and {len(arrival.reasons) - 1} more)" if len(arrival.reasons) > 1 else ""
                self._remark(
                    CallMark.ERROR, None, f"{arrival.path.name} is not taken: {first}{more}"
                )
            else:
                self._remark(CallMark.RELOAD, None, arrival.text)
        return done

    def roll_back(self, node: str, digest: str | None) -> Reloaded:
        """Put an earlier build in use."""
        reasons = self._swapping.roll_back(node, digest)
        self._own_problems = reasons
        if reasons:
            self._remark(CallMark.ERROR, node, reasons[0].message)
            return Reloaded()
        self._builds_news = True
        return Reloaded(swapped=[node])

    def set_comparing(self, on: bool) -> None:
        """Whether each swap compares the builds."""
        self._swapping.comparing = on
        self._remark(CallMark.RELOAD, None, f"comparing builds at a swap: {'on' if on else 'off'}")

    def news(self) -> ReloadNews:
        """What changed since the last time."""
        news = ReloadNews(comparisons=self._swapping.take_comparisons())
        if self._builds_news:
            self._builds_news = False
            news.builds = self._builds.shown()
        problems = self._warnings + self._own_problems
        if self._reloader is not None:
            problems += self._reloader.problems()
        if problems != self._told:
            self._told = news.problems = problems
        return news

    def _propose(self, reloader: ProposalBuilder, proposal: Proposal, done: Reloaded) -> None:
        before = self.flow
        reasons = self._swapping.put_in_use(proposal)
        if reasons:
            reloader.reject(proposal, reasons)
            self._remark(CallMark.ERROR, None, reasons[0].message)
            return
        reloader.accept(proposal)
        self._warnings = proposal.warnings
        self._own_problems = ()
        self._builds_news = True
        done.swapped += [
            node.name
            for node in self.flow.nodes
            if node.name in before.by_name and before.by_name[node.name].digest != node.digest
        ]
        done.graph = done.graph or not same_graph(before, self.flow)
