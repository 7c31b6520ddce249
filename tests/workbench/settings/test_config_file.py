"""`config.toml`: every mistake with its place, keys, and what `--print-config` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from runtime.model.errors import StudioError
from workbench.actions.payload import PAYLOAD
from workbench.actions.table import ACTIONS, BY_ID
from workbench.arrangement.arrange import LayoutName
from workbench.settings.config_file import Config, config_lines, config_path, read_config
from workbench.settings.key_names import textual_key
from workbench.text.keys import KEY_NAMES, key_name, shown_key, use_keys
from workbench.verbs.opening.open import command

ROOT = Path(__file__).parents[3]

EVERYTHING = """
theme = "light"
signs = "ascii"
layout = "log"
pace = 20
ring = 128
mouse = false
restore = true
[keys]
step = "ctrl+g"
run-pause = ["space", "F12"]
theme = []
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(StudioError) as raised:
        read_config(path)
    return [f"{item.line}: {item.message}; {item.help}" for item in raised.value.diagnostics]


def test_every_setting_is_read_and_printed_so_that_it_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EVERYTHING)
    config = read_config(path)
    assert config == Config(
        "light", "ascii", LayoutName.LOG.value, 20.0, 128, False, True,
        {"step": ("ctrl+g",), "run-pause": ("space", "f12"), "theme": ()},
    )  # fmt: skip
    printed = "\n".join(config_lines(config, path))
    path.write_text(printed)
    assert read_config(path) == config
    path.write_text("\n".join(config_lines(Config(), path)))
    assert read_config(path) == Config()
    commented = [line.removeprefix("# ") for line in printed.split("\n") if " = [" in line]
    path.write_text("[keys]\n" + "\n".join(commented))
    named = {action.id for action in ACTIONS} | {action.id for action in PAYLOAD}
    assert named == set(read_config(path).keys)


def test_mistakes_are_told_all_at_once_with_line_and_the_nearest_name(tmp_path: Path) -> None:
    text = 'them = "light"\ntheme = "ligt"\npace = 0\n[keys]\nsteep = "s"\nstep = "esk"\n'
    assert problems(tmp_path, text + 'retry = "ctrl+c"\nmark = 3\n') == [
        "1: unknown key 'them' in the settings; did you mean 'theme'?",
        "2: 'theme' cannot be 'ligt'; did you mean 'light'? it is one of dark, light, "
        "high-contrast, colour-blind, terminal",
        "3: 'pace' must be \"max\" or a number of calls a second, found 0; "
        'write "max" or a number of calls a second',
        "5: there is no action 'steep'; did you mean 'step'?",
        "6: there is no key 'esk'; keys are written like s, S, ?, space, enter, esc, F5, ctrl+r, "
        "shift+tab, PgUp",
        "7: 'ctrl+c' cannot be given to an action: it copies what is marked with the mouse; "
        "take another key",
        "8: 'mark' must be a key or a list of keys, found 3; write a key or a list of keys",
    ]


def test_a_key_of_two_actions_is_told_and_a_swap_is_none(tmp_path: Path) -> None:
    assert problems(tmp_path, '[keys]\npayload-find = "n"\nstep = "t"\nstep-node = "s"\n') == [
        "2: 'n' would be the key of payload-find and of payload-next; give payload-next another "
        "key too, or payload-find one that is free"
    ]
    assert problems(tmp_path, '[keys]\nstep = "r"\n') == [
        "2: 'r' would be the key of step and of retry; give retry another key too, or step one "
        "that is free"
    ]
    path = tmp_path / "config.toml"
    path.write_text('[keys]\nstep = "r"\nretry = "s"\n')
    assert read_config(path).keys == {"step": ("r",), "retry": ("s",)}


def test_a_file_that_is_not_there_is_no_mistake_unless_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert read_config() == Config()
    assert config_path() == tmp_path / "torvyn-studio" / "config.toml"
    with pytest.raises(StudioError, match="no such configuration file"):
        read_config(tmp_path / "none.toml")
    assert problems(tmp_path, "theme = [")[0].startswith("1: ")
    result = CliRunner().invoke(command, ["--print-config"])
    assert result.exit_code == 0
    assert result.output.startswith(f"# {config_path()} (not there: these are the defaults)\n")


def test_every_shown_name_of_a_key_is_understood_and_the_users_keys_are_shown() -> None:
    for key in [*KEY_NAMES, *(key for action in ACTIONS for key in action.keys)]:
        assert textual_key(key_name(key)) == key
    assert textual_key("Ctrl+[") == "ctrl+left_square_bracket"
    assert textual_key("alt+x") == "alt+x"
    assert [textual_key(text) for text in ("", "xx", "ctrl+", "meta+x")] == [None] * 4
    for path in (ROOT / "workbench").rglob("*.py"):
        for action_id, own in re.findall(r"shown_key\(.([a-z-]+).,\s.(.+?).\)", path.read_text()):
            assert own in map(key_name, BY_ID[action_id].keys), (path, action_id)
    use_keys({"step": ("ctrl+g",), "theme": ()})
    assert [shown_key("step", "s"), shown_key("theme", "C"), shown_key("mark", "m")] == [
        "ctrl+g", "(no key)", "m"
    ]  # fmt: skip
    use_keys({})
