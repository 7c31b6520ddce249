"""The table: every action, in the order of the help."""

from __future__ import annotations

from workbench.actions.action import Action
from workbench.actions.breaking import BREAK
from workbench.actions.building import BUILD
from workbench.actions.looking import LOOK, WORKBENCH
from workbench.actions.moving import MOVE
from workbench.actions.queue_keys import QUEUE
from workbench.actions.running import RUN
from workbench.actions.timetravel import TIME

ACTIONS: tuple[Action, ...] = (*RUN, *BREAK, *QUEUE, *TIME, *BUILD, *MOVE, *LOOK, *WORKBENCH)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
