"""`config.toml` in the user's configuration folder: what holds for every project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf
from pathlib import Path

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.settings_file import read_settings
from runtime.flow.manifest.shape import Shape, key, not_a, table_of
from runtime.flow.manifest.source_text import KeyPath
from runtime.flow.manifest.values import Choice, Flag, Whole
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.user_folders import user_folder
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.timeline import RING_BYTES
from workbench.actions.payload import PAYLOAD
from workbench.actions.table import ACTIONS
from workbench.arrangement.arrange import LayoutName
from workbench.settings.keymap import KeyedAction, KeyList, check_keymap
from workbench.settings.theme_names import THEME_NAMES
from workbench.text.keys import key_name, keys_for

FILE_NAME = "config.toml"
FULL_SPEED = "max"
MIB = 1024 * 1024
MOST_RING_MIB = 65_536
SIGNS = ("auto", "unicode", "ascii")


@dataclass(frozen=True, slots=True)
class Pace:
    """`"max"`, or calls a second."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> float | None:
        """The pace, infinite for as fast as it goes."""
        if value == FULL_SPEED:
            return inf
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1e6:
            return float(value)
        not_a('"max" or a number of calls a second', value, at, problems)
        return None


@dataclass(frozen=True, slots=True)
class Config:
    """What the user set; every key has a default."""

    theme: str = key(Choice(THEME_NAMES), THEME_NAMES[0])
    signs: str = key(Choice(SIGNS), SIGNS[0])
    layout: str = key(Choice(tuple(LayoutName)), LayoutName.CONTENT.value)
    pace: float = key(Pace(), inf)
    ring: int = key(Whole(1, MOST_RING_MIB), RING_BYTES // MIB)
    mouse: bool = key(Flag(), True)
    restore: bool = key(Flag(), False)
    keys: Mapping[str, tuple[str, ...]] = table_of(KeyList())

    @property
    def calls_per_second(self) -> float | None:
        """The pace a run begins with; None is as fast as it goes."""
        return None if self.pace == inf else self.pace


EXPLAINED = {
    "theme": f"Colours: {', '.join(THEME_NAMES)}.",
    "signs": '"auto" takes ASCII where the locale is not UTF-8; "unicode" and "ascii" are final.',
    "layout": f"What a project begins with: {', '.join(LayoutName)}.",
    "pace": 'Calls a second of a run, or "max".',
    "ring": "MiB for the recording that is always on; stepping back needs it.",
    "mouse": "false leaves the mouse to the terminal.",
    "restore": "true goes on with the calls and branches saved when the workbench was left.",
}
"""What each key is for, as `--print-config` says it."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")

_SHAPE = Shape(Config, whole="the settings")


def config_path() -> Path:
    """Where the file is looked for, whether it is there or not."""
    return user_folder("config") / FILE_NAME


def read_config(given: Path | None = None) -> Config:
    """What the user set; the defaults where there is no file.

    Raises `StudioError` with every problem of the file, and for a `given` one that is not there.
    """
    path = given or config_path()
    read = read_settings(path, _SHAPE)
    if read is None:
        if given is None:
            return Config()
        raise StudioError([_missing(given)])
    config, problems = read
    check_keymap(config.keys, ("keys",), problems)
    if problems.has_errors:
        raise StudioError(problems.diagnostics())
    return config


def _missing(path: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        "there is no such configuration file",
        "name a file that is there, or write one with --print-config",
        str(path),
    )


def config_lines(config: Config, path: Path) -> Iterator[str]:
    """The configuration as a file that says the same; keys that were not changed are comments."""
    yield f"# {path}" + ("" if path.exists() else " (not there: these are the defaults)")
    for name, text in EXPLAINED.items():
        yield ""
        yield f"# {text}"
        yield f"{name} = {_toml(getattr(config, name))}"
    yield ""
    yield "# Keys by action; a list gives several, [] takes them away. Changed ones have no #."
    yield "[keys]"
    table: tuple[KeyedAction, ...] = (*ACTIONS, *PAYLOAD)
    for action in table:
        chosen = action.id in config.keys
        keys = config.keys[action.id] if chosen else keys_for(action.id, action.keys)
        name = action.id if _BARE.fullmatch(action.id) else f'"{action.id}"'
        yield f"{'' if chosen else '# '}{name} = {_toml([key_name(one) for one in keys])}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f'"{FULL_SPEED}"' if value == inf else f"{value:g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
