"""What the workbench does with its surroundings: clipboard, editor, mouse, other themes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.selection import SELECT_ALL

from runtime.protocol.updates import Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import (
    PROBLEMS,
    FakeLink,
    move_to,
    opened,
    panes_of,
    printed,
    show,
    text_of,
)
from workbench.app import StudioApp
from workbench.terminal import clipboard
from workbench.terminal.clipboard import copy_natively, native_tool
from workbench.theme import variable_defaults


def put_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_desktops_own_tool_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tmp_path / "copied"
    put_program(tmp_path, "wl-copy", f"cat > {copied}")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setattr(clipboard, "TOOLS", clipboard.TOOLS[1:])
    assert copy_natively("héllo") == "wl-copy"
    assert copied.read_text() == "héllo"


def test_a_tool_that_fails_or_hangs_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_program(tmp_path, "xclip", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for name in ("SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(clipboard, "TOOLS", clipboard.TOOLS[2:3])
    assert copy_natively("text") is None


def test_over_ssh_the_far_sides_tool_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: f"/bin/{program}")
    assert native_tool({"WAYLAND_DISPLAY": "w"}) is not None
    assert native_tool({"WAYLAND_DISPLAY": "w", "SSH_TTY": "/dev/pts/1"}) is None


async def test_a_problem_without_an_editor_says_which_variable_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    async with opened(link) as (app, pilot):
        await move_to(pilot, PROBLEMS[0])
        await pilot.press("enter")
        assert "no editor is set" in text_of(app)
        assert "Set the environment variable EDITOR" in text_of(app)


async def test_enter_on_a_problem_opens_its_place_in_an_editor_with_a_window(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened_at = tmp_path / "opened"
    put_program(tmp_path, "code", f'echo "$@" > {opened_at}.new; mv {opened_at}.new {opened_at}')
    monkeypatch.setenv("VISUAL", f"{tmp_path}/code")
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    async with opened(link) as (app, pilot):
        await move_to(pilot, PROBLEMS[0])
        await pilot.press("enter")
        for _ in range(200):
            if opened_at.exists():
                break
            await pilot.pause(0.02)
        assert opened_at.read_text().split() == ["-g", f"{Path.cwd()}/Torvyn.toml:12:5"]
        assert app.is_running


async def test_an_editor_of_the_terminal_gets_the_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = tmp_path / "given"
    put_program(tmp_path, "vim", f'echo "$@" > {given}')
    monkeypatch.setenv("VISUAL", f"{tmp_path}/vim")
    suspended: list[None] = []

    @contextmanager
    def suspend(app: StudioApp) -> Iterator[None]:
        suspended.append(None)
        yield

    monkeypatch.setattr(StudioApp, "suspend", suspend)
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    async with opened(link) as (_, pilot):
        await move_to(pilot, PROBLEMS[0])
        await pilot.press("enter")
        assert given.read_text().split() == ["+12", f"{Path.cwd()}/Torvyn.toml"]
        assert suspended == [None]


async def test_the_mouse_is_switched_or_it_is_said_that_it_cannot_be() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("M")
        assert "driver cannot switch the mouse" in text_of(app)
        switched: list[str] = []
        driver: Any = app._driver
        driver._enable_mouse_support = lambda: switched.append("on")
        driver._disable_mouse_support = lambda: switched.append("off")
        await pilot.press("M")
        assert "the terminal's; M takes it back" in text_of(app)
        await pilot.press("M")
        assert switched == ["off", "on"]


def test_a_theme_that_is_not_ours_gets_readable_roles() -> None:
    for front, back in (("#e0e0e0", "#121212"), ("#1f1f1f", "#e0e0e0")):
        made = variable_defaults(front, back)
        assert contrast(made["role-dim"], back) >= 3.5


async def test_text_marked_with_the_mouse_can_be_copied() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        chunk = printed("log-sink", "first line\nsecond line\n")
        await show(app, pilot, link, Update(Health.READY, printed=(chunk,)))
        view = panes_of(app).outputs._views["log-sink"]
        app.screen.selections = {view: SELECT_ALL}
        await pilot.pause()
        text = present(app.screen.get_selected_text())
        assert "first line" in text
        assert "second line" in text


def contrast(one: str, two: str) -> float:
    """Contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


async def test_the_workbench_goes_into_the_background_from_a_dialog_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suspended: list[str] = []
    monkeypatch.setattr(
        StudioApp, "action_suspend_process", lambda app: suspended.append(type(app.screen).__name__)
    )
    async with opened(FakeLink()) as (_, pilot):
        for key in ("ctrl+z", "question_mark", "ctrl+z", "escape", "colon", "ctrl+z"):
            await pilot.press(key)
    assert suspended == ["MainScreen", "HelpScreen", "MainScreen"]
