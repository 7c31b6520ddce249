"""Standard streams that are closed, full, read no further, or of another encoding."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_server import run
from tests.support.studio_projects import ROOT, pair, sink
from workbench.terminal.standard_streams import GuardedFile, PrintableStream

FAN_OUT = ROOT / "sample_flows" / "fan-out"
SAMPLE, RECORDING = str(FAN_OUT / "Torvyn.toml"), str(FAN_OUT / "four-events.rec")
VERBS = [
    ["run", SAMPLE],
    ["run", SAMPLE, "--json"],
    ["check", SAMPLE],
    ["replay", RECORDING, "--expect"],
    ["diff", RECORDING, RECORDING],
]


def shell(
    script: str,
    *arguments: str | Path,
    folder: Path = ROOT,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """A script of bash in which "$@" is the command line on these arguments."""
    return subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, "-m", "workbench.cli", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(environ or {}),
    )


def talk_of(done: subprocess.CompletedProcess[bytes]) -> str:
    assert b"Traceback" not in done.stderr
    return done.stderr.decode()


@pytest.mark.parametrize("arguments", VERBS, ids=lambda words: " ".join(words[::2]))
@pytest.mark.parametrize(
    ("closed", "full", "code"),
    [
        ((1,), "", 0),
        ((2,), "", 0),
        ((0,), "", 0),
        ((0, 1, 2), "", 0),
        ((), "stderr", 0),
        ((), "stdout", 2),
    ],
)
def test_output_that_goes_nowhere_is_never_a_failure_of_the_flow(
    arguments: list[str], closed: tuple[int, ...], full: str, code: int
) -> None:
    with Path("/dev/full").open("wb") as device:
        streams: dict[str, Any] = {full: device} if full else {}
        done = run(tuple(arguments), closed=closed, **streams)
    assert done.returncode == code, done.stderr
    talk = "" if done.stderr is None else talk_of(done)
    assert ("standard output could not be written: No space left" in talk) == (code == 2)
    why = [line.split(maxsplit=2)[2] for line in talk.splitlines() if "Stopped because" in line]
    assert set(why) <= {"what it prints could not be written"}
    assert bool(why) == (code == 2 and arguments[0] == "run" and "--json" not in arguments)
    assert "interrupted" not in talk


@pytest.mark.parametrize("arguments", VERBS, ids=lambda words: " ".join(words[::2]))
def test_a_pipe_that_nobody_reads_ends_a_verb_as_it_ends_other_programs(
    arguments: list[str],
) -> None:
    unread, end = os.pipe()
    os.close(unread)
    done = run(tuple(arguments), stdout=end)
    os.close(end)
    assert done.returncode == 141, done.stderr
    assert "standard output" not in talk_of(done)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('"$@" >&-', 0),
        ('"$@" >&- 2>&- <&-', 0),
        ('"$@" >/dev/full', 2),
        # `true` may be gone or not when the output comes: it is read no further either way.
        ('"$@" | (exec 0<&-; sleep 0.1); exit ${PIPESTATUS[0]}', 141),
    ],
)
def test_a_shell_may_close_fill_or_cut_off_the_streams(script: str, code: int) -> None:
    done = shell(script, "run", SAMPLE)
    assert done.returncode == code, done.stderr
    talk = talk_of(done)
    assert ("standard output could not be written: No space left" in talk) == (code == 2)


def test_an_endless_flow_whose_reader_left_ends() -> None:
    done = shell(
        'yes "{\\"type\\":\\"metric\\"}" | "$@" | head -2; exit ${PIPESTATUS[1]}',
        *("run", SAMPLE, "--input", "source=-"),
    )
    assert done.returncode == 141, done.stderr


def test_text_that_the_encoding_has_no_bytes_for_is_escaped(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell('"$@"', "check", tmp_path / "Grün.toml", environ=plain)
    assert done.returncode == 2
    assert talk_of(done).isascii()
    assert "Gr\\xfcn.toml" in talk_of(done) or "Gr\\xc3\\xbcn.toml" in talk_of(done)


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", rb"+- a > b, #9a at 12 us ~ 1 us, \xb5sec, \xe9 us"),
        ("latin-1", "+- a > b, #9a at 12 µs ± 1 µs, µsec, é us".encode("latin-1")),
        ("utf-8", "└─ a → b, #⑨⑩ at 12 µs ± 1 µs, µsec, é us".encode()),
    ],
)
def test_our_own_signs_have_twins_where_an_encoding_has_none(
    tmp_path: Path, encoding: str, written: bytes
) -> None:
    path = tmp_path / "out"
    with path.open("wb") as file:
        stream = PrintableStream(GuardedFile(file.fileno()), encoding, line_buffering=False)
        stream.write("└─ a → b, #⑨⑩ at 12 µs ± 1 µs, µsec, é us")
        stream.flush()
    assert path.read_bytes() == written


def test_a_name_that_no_file_can_have_is_told() -> None:
    for words in (["check"], ["replay"], ["record", SAMPLE, "-o"]):
        done = run((*words, "x" * 300 + ".rec"), ROOT)
        assert done.returncode == 2
        assert b"error[E0001] IoError: a file cannot be used: File name too long" in done.stderr


def test_a_current_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell('rmdir "$PWD"; "$@"', "run", SAMPLE, folder=gone)
    assert done.returncode == 2
    assert "error[E0001] IoError: the current folder cannot be used" in talk_of(done)
    gone.mkdir()
    assert shell('rmdir "$PWD"; "$@"', "run", "--help", folder=gone).returncode == 0


def test_too_few_open_files_end_in_words() -> None:
    for files in range(6, 15):
        done = run(("run", SAMPLE), files=files)
        assert done.returncode in (0, 2, 3), (files, done.stderr)
        if done.returncode:
            assert "Too many open files" in talk_of(done) or "error[" in talk_of(done)


def test_a_mistake_of_ours_is_one_line_that_names_a_log(tmp_path: Path) -> None:
    code = (
        "import sys; from workbench import cli\n"
        "def broken(*_, **__): raise ZeroDivisionError('one\\ntwo')\n"
        "cli.cli.main = broken\n"
        f"sys.argv = ['torvyn-studio', 'run', {SAMPLE!r}]\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path)},
    )
    assert done.returncode == 70
    (line,) = talk_of(done).splitlines()
    assert "failed unexpectedly (ZeroDivisionError: one two)" in line
    log = Path(line.rpartition(" in ")[2])
    assert tmp_path in log.parents
    assert "in broken" in log.read_text()


def test_output_of_components_goes_into_a_file_byte_for_byte(tmp_path: Path) -> None:
    manifest = pair(tmp_path, sink())
    done = shell('"$@" > out; echo $?', "run", manifest, folder=tmp_path)
    assert done.stdout == b"0\n", done.stderr
