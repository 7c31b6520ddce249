"""What a project may have: its user's word, remembered for exactly what was asked for."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.flow.reach import real_folders
from runtime.model.access import Need
from runtime.model.errors import StudioError
from runtime.model.linked import LinkedFlow, LinkedNode, Role
from runtime.opening.trust.trust import ProjectTrust, require_trust
from runtime.opening.trust.trust_store import TrustStore, trust_folder
from runtime.protocol.trust_question import TrustKind

WHOLE = "environment:read"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def flow(project: Path, *grants: str) -> LinkedFlow:
    node = LinkedNode(
        "probe", Role.SOURCE, "torvyn:streaming/source@0.1.0", "probe", "", "", None,
        grants=grants, folders=real_folders(grants),
        needs=(Need("network:tcp-connect", ("wasi:sockets/tcp@0.2.3",)),),
    )  # fmt: skip
    return LinkedFlow("main", str(project / "Torvyn.toml"), (node,), ())


def asked(project: Path, *grants: str) -> tuple[str, ...]:
    question = ProjectTrust(project / "Torvyn.toml").about_grants(flow(project, *grants))
    return () if question is None else question.asked


def test_grants_inside_the_folder_are_as_written(project: Path) -> None:
    inside = ("filesystem:write:data", f"filesystem:read:{project}/data", "stdio:stdout")
    assert asked(project, *inside) == ()
    assert require_trust(flow(project, *inside)) == flow(project, *inside)


def test_whatever_leaves_the_folder_is_asked_for(project: Path, tmp_path: Path) -> None:
    (project / "link").symlink_to("/etc")
    assert asked(project, "filesystem:read:/") == ("probe may read /",)
    assert asked(project, "filesystem:write:..") == (f"probe may write {tmp_path}",)
    assert asked(project, "filesystem:read:data/../..") == (f"probe may read {tmp_path}",)
    assert asked(project, "filesystem:read:link") == ("probe may read /etc",)
    assert asked(project, f"filesystem:read:{project}-2") == (f"probe may read {project}-2",)
    assert asked(project, WHOLE) == ("probe gets the whole environment",)
    assert asked(project, f"{WHOLE}:HOME") == ("probe gets HOME of the environment",)
    assert asked(project, "network:tcp-connect:*") == ("probe may connect to any host",)
    assert asked(project, "network:udp:example.org:53") == (
        "probe may exchange datagrams with example.org:53",
    )
    # What no component is ever given is nothing to agree to.
    assert asked(project, "network:http-outgoing") == ()


def test_a_manifest_that_is_a_link_does_not_move_its_project(project: Path, tmp_path: Path) -> None:
    (tmp_path / "Torvyn.toml").write_text("")
    (project / "Torvyn.toml").symlink_to(tmp_path / "Torvyn.toml")
    assert asked(project, f"filesystem:read:{tmp_path}/other") != ()


def test_a_yes_holds_for_exactly_what_was_asked_for(project: Path) -> None:
    trust = ProjectTrust(project / "Torvyn.toml")
    wanted = flow(project, WHOLE)
    question = trust.about_grants(wanted)
    assert question is not None
    assert trust.answer(question) is None
    trust.remember(question, True)
    assert require_trust(wanted) == wanted
    with pytest.raises(StudioError, match="probe may read /"):
        require_trust(flow(project, WHOLE, "filesystem:read:/"))
    with pytest.raises(StudioError):
        require_trust(replace(wanted, manifest=str(project.parent / "other" / "Torvyn.toml")))


def test_a_link_that_points_elsewhere_is_asked_for_again(project: Path) -> None:
    trust = ProjectTrust(project / "Torvyn.toml")
    (project / "link").symlink_to("/usr")
    question = trust.about_grants(flow(project, "filesystem:read:link"))
    assert question is not None
    trust.remember(question, True)
    require_trust(flow(project, "filesystem:read:link"))
    (project / "link").unlink()
    (project / "link").symlink_to("/etc")
    with pytest.raises(StudioError, match="/etc"):
        require_trust(flow(project, "filesystem:read:link"))


def test_a_no_is_remembered_too_and_trust_is_for_this_time_only(project: Path) -> None:
    wanted = flow(project, WHOLE)
    trust = ProjectTrust(project / "Torvyn.toml")
    question = trust.about_grants(wanted)
    assert question is not None
    trust.remember(question, False)
    with pytest.raises(StudioError, match="you declined that"):
        require_trust(wanted)
    assert ProjectTrust(project / "Torvyn.toml", trusted=True).require(wanted) == wanted
    with pytest.raises(StudioError):
        require_trust(wanted)


def test_what_is_not_agreed_to_is_withheld_and_the_rest_is_given(project: Path) -> None:
    wanted = flow(project, "filesystem:read:data", WHOLE, "stdio:stdout")
    (node,) = ProjectTrust(project / "Torvyn.toml").withhold(wanted).nodes
    assert node.grants == ("filesystem:read:data", "stdio:stdout")
    assert node.withheld == (WHOLE,)


def test_a_build_is_asked_for_with_its_commands_and_a_changed_one_again(project: Path) -> None:
    manifest = project / "Torvyn.toml"
    text = (
        '[torvyn]\nname = "p"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'
        '[[component]]\nname = "a"\npath = "a"\nbuild_command = "make a"\n'
    )
    manifest.write_text(text)
    trust = ProjectTrust(manifest)
    question = trust.about_build()
    assert question.kind is TrustKind.BUILD
    assert question.asked == ("a is built with `make a`",)
    trust.remember(question, True)
    assert ProjectTrust(manifest).answer(ProjectTrust(manifest).about_build()) is True
    manifest.write_text(text.replace("make a", "make b"))
    assert ProjectTrust(manifest).answer(ProjectTrust(manifest).about_build()) is None


# ---- the file of answers


def kept(project: Path) -> TrustStore:
    store = TrustStore(str(project))
    store.keep("key", True, ("probe may read /",))
    assert store.problem is None
    return TrustStore(str(project))


def test_answers_are_kept_for_their_user_alone(project: Path, state: Path) -> None:
    store = kept(project)
    assert store.find("key") is True
    assert store.path.is_relative_to(state)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(trust_folder().stat().st_mode) == 0o700
    assert [path.name for path in trust_folder().iterdir()] == [store.path.name]


@pytest.mark.parametrize("cut", [0, 1, 20, -1])
def test_a_damaged_file_is_said_and_not_believed(project: Path, cut: int) -> None:
    store = kept(project)
    store.path.write_bytes(store.path.read_bytes()[:cut])
    assert store.find("key") is None
    assert store.problem is not None
    assert str(store.path) in store.problem.message
    store.keep("key", True, ())
    assert TrustStore(str(project)).find("key") is True


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"\xff\xfe",
        b'{"format":1,"project":"/other","answers":{"key":{"yes":true,"asked":[]}}}',
        b'{"format":9,"project":"%s","answers":{"key":{"yes":true,"asked":[]}}}',
        b'{"format":1,"project":"%s","answers":{"key":{"yes":1,"asked":[]}}}',
        b'{"format":1,"project":"%s","answers":{"key":{"yes":true,"asked":[],"more":1}}}',
    ],
)
def test_a_file_that_says_something_else_is_not_believed(project: Path, content: bytes) -> None:
    store = kept(project)
    store.path.write_bytes(content.replace(b"%s", os.fsencode(project)))
    assert store.find("key") is None
    assert store.problem is not None


def test_a_file_that_others_could_write_is_not_believed(project: Path, tmp_path: Path) -> None:
    store = kept(project)
    store.path.chmod(0o620)
    assert store.find("key") is None
    assert store.problem is not None
    store.path.chmod(0o600)
    trust_folder().chmod(0o777)
    assert store.find("key") is None
    trust_folder().chmod(0o700)
    assert store.find("key") is True
    real = tmp_path / "real.json"
    store.path.replace(real)
    store.path.symlink_to(real)
    assert store.find("key") is None


def test_an_answer_that_cannot_be_written_holds_for_this_time(project: Path, state: Path) -> None:
    state.mkdir()
    (state / "torvyn-studio").write_text("in the way")
    trust = ProjectTrust(project / "Torvyn.toml")
    question = trust.about_grants(flow(project, WHOLE))
    assert question is not None
    trust.remember(question, True)
    (problem,) = trust.take_problem()
    assert "holds for this time only" in problem.message
    assert trust.answer(question) is True


def test_the_file_says_what_was_agreed_to(project: Path) -> None:
    store = kept(project)
    content = json.loads(store.path.read_text())
    assert content["project"] == str(project)
    assert content["answers"]["key"] == {"yes": True, "asked": ["probe may read /"]}
