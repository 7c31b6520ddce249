"""Building components, and what another build changes."""

from __future__ import annotations

from runtime.protocol.requests import CancelBuild, Rollback
from runtime.protocol.updates import Health
from workbench.actions.action import Action, Group
from workbench.actions.target import ActionTarget, Context
from workbench.view import BranchesRef, NodeRef


def _roll_back(bench: ActionTarget) -> None:
    build = bench.context.live_build
    if build is not None:
        bench.send(Rollback(build.node))


def _can_roll_back(context: Context) -> bool:
    build = context.live_build
    return context.view.ready and build is not None and bool(build.earlier)


def _can_build(context: Context) -> bool:
    return context.view.health in (Health.READY, Health.INVALID)


def _builds(context: Context) -> bool:
    return _can_build(context) and context.view.build.busy


def _differs(context: Context) -> bool:
    return bool(context.view.news) or is_looked_at(context) or has_other_branch(context)


def is_looked_at(context: Context) -> bool:
    """True when the inspector shows a difference that `D` would close."""
    chosen = context.selection
    if isinstance(chosen, BranchesRef):
        return True
    return isinstance(chosen, NodeRef) and context.view.comparison_of(chosen.node) is not None


def has_other_branch(context: Context) -> bool:
    """True when the branch can be compared: with the one it left, or with a recording."""
    timeline = context.timeline
    return timeline is not None and (len(timeline.branches) > 1 or timeline.replay is not None)


BUILD: tuple[Action, ...] = (
    Action("build", ("ctrl+r",), "build",
           "Build the selected node's component; all of them when no node is selected.",
           Group.BUILD, lambda bench: bench.build(bench.context.component), _can_build,
           "a session that has started", 14),
    Action("build-all", ("f7",), "build all", "Build every component of the manifest.",
           Group.BUILD, lambda bench: bench.build(None), _can_build,
           "a session that has started"),
    Action("cancel-build", ("ctrl+x",), "cancel build",
           "End the build, and forget those that wait.",
           Group.BUILD, lambda bench: bench.send(CancelBuild()), _builds, "a running build", 7),
    Action("roll-back", ("u",), "roll back",
           "Put the earlier build of the selected node in use again.",
           Group.BUILD, _roll_back, _can_roll_back, "a selected node with an earlier build"),
    Action("difference", ("D",), "difference",
           "Show in what builds, graphs or branches differ; again closes it.",
           Group.BUILD, lambda bench: bench.show_difference(), _differs, "a difference", 8, 7),
    Action("compare", ("equals_sign",), "comparing",
           "Make a node's last calls with both builds at each swap, or do not.",
           Group.BUILD, lambda bench: bench.toggle_comparing()),
)  # fmt: skip
