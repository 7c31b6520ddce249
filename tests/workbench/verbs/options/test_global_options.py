"""Options that Torvyn's own tool has before and after every verb, as its users type them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from runtime.model.linked import Role
from tests.support.studio_projects import ROOT, Project, sink, source, studio
from tests.support.terminal import in_terminal
from workbench.cli import DEFAULT_VERB, cli, main, with_default_verb

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
EXPECTED = (SAMPLE.parent / "expected-output.txt").read_bytes()
RED = b"\x1b[31m"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A flow that links and runs, with a key that nothing reads."""
    nodes = {"first": (Role.SOURCE, source()), "last": (Role.SINK, sink())}
    return Project(tmp_path, nodes, extra="[surplus]\nkey = 1\n").write()


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        ([], [DEFAULT_VERB]),
        (["x.toml"], [DEFAULT_VERB, "x.toml"]),
        (["--manifest", "run"], ["--manifest", "run", DEFAULT_VERB]),
        (["--manifest", "x.toml", "run"], ["--manifest", "x.toml", "run"]),
        (["--color=always", "-q", "check", "-v"], ["--color=always", "-q", "check", "-v"]),
        (["-q", "--record", "a.rec"], ["-q", DEFAULT_VERB, "--record", "a.rec"]),
        (["-v", "--help"], ["-v", "--help"]),
        (["completions", "bash"], ["completions", "bash"]),
        (["--manifest"], ["--manifest", DEFAULT_VERB]),
    ],
)
def test_the_verb_is_found_behind_global_options(given: list[str], completed: list[str]) -> None:
    assert with_default_verb(given) == completed


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--manifest", str(SAMPLE)],
        ["--manifest", str(SAMPLE), "run"],
        ["--manifest", str(SAMPLE.parent), "run", "flow.main"],
        ["run", str(SAMPLE), "--manifest", str(SAMPLE)],
    ],
)
def test_the_manifest_is_named_before_or_after_the_verb(arguments: list[str]) -> None:
    done = studio(*arguments, cwd=ROOT / "tests")
    if arguments[-1] == arguments[1]:
        assert done.returncode == 2
        assert b"one manifest at a time" in done.stderr
    else:
        assert done.stdout == EXPECTED, done.stderr.decode()


def test_a_verb_without_a_manifest_says_so() -> None:
    done = studio("diff", "a.rec", "b.rec", "--manifest", str(SAMPLE))
    assert done.returncode == 2
    assert b"`diff` takes no manifest" in done.stderr


@pytest.mark.parametrize("arguments", [["--format", "json", "check"], ["check", "--format=json"]])
def test_format_json_is_json_of_every_verb(arguments: list[str]) -> None:
    done = studio(*arguments, "--manifest", str(SAMPLE))
    assert json.loads(done.stdout) == json.loads(studio("check", str(SAMPLE), "--json").stdout)


def test_format_human_is_text_and_a_verb_without_json_says_so() -> None:
    text = studio("check", str(SAMPLE))
    assert studio("check", str(SAMPLE), "--format", "human").stdout == text.stdout
    done = studio("--format", "json", "open")
    assert done.returncode == 2
    assert b"`open` has no JSON output" in done.stderr


def test_json_is_offered_only_by_verbs_that_have_it() -> None:
    for name in cli.list_commands(click.Context(cli)):
        verb = cli.get_command(click.Context(cli), name)
        assert verb is not None
        options = [item for item in verb.params if isinstance(item, click.Option)]
        offered = any("--format" in item.opts and not item.hidden for item in options)
        assert offered == bool({"as_json", "form"} & {item.name for item in options}), name


def test_quiet_leaves_what_components_print_and_what_went_wrong(
    manifest: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    loud = studio("run", str(manifest))
    assert b"warning[E0702]" in loud.stderr
    quiet = studio("run", str(manifest), "-q")
    assert quiet.returncode == 0
    assert quiet.stderr == b""
    assert quiet.stdout == b"".join(
        line for line in loud.stdout.splitlines(keepends=True) if not line.startswith(b"[torvyn]")
    )
    failed = studio("-q", "run", "no-such.toml")
    assert failed.returncode == 2
    assert failed.stderr.startswith(b"error[E0700] FileNotFound")
    assert main(["run", str(manifest), "-q", "-v"]) == 2
    assert "--quiet or --verbose, not both" in capfd.readouterr().err


def test_verbose_says_what_each_node_runs_and_may_use(manifest: Path) -> None:
    told = studio("-v", "run", str(manifest)).stderr.decode()
    assert f"first: source torvyn:streaming/source@0.1.0, {manifest.parent}" in told
    assert "1,000,000 fuel a call, 16 MiB, 5,000 ms a call; no grants" in told
    # Neither component exports a lifecycle: `init` and `teardown` of each took no time.
    assert told.count(", and 2 of lifecycle functions it lacks") == 2
    assert "p50 0 ns" not in told
    assert "fuel a call" not in studio("run", str(manifest)).stderr.decode()


def test_check_strict_fails_on_warnings(manifest: Path) -> None:
    assert studio("check", str(manifest)).returncode == 0
    done = studio("check", str(manifest), "--strict")
    assert done.returncode == 2
    assert b"0 errors, 2 warnings: warnings fail with --strict" in done.stderr
    report = json.loads(studio("check", str(manifest), "--strict", "--json").stdout)
    assert (report["all_passed"], report["error_count"]) == (False, 0)
    assert studio("check", str(SAMPLE), "--strict").returncode == 0


def test_colours_come_on_a_terminal_and_as_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert b"\x1b" not in studio("check", "no-such.toml").stderr
    always = studio("check", "no-such.toml", "--color", "always").stderr
    assert always.startswith(RED + b"\x1b[1merror[E0700] FileNotFound:\x1b[0m")
    before = studio("--color", "always", "check", "no-such.toml").stderr
    assert before == always

    def shown(*arguments: str | bytes) -> bytes:
        with in_terminal(*arguments, folder=tmp_path) as terminal:
            terminal.exit_code()
            return terminal.shown

    assert RED in shown("check", "no-such.toml")
    assert b"\x1b[31m" not in shown("check", "no-such.toml", "--color", "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert b"\x1b[31m" not in shown("check", "no-such.toml")
    assert RED in shown("check", "no-such.toml", "--color", "always")


def test_a_file_name_cannot_bring_colours_of_its_own() -> None:
    done = studio("check", "\x1b[31mred.toml", "--color", "always")
    assert b"\\x1b[31mred.toml" in done.stderr
    assert b"\x1b[31mred" not in done.stderr


@pytest.mark.parametrize("verb", ["pack", "publish"])
def test_what_only_torvyn_does_is_refused_in_one_sentence(verb: str) -> None:
    done = studio(verb, "--anything")
    assert done.returncode == 2
    assert f"Torvyn's own tool: `torvyn {verb}`".encode() in done.stderr
    assert b"Traceback" not in done.stderr


def test_options_that_only_torvyn_has_say_what_to_do_instead() -> None:
    done = studio("run", "--config", "a.b=c")
    assert done.returncode == 2
    assert b"--config is Torvyn's, and not needed here: write `config` into" in done.stderr
    unknown = studio("run", "--limt", "3")
    assert b"Did you mean" in unknown.stderr
