"""Hostile files: mutations of the sample's components, manifest and recording, and hostile text."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_flows" / "fan-out"
RECORDING = "four-events.rec"
BUILD = Path(".torvyn") / "build"

INTERESTING = (
    *(b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff\x0f", b"\x80" * 10, b"\0asm"),
    *(b"\x1b[31m", b"\x1b]0;title\x07", "\u202e".encode(), "\U000e0041".encode(), b"\xed\xa0\x80"),
    *(b"\r", b"\n", b'"', b"'", b"\\", b"[[", b"]]", b"{", b"}", b"=", b"#", b"\xef\xbb\xbf"),
    *(b"-1", b"9" * 30, b"1e999", b"nan", b"true", b"null", b"[" * 2_000, b"a" * 5_000),
)
"""Pieces that programs stumble over."""

HOSTILE_LINES = (
    b"\x1b]52;c;aGk=\x07", b"\x1b[2J\x1b[H", b"\xff\xfe\x00", b"%s%n{0}[red]",
    "\u202egnp.".encode(),
    b"[" * 50_000, b'{"a":' * 5_000, b'"' + b"\\" * 60, b"<!--" * 5_000, b"a\0b", b"", b"\r",
    "e\u0301" .encode() * 2_000, b"1" * 100_000, b'{"level":1e400}', b"\xed\xa0\x80",
)  # fmt: skip
"""Lines that a stranger's input may have."""


@dataclass(frozen=True, slots=True)
class FuzzCase:
    """A folder with hostile files, and the command lines to give it to."""

    commands: tuple[tuple[str, ...], ...]
    files: tuple[Path, ...]
    """What is hostile of it, relative to the folder."""


def mutated(data: bytes, random: Random) -> bytes:
    """The bytes with one to four changes: flips, pieces put in, taken out, repeated, a cut."""
    made = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(made) + 1)
        length = random.choice((1, 2, 4, 16, 200))
        match random.randrange(6):
            case 0 if at < len(made):
                made[at] ^= 1 << random.randrange(8)
            case 1:
                made[at:at] = random.choice(INTERESTING)
            case 2:
                del made[at : at + length]
            case 3:
                made[at : at + length] = random.choice(INTERESTING)
            case 4:
                made[at:at] = made[at : at + length] * random.choice((1, 2, 50))
            case _:
                if random.random() < 0.3:
                    del made[at:]
    return bytes(made)


def components(folder: Path, random: Random) -> FuzzCase:
    """One of the sample's components, mutated."""
    _copy_sample(folder)
    path = random.choice(sorted((folder / BUILD).glob("*.wasm")))
    path.write_bytes(mutated(path.read_bytes(), random))
    return FuzzCase((("check",), ("run", "--json")), (path.relative_to(folder),))


def manifests(folder: Path, random: Random) -> FuzzCase:
    """The sample's manifest, mutated."""
    _copy_sample(folder)
    path = folder / "Torvyn.toml"
    path.write_bytes(mutated(path.read_bytes(), random))
    return FuzzCase((("check",), ("run",)), (Path("Torvyn.toml"),))


def recordings(folder: Path, random: Random) -> FuzzCase:
    """The sample's recording, mutated."""
    _copy_sample(folder)
    path = folder / RECORDING
    whole = path.read_bytes()
    path.write_bytes(mutated(whole, random))
    (folder / "whole.rec").write_bytes(whole)
    commands = (
        ("replay", RECORDING),
        ("replay", RECORDING, "--expect"),
        ("diff", "whole.rec", RECORDING),
    )
    return FuzzCase(commands, (Path(RECORDING),))


def texts(folder: Path, random: Random) -> FuzzCase:
    """Hostile lines as input of the flow, and as arguments."""
    _copy_sample(folder)
    lines = random.choices(HOSTILE_LINES, k=random.randint(1, 12))
    (folder / "lines").write_bytes(mutated(b"\n".join(lines), random))
    argument = random.choice(INTERESTING).replace(b"\0", b"0").decode("utf-8", "replace")[:500]
    commands = (
        ("run", "--input", "lines"),
        ("run", "--json", "--input", "lines"),
        ("run", "--flow", argument),
        ("diff", argument, "lines"),
    )
    return FuzzCase(commands, (Path("lines"),))


FUZZERS: dict[str, Callable[[Path, Random], FuzzCase]] = {
    "components": components,
    "manifests": manifests,
    "recordings": recordings,
    "text": texts,
}
"""By name: writes a case into an empty folder."""


def _copy_sample(folder: Path) -> None:
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    manifest = folder / "Torvyn.toml"
    text = manifest.read_text().replace("../../components", str(ROOT / "components"))
    manifest.write_text(text)
