"""Building components, and what another build changes."""

from __future__ import annotations

from runtime.protocol.builds.build_requests import CancelBuild
from runtime.protocol.requests import Rollback
from runtime.protocol.updates import Health
from workbench.actions.action import Action, Group
from workbench.actions.context import Context
from workbench.actions.target import ActionTarget
from workbench.view import ChangeRef, NodeRef


def _roll_back(to: ActionTarget) -> None:
    build = to.context.live_build
    if build is not None:
        to.session.send(Rollback(build.node))


def _can_roll_back(context: Context) -> bool:
    build = context.live_build
    return context.view.ready and build is not None and bool(build.earlier)


def _can_build(context: Context) -> bool:
    return context.view.health in (Health.READY, Health.INVALID)


def _builds(context: Context) -> bool:
    return _can_build(context) and context.view.build.busy


def _differs(context: Context) -> bool:
    looked_at = bool(context.view.news) or is_looked_at(context)
    return looked_at or context.failed_inputs is not None or has_other_branch(context)


def _show_difference(to: ActionTarget) -> None:
    context = to.context
    newest_first = context.view.news or is_looked_at(context)
    if context.failed_inputs is not None and not newest_first:
        to.panes.compare_inputs()
    else:
        to.session.show_difference()


def is_looked_at(context: Context) -> bool:
    """True when the inspector shows a difference that `D` would close."""
    chosen = context.selection
    if isinstance(chosen, ChangeRef):
        return True
    return isinstance(chosen, NodeRef) and context.view.comparison_of(chosen.node) is not None


def has_other_branch(context: Context) -> bool:
    """True when the branch can be compared: with the one it left, or with a recording."""
    timeline = context.timeline
    return timeline is not None and (len(timeline.branches) > 1 or timeline.replay is not None)


BUILD: tuple[Action, ...] = (
    Action(id="build", keys=("ctrl+r",), label="build", group=Group.BUILD,
           help="Build the selected node's component; all of them when no node is selected.",
           do=lambda to: to.session.build(to.context.component), when=_can_build,
           needs="a session that has started", footer=14),
    Action(id="build-all", keys=("f7",), label="build all", group=Group.BUILD,
           help="Build every component of the manifest.",
           do=lambda to: to.session.build(None), when=_can_build,
           needs="a session that has started"),
    Action(id="cancel-build", keys=("ctrl+x",), label="cancel build", group=Group.BUILD,
           help="End the build, and forget those that wait.",
           do=lambda to: to.session.send(CancelBuild()), when=_builds, needs="a running build",
           footer=7),
    Action(id="roll-back", keys=("u",), label="roll back", group=Group.BUILD,
           help="Put the earlier build of the selected node in use again.",
           do=_roll_back, when=_can_roll_back, needs="a selected node with an earlier build"),
    Action(id="difference", keys=("D",), label="difference", group=Group.BUILD,
           help="Show in what builds, graphs, branches or a failed and a good input differ.",
           do=_show_difference, when=_differs,
           needs="something to compare: a fork, a replay, or another build",
           footer=8, in_past=7),
    Action(id="compare", keys=("equals_sign",), label="comparing", group=Group.BUILD,
           help="Make a node's last calls with both builds at each swap, or do not.",
           do=lambda to: to.session.toggle_comparing()),
)  # fmt: skip
