"""Nothing that a terminal acts on, and nothing unseen, reaches it: verbs by sources of text.

Each case puts all kinds of characters into one source of text at once and runs a verb for real in a
terminal; then every kind is looked for in what the terminal got.
"""

from __future__ import annotations

import base64
import re
from itertools import zip_longest
from pathlib import Path

import pytest

from runtime.model.linked import Role
from tests.support.studio_projects import ROOT, Project, source, studio
from tests.support.terminal import in_terminal
from tests.support.wasm.guests import ELEMENT, FILTER, component, printer

KINDS = {
    "C0": "".join(map(chr, [*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20)])),
    "DEL": "\x7f",
    "C1": "".join(map(chr, range(0x80, 0xA0))),
    "bidirectional": "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "zero-width": "\u200b\u200c\u200d\u2060\ufeff\xad\u180e\u034f\u115f\u3164\ufe00\ufff9",
    "tags": "\U000e0001\U000e0041\U000e007f\U000e0100",
    "separators": "\u2028\u2029",
}
HOSTILE = "\x1b]0;title\x07\x1b[31m" + "".join(
    sign for signs in zip_longest(*KINDS.values(), fillvalue="") for sign in signs
)
"""All of them, some of each kind near the beginning, in what is valid UTF-8."""
STRAY = HOSTILE.encode() + b"\xff\xfe\x80z"
"""Besides, bytes that are no UTF-8."""
NAME = HOSTILE.replace("/", "")[:70]
"""For names of files."""
_ALLOWED_SEQUENCE = re.compile(
    rb"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b\[\?[0-9;]*\$p|\x1b\]22;[a-z-]*\x07"
)
"""What the screen itself writes: styles, modes, places."""

_OWN_PROGRESS = b"\r\x1b[K"  # what compiles is told where it takes long
_OWN_COLOUR = re.compile(rb"\x1b\[(3[1236]|[012])m")
"""What verbs colour their own words with; text that leaks would bring other sequences too."""

ROUTER_OF_PAYLOAD = f"""
  ;; names the port that the payload says
  (func (export "route") {ELEMENT}
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (i32.store (i32.const 4) (i32.const 256))
    (i32.store (i32.const 8) (i32.const 1))
    (i32.store (i32.const 256) (i32.load (i32.const 64)))
    (i32.store (i32.const 260) (i32.load (i32.const 68)))
    (call $ok))
"""


def found(shown: bytes) -> list[str]:
    """The kinds of characters in what a terminal got; our line ends, colours, progress aside."""
    own = _OWN_COLOUR.sub(b"", shown).replace(_OWN_PROGRESS, b"")
    text = own.replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")
    kinds = [kind for kind, signs in KINDS.items() if set(signs) & set(text)]
    bare = "\r" in text or "\0" in text
    return (
        kinds
        + ["bare CR or NUL"] * bare
        + ["stray byte"] * bool(re.search("[\ud800-\udfff]", text))
    )


def shown_by(*arguments: str | bytes, folder: Path = ROOT) -> bytes:
    """What a verb writes to a terminal."""
    with in_terminal(*arguments, folder=folder) as terminal:
        assert terminal.exit_code() in (0, 1, 2, 3)
        return terminal.shown


def project(folder: Path, lines: bytes, middle: tuple[Role, bytes] | None = None) -> str:
    """A flow whose sink prints, and its input in `lines.txt`."""
    nodes: dict[str, tuple[Role, bytes | None]] = {"source": (Role.SOURCE, source())}
    if middle is not None:
        nodes["mid"] = middle
    nodes["sink"] = (Role.SINK, printer())
    manifest = Project(folder, nodes).write()
    granted = manifest.read_text().replace('"stdio:stdout"', '"stdio:stdout", "stdio:stderr"')
    manifest.write_text(granted)
    (folder / "lines.txt").write_bytes(lines)
    return str(manifest)


def input_of(folder: Path) -> tuple[str, str]:
    return "--input", str(folder / "lines.txt")


def test_output_of_components(tmp_path: Path) -> None:
    manifest = project(tmp_path, b"first\n" + STRAY + b"\n")
    shown = shown_by("run", manifest, *input_of(tmp_path))
    assert found(shown) == []
    assert b"31m" in shown


def test_output_of_components_as_json(tmp_path: Path) -> None:
    manifest = project(tmp_path, b"first\n" + STRAY + b"\n")
    shown = shown_by("run", manifest, "--json", *input_of(tmp_path))
    assert found(shown) == []
    # Bytes that are not UTF-8 travel as base64, whole.
    printed = re.findall(rb'"base64": "([^"]+)"', shown)
    assert STRAY in b"".join(map(base64.b64decode, printed))


def test_output_of_components_passes_into_a_pipe_as_it_is(tmp_path: Path) -> None:
    manifest = project(tmp_path, b"first\n" + STRAY + b"\n")
    done = studio("run", manifest, *input_of(tmp_path))
    assert done.stdout.count(STRAY) == 2
    assert done.stderr.count(STRAY) == 1
    assert found(done.stderr.replace(STRAY, b"")) == []


@pytest.mark.parametrize(
    "middle",
    [
        (Role.FILTER, component(FILTER, Role.FILTER)),
        (Role.ROUTER, component(ROUTER_OF_PAYLOAD, Role.ROUTER)),
    ],
    ids=["error message", "port name"],
)
@pytest.mark.parametrize("json", [[], ["--json"]], ids=["text", "json"])
def test_words_of_components(tmp_path: Path, middle: tuple[Role, bytes], json: list[str]) -> None:
    manifest = project(tmp_path, b"N" + HOSTILE.encode() + b"\n", middle)
    shown = shown_by("run", manifest, *json, *input_of(tmp_path))
    assert found(shown) == []
    assert b"title" in shown


def toml(text: str) -> str:
    """The text as a string of TOML."""
    return '"' + "".join(f"\\U{ord(sign):08x}" for sign in text) + '"'


@pytest.mark.parametrize("verb", ["check", "run", "build"])
@pytest.mark.parametrize("json", [[], ["--json"]], ids=["text", "json"])
def test_values_and_keys_of_a_manifest(tmp_path: Path, verb: str, json: list[str]) -> None:
    manifest = Path(project(tmp_path, b""))
    bad = toml(HOSTILE)
    text = manifest.read_text().replace('path = "source"', f"path = {bad}\n{bad} = {bad}")
    manifest.write_text(f"{text}\n[flow.main.nodes.{bad}]\ncomponent = {bad}\ninterface = {bad}\n")
    shown = shown_by(verb, str(manifest), *json)
    assert found(shown) == []
    assert b"title" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["NAME"],
        ["run", "NAME"],
        ["run", "NAME", "NAME2"],
        ["run", "--flow", "NAME"],
        ["run", "--NAME"],
        ["run", "--limit", "NAME"],
        ["run", "--input", "NAME"],
        ["check", "NAME"],
        ["build", "NAME"],
        ["record", "-o", "NAME/x.rec"],
        ["replay", "NAME.rec"],
        ["replay", "--at", "NAME", "NAME.rec"],
        ["diff", "NAME", "NAME"],
        ["diff", "--ignore", "(NAME", "NAME", "NAME"],
    ],
    ids=" ".join,
)
def test_arguments_and_names_of_files(tmp_path: Path, arguments: list[str]) -> None:
    project(tmp_path, b"")
    hostile = NAME.encode() + b"\xff"
    words = [word.encode().replace(b"NAME", hostile) for word in arguments]
    assert found(shown_by(*words, folder=tmp_path)) == []


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name is hostile, with two recordings of hostile elements."""
    folder = tmp_path_factory.mktemp("recorded") / NAME
    folder.mkdir()
    manifest = project(folder, STRAY + b"\n")
    assert found(shown_by("record", manifest, "-o", f"{folder}/a.rec", *input_of(folder))) == []
    (folder / "lines.txt").write_bytes(STRAY + b"b\n" + HOSTILE.encode() + b"\n")
    assert found(shown_by("record", manifest, "-o", f"{folder}/b.rec", *input_of(folder))) == []
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["diff", "a.rec", "b.rec"],
        ["diff", "--json", "a.rec", "b.rec"],
        ["replay", "a.rec"],
        ["replay", "--json", "b.rec"],
        ["replay", "--expect", "--junit", "out.xml", "b.rec"],
        ["replay", "renamed.rec"],
        ["diff", "a.rec", "renamed.rec"],
    ],
    ids=" ".join,
)
def test_recordings(recorded: Path, arguments: list[str]) -> None:
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in HOSTILE if ord(sign) < 0x10000)
    text = (recorded / "a.rec").read_text()
    (recorded / "renamed.rec").write_text(text.replace('"sink"', f'"sink{escaped}"'))
    verb, *words = arguments
    shown = shown_by(verb, *words, folder=recorded)
    assert shown.strip()
    assert found(shown) == []


def test_the_screen(tmp_path: Path) -> None:
    lines = STRAY + b"\nN" + HOSTILE.encode() + b"\n"
    manifest = project(tmp_path, lines, (Role.FILTER, component(FILTER, Role.FILTER)))
    with in_terminal(manifest, *input_of(tmp_path)) as terminal:
        terminal.wait_for(b"PAUSED")
        for _ in range(4):
            terminal.type(b"S")
        terminal.wait_for(b"\\x1b")
        for keys in (b"3", b"2", b"4", b"6", b"c"):
            terminal.type(keys)
        terminal.wait_for(b"title")
        terminal.type(b"Q")
        assert terminal.exit_code() == 0
    shown = _ALLOWED_SEQUENCE.sub(b"", terminal.shown)
    assert found(shown.replace(b"\r\n", b"\n").replace(b"\r", b"")) == []
