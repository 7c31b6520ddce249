"""Which command opens the user's editor at a line."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from runtime.model.errors import Diagnostic
from tests.support.workbench.fakes import FakeLink, opened, text_of
from workbench.dialogs.payload_editor import Payload, PayloadScreen
from workbench.terminal.editor import EditorCommand, editor_command


@pytest.mark.parametrize(
    ("editor", "expected", "terminal"),
    [
        ("vi", ("vi", "+7", "/x/a.rs"), True),
        ("nvim -p", ("nvim", "-p", "+7", "/x/a.rs"), True),
        ("nano", ("nano", "+7", "/x/a.rs"), True),
        ("emacs -nw", ("emacs", "-nw", "+7:3", "/x/a.rs"), True),
        ("code --wait", ("code", "--wait", "-g", "/x/a.rs:7:3"), False),
        ("hx", ("hx", "/x/a.rs:7:3"), True),
        ("subl", ("subl", "/x/a.rs:7:3"), False),
        ("pycharm", ("pycharm", "--line", "7", "/x/a.rs"), False),
        ("unheard-of", ("unheard-of", "/x/a.rs"), True),
    ],
)
def test_editors_open_at_the_line(
    tmp_path: Path, editor: str, expected: tuple[str, ...], terminal: bool
) -> None:
    program = tmp_path / editor.split()[0]
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    command = editor_command("/x/a.rs", 7, 3, {"EDITOR": editor, "PATH": str(tmp_path)})
    assert command == EditorCommand(expected, terminal)


def test_visual_counts_before_editor_and_vi_is_the_last_resort(tmp_path: Path) -> None:
    for name in ("vi", "vim", "nano"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": str(tmp_path)}
    chosen = editor_command("/a", environ={"VISUAL": "nano", "EDITOR": "vim", **path})
    assert chosen == EditorCommand(("nano", "/a"), True)
    assert editor_command("/a", 1, environ=path) == EditorCommand(("vi", "+1", "/a"), True)


@pytest.mark.parametrize("wish", ["missing-editor", "vi 'unclosed", ""])
def test_no_usable_editor_is_an_error_that_says_what_to_set(tmp_path: Path, wish: str) -> None:
    problem = editor_command("/a", 1, environ={"EDITOR": wish, "PATH": str(tmp_path)})
    assert isinstance(problem, Diagnostic)
    assert "EDITOR" in problem.help


async def test_f4_gives_the_payload_to_a_real_editor_and_takes_what_it_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "small-editor"
    script.write_text(
        "#!/bin/sh\n"
        'test "$FAIL" && exit 3\n'
        'case "$1" in *.json) sed s/20/21/ "$1" > "$1.new" && mv "$1.new" "$1";; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("EDITOR", script.name)
    monkeypatch.delenv("VISUAL", raising=False)
    saved: list[Payload | None] = []
    async with opened(FakeLink()) as (app, pilot):
        monkeypatch.setattr(app, "suspend", nullcontext)  # there is no terminal to be left
        screen = PayloadScreen("A payload", (), Payload(b'{"ms": 20}', "application/json"))
        app.push_screen(screen, saved.append)
        await pilot.pause()
        await pilot.press("f4")
        await pilot.pause()
        assert '{"ms": 21}' in text_of(app)
        monkeypatch.setenv("FAIL", "1")
        await pilot.press("f4")
        await pilot.pause()
        assert "ended with exit code 3" in text_of(app)
        assert '{"ms": 21}' in text_of(app)
        monkeypatch.setenv("EDITOR", "no-such-editor")
        await pilot.press("f4")
        await pilot.pause()
        assert "is not installed" in text_of(app)
        await pilot.press("ctrl+s")
        assert saved == [Payload(b'{"ms": 21}', "application/json")]
