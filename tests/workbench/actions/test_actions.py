"""The action table: Textual knows every key, none clashes, all derives from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.keys import Keys, _character_to_key

from runtime.model.call import Export, NextCall
from runtime.model.events import FlowState
from runtime.model.snapshot import NodeState
from runtime.protocol.builds.build_updates import BuildStatus
from runtime.protocol.updates import Health
from tests.support.workbench.fakes import FakeLink, fail_node, fan_out, snapshot
from workbench.actions.action import Action, Group
from workbench.actions.context import Context, PaneName
from workbench.actions.labels import footer_actions, label, pace_name
from workbench.actions.running import PACES
from workbench.actions.table import ACTIONS, BY_ID
from workbench.screens.main import MainScreen
from workbench.text.keys import key_name
from workbench.view import NodeRef, View

FLOW = fan_out()
READY = View(Health.READY, flow=FLOW, snapshot=snapshot(FLOW, calls=5))


SENT_BY_TEXTUAL = {item.value for item in Keys} | {
    _character_to_key(chr(code)) for code in range(0x20, 0x7F)
}


def is_textual_key(key: str) -> bool:
    return key in SENT_BY_TEXTUAL


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_key_of_an_action_is_one_that_textual_sends(action: Action) -> None:
    assert action.keys
    for key in action.keys:
        assert is_textual_key(key), key


def test_a_key_that_textual_does_not_know_would_be_found() -> None:
    assert not is_textual_key("esc")
    assert not is_textual_key("?help")


def test_no_key_belongs_to_two_actions_and_none_to_textual_itself() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))
    assert not {"ctrl+c", "ctrl+q"} & set(keys)


def test_ids_are_unique_and_every_action_has_words() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.label
        assert action.help.endswith(".")
        assert action.group in Group


def test_an_action_that_can_be_invalid_says_what_it_needs() -> None:
    for action in ACTIONS:
        if not action.when(Context(View())):
            assert action.needs, action.id


def test_the_bindings_of_the_screen_are_the_keys_of_the_table() -> None:
    bound = MainScreen(lambda request: None, title="x")._bindings.key_to_bindings
    for action in ACTIONS:
        for key in action.keys:
            assert [binding.action for binding in bound[key]] == [f"do('{action.id}')"]


def test_each_pane_has_the_number_of_its_place() -> None:
    for number, name in enumerate(PaneName, start=1):
        assert BY_ID[f"pane-{name}"].keys == (str(number),)


def test_the_footer_shows_at_most_nine_actions_and_only_valid_ones() -> None:
    for view in (View(), READY, replace(READY, running=True), View(Health.DEAD)):
        shown = footer_actions(Context(view))
        assert 0 < len(shown) <= 9
        assert all(action.when(Context(view)) for action in shown)


def test_stepping_is_offered_only_while_there_is_a_flow_to_step() -> None:
    assert not BY_ID["step"].when(Context(View()))
    assert BY_ID["step"].when(Context(READY))
    ended = replace(READY, snapshot=snapshot(FLOW, calls=5, state=FlowState.COMPLETED))
    assert not BY_ID["step"].when(Context(ended))


def test_skipping_is_offered_only_after_a_failure() -> None:
    assert not BY_ID["skip"].when(Context(READY))
    picture = snapshot(FLOW, calls=5, next_call=NextCall("log-proc", Export.PROCESS, 7, 3))
    failed = replace(READY, snapshot=fail_node(picture, "log-proc"))
    assert BY_ID["skip"].when(Context(failed))
    assert BY_ID["skip"] in footer_actions(Context(failed))


def test_reviving_is_offered_after_a_crash_alone_and_says_why_not() -> None:
    revive = BY_ID["revive"]
    assert not revive.when(Context(READY))
    picture = fail_node(snapshot(FLOW, calls=5), "log-proc")
    crashed = Context(replace(READY, snapshot=picture))
    assert revive.when(crashed)
    nodes = tuple(
        replace(node, state=NodeState.FAILED) if node.name == "log-proc" else node
        for node in picture.nodes
    )
    failed = Context(replace(READY, snapshot=replace(picture, nodes=nodes)))
    assert not revive.when(failed)
    assert "did not crash" in revive.why_not(failed)


def test_labels_say_what_the_key_would_do_now() -> None:
    assert label(BY_ID["run-pause"], Context(READY)) == "run"
    assert label(BY_ID["run-pause"], Context(replace(READY, running=True))) == "pause"
    assert label(BY_ID["pace"], Context(READY, pace=20.0)) == "pace 20/s"
    assert label(BY_ID["step-node"], Context(READY, NodeRef("router"))) == "step router"


def test_paces_begin_with_full_speed() -> None:
    assert [pace_name(pace) for pace in PACES] == ["max", "20/s", "5/s"]


@pytest.mark.parametrize(
    ("key", "name"), [("question_mark", "?"), ("f10", "F10"), ("f", "f"), ("ctrl+p", "ctrl+p")]
)
def test_keys_are_shown_as_readers_know_them(key: str, name: str) -> None:
    assert key_name(key) == name


def test_the_footer_always_has_help() -> None:
    flow = fan_out()
    view = View(Health.READY).after(FakeLink().opened())
    failed = replace(view, snapshot=fail_node(snapshot(flow, calls=3), "log-proc"))
    building = replace(failed, build=BuildStatus(("metric-proc",)))
    for one in (view, failed, building):
        shown = [action.id for action in footer_actions(Context(one))]
        assert "help" in shown
