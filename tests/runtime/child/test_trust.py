"""The child opens a stranger's flow with what its user agreed to, and asks for the rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from runtime.child.client import ProcessClient
from runtime.opening.open import SessionOptions
from runtime.protocol.builds.build_requests import StartBuild
from runtime.protocol.requests import AnswerTrust, Restart
from runtime.protocol.trust_question import TrustKind, TrustQuestion
from runtime.protocol.updates import Update
from tests.support.process_sessions import process_link, wait_for

SAMPLE = Path(__file__).parents[3] / "sample_flows" / "grants"
BUILD = TrustKind.BUILD


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "grants"
    shutil.copytree(SAMPLE, folder)
    monkeypatch.chdir(folder)
    return folder / "Torvyn.toml"


@contextmanager
def opened(manifest: Path, *, trusted: bool = False) -> Iterator[ProcessClient]:
    link = process_link(manifest, "granted", SessionOptions(trusted=trusted))
    with closing(link):
        yield link


def update_when(link: ProcessClient, accepts: Callable[[Update], bool]) -> Update:
    return wait_for(link, accepts)[-1]


def has_flow(update: Update) -> bool:
    return update.flow is not None


def grants(update: Update) -> tuple[bool, bool]:
    """Whether the probe has the environment, and whether that is withheld."""
    assert update.flow is not None
    probe = update.flow.by_name["granted-probe"]
    return "environment:read" in probe.grants, "environment:read" in probe.withheld


def remembered(manifest: Path) -> bool:
    """Whether there is an answer about the project."""
    return any((manifest.parents[1] / "state").rglob("*.json"))


def question_of(update: Update) -> TrustQuestion:
    assert update.question is not None
    return update.question


def test_a_yes_opens_the_flow_again_with_the_grants_and_is_remembered(manifest: Path) -> None:
    with opened(manifest) as link:
        first = update_when(link, has_flow)
        assert grants(first) == (False, True)
        question = question_of(first)
        assert question.kind is TrustKind.GRANTS
        assert question.asked == ("granted-probe gets the whole environment",)
        link.send(AnswerTrust(question.key, True))
        after = update_when(link, has_flow)
        assert grants(after) == (True, False)
        assert after.question is None
    with opened(manifest) as link:
        again = update_when(link, has_flow)
        assert grants(again) == (True, False)
        assert again.question is None


def test_a_yes_that_cannot_be_written_holds_while_the_child_lives(manifest: Path) -> None:
    state = manifest.parents[1] / "state"
    state.mkdir()
    (state / "torvyn-studio").write_text("in the way")
    with opened(manifest) as link:
        first = update_when(link, has_flow)
        link.send(AnswerTrust(question_of(first).key, True))
        after = update_when(link, has_flow)
        assert grants(after) == (True, False)
        link.send(Restart())
        again = update_when(link, has_flow)
        assert grants(again) == (True, False)
        assert again.question is None


def test_a_no_leaves_them_denied_and_is_remembered(manifest: Path) -> None:
    with opened(manifest) as link:
        question = question_of(update_when(link, has_flow))
        link.send(AnswerTrust(question.key, False))
        update_when(link, lambda _update: remembered(manifest))
    with opened(manifest) as link:
        again = update_when(link, has_flow)
        assert grants(again) == (False, True)
        assert again.question is None
    with opened(manifest, trusted=True) as link:
        assert grants(update_when(link, has_flow)) == (True, False)


def test_a_grant_that_is_added_while_it_runs_is_withheld_and_asked_for(manifest: Path) -> None:
    with opened(manifest) as link:
        first = update_when(link, has_flow)
        link.send(AnswerTrust(question_of(first).key, True))
        assert grants(update_when(link, has_flow)) == (True, False)
        text = manifest.read_text()
        manifest.write_text(
            text.replace('"stdio:stdout",\n]', '"stdio:stdout", "filesystem:read:/",\n]')
        )
        more = update_when(link, lambda update: update.question is not None)
        assert "granted-probe may read /" in question_of(more).asked


def test_the_first_build_waits_for_the_answer(manifest: Path) -> None:
    text = manifest.read_text()
    manifest.write_text(
        text.replace(
            'name = "access-probe"\n', 'name = "access-probe"\nbuild_command = "touch built"\n'
        ).replace("../../components/", "./")
    )
    (manifest.parent / "access-probe").mkdir()
    built = manifest.parent / "access-probe" / "built"
    with opened(manifest) as link:
        first = update_when(link, has_flow)
        link.send(AnswerTrust(question_of(first).key, False))
        link.send(StartBuild("access-probe"))
        asked = question_of(
            update_when(link, lambda one: one.question is not None and one.question.kind is BUILD)
        )
        assert "access-probe is built with `touch built`" in asked.asked
        assert not built.exists()
        link.send(AnswerTrust(asked.key, False))
        refused = update_when(link, lambda update: bool(update.build and update.build.refused))
        assert refused.build is not None
        assert "you declined" in refused.build.refused[0].message
        assert not built.exists()
    with opened(manifest, trusted=True) as link:
        update_when(link, has_flow)
        link.send(StartBuild("access-probe"))
        update_when(link, lambda update: bool(update.build and update.build.outcomes))
        assert built.exists()
