"""Hot reload inside a session: what arrived is put in use between two calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from runtime.hotreload.proposals import Arrival, FileNote, Proposal, ProposalBuilder, Refusal
from runtime.hotreload.swap import Swapper
from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.protocol.builds.build_updates import BuildComparison
from runtime.protocol.logs.event_lines import CallMark
from runtime.watch.file_changes import FileKind


@dataclass(frozen=True, slots=True)
class ReloadNote:
    """A line for the event log."""

    mark: CallMark
    node: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What became of one arrival, or of a request to roll back."""

    swapped: tuple[str, ...] = ()
    """Nodes that run another build."""
    note: ReloadNote | None = None


class HotReload:
    """The proposals, and what became of them. What they change is given with each call."""

    def __init__(
        self, proposals: ProposalBuilder | None, warnings: tuple[Diagnostic, ...] = ()
    ) -> None:
        """Without `proposals` no file is watched; rolling back still works."""
        self._proposals = proposals
        self._warnings = warnings
        self._held: list[Arrival] = []
        self._comparing = True
        self._comparisons: list[BuildComparison] = []
        self._own_problems: tuple[Diagnostic, ...] = ()

    @property
    def pending(self) -> bool:
        """True when `take` has something."""
        return bool(self._held) or (self._proposals is not None and self._proposals.pending)

    def hold(self) -> None:
        """Leave what arrived for a later `take`: the flow stands in its past."""
        if self._proposals is not None and self._proposals.pending:
            self._held += self._proposals.take()

    def waiting(self, flow: LinkedFlow) -> tuple[str, ...]:
        """Nodes of `flow` with a build, or "the graph" for a manifest, that `hold` left."""
        files = [item.file for item in self._held if isinstance(item, Proposal)]
        names = [
            node.name
            for node in flow.nodes
            if any(file.path == Path(node.artifact) for file in files)
        ]
        changed = any(file.kind is FileKind.MANIFEST for file in files)
        return (*names, "the graph") if changed else tuple(names)

    def start(self) -> None:
        """Begin watching."""
        if self._proposals is not None:
            self._proposals.start()

    def stop(self) -> None:
        """End watching. Idempotent."""
        if self._proposals is not None:
            self._proposals.stop()

    def take(self, swapper: Swapper) -> Iterator[Reloaded]:
        """Put in use what arrived, one by one as it is asked for; call it between two calls."""
        if self._proposals is None:
            return
        held, self._held = self._held, []
        for arrival in (*held, *self._proposals.take()):
            match arrival:
                case Proposal():
                    yield self._put_in_use(self._proposals, arrival, swapper)
                case Refusal():
                    yield Reloaded(note=_refusal_note(arrival))
                case FileNote(text=text):
                    yield Reloaded(note=ReloadNote(CallMark.RELOAD, None, text))
                case _:
                    assert_never(arrival)

    def roll_back(self, swapper: Swapper, node: str, digest: str | None) -> Reloaded:
        """Put an earlier build in use."""
        done = swapper.roll_back(node, digest, compare=self._comparing)
        self._own_problems = done.reasons
        if done.reasons:
            return Reloaded(note=ReloadNote(CallMark.ERROR, node, done.reasons[0].message))
        self._comparisons += done.comparisons
        return Reloaded(swapped=(node,))

    def set_comparing(self, on: bool) -> ReloadNote:
        """Whether each swap compares the builds."""
        self._comparing = on
        text = f"comparing builds at a swap: {'on' if on else 'off'}"
        return ReloadNote(CallMark.RELOAD, None, text)

    def problems(self) -> tuple[Diagnostic, ...]:
        """Warnings of the flow, and why contents that lie on disk are not in use."""
        problems = self._warnings + self._own_problems
        return problems if self._proposals is None else problems + self._proposals.problems()

    def take_comparisons(self) -> tuple[BuildComparison, ...]:
        """Comparisons made since the last time."""
        found, self._comparisons = tuple(self._comparisons), []
        return found

    def _put_in_use(
        self, proposals: ProposalBuilder, proposal: Proposal, swapper: Swapper
    ) -> Reloaded:
        before = swapper.flow
        done = swapper.put_in_use(proposal, compare=self._comparing)
        if done.reasons:
            proposals.reject(proposal, done.reasons)
            return Reloaded(note=ReloadNote(CallMark.ERROR, None, done.reasons[0].message))
        proposals.accept(proposal)
        self._comparisons += done.comparisons
        self._warnings = proposal.warnings
        self._own_problems = ()
        return Reloaded(
            swapped=tuple(
                node.name
                for node in swapper.flow.nodes
                if node.name in before.by_name and before.by_name[node.name].digest != node.digest
            )
        )


def _refusal_note(refusal: Refusal) -> ReloadNote:
    reasons = refusal.reasons
    first = reasons[0].message if reasons else "it cannot be used"
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return ReloadNote(CallMark.ERROR, None, f"{refusal.path.name} is not taken: {first}{more}")
