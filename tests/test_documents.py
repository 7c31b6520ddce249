"""The documents: every command on them works, and what is made of the program is up to date."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from tests.support.documents import KEYS, MAN_PAGE, keys_page
from workbench.cli import cli, main, with_default_verb
from workbench.command_line.man_page import man_page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
PROGRAM = "torvyn-studio"


class Command(NamedTuple):
    """A line of a block of commands."""

    page: str
    arguments: tuple[str, ...]
    codes: tuple[int, ...]
    """Exit codes that are right; none when the command is parsed only, as it opens the screen."""


def commands() -> Iterator[Command]:
    """The lines of all blocks ```sh, ```sh exit=N and ```sh parsed."""
    for page in PAGES:
        for head, body in re.findall(r"```sh([^\n]*)\n(.*?)```", page.read_text(), re.DOTALL):
            codes: tuple[int, ...] = (0,)
            if given := re.search(r"exit=([\d,]+)", head):
                codes = tuple(map(int, given.group(1).split(",")))
            for text in body.strip().split("\n"):
                program, *arguments = shlex.split(text, comments=True)
                if program == "cp":
                    yield Command(page.name, ("cp", *arguments), (0,))
                if program != PROGRAM:
                    continue
                yield Command(page.name, tuple(arguments), () if "parsed" in head else codes)


def test_every_command_of_the_documents_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = list(commands())
    assert len({command.page for command in found}) >= 8
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "fan-out", "project", "--no-open"]) == 0
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for command in found:
        if command.arguments[:1] == ("cp",):
            shutil.copy(*command.arguments[1:])
        elif command.codes:
            code = main(command.arguments)
            told = capfd.readouterr()
            assert code in command.codes, (command, code, told.err[-2_000:])
            assert "Traceback" not in told.err
        else:
            verb, *arguments = with_default_verb(command.arguments)
            parent = click.Context(cli, **cli.context_settings)
            loaded = cli.get_command(parent, verb)
            assert loaded is not None
            with loaded.make_context(verb, arguments, parent=parent):
                pass


def test_what_is_linked_and_shown_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), (page.name, target)


def test_the_manual_page_and_the_list_of_keys_are_those_of_this_program() -> None:
    assert MAN_PAGE.read_text() == man_page(), "run `make documents`"
    assert KEYS.read_text() == keys_page(), "run `make documents`"
    page = man_page()
    assert ".SS" in page
    assert not [row for row in page.split("\n") if row.startswith("'") or "\b" in row]
