"""Arguments that several verbs take."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from workbench.command_line.global_options import global_options

DEFAULT_MANIFEST = "Torvyn.toml"
FLOW_PREFIX = "flow."
MANIFEST_WORD = click.Path(readable=False)
"""The type of a word that may be a path; shells complete it."""
_Command = TypeVar("_Command", bound=Callable[..., Any])
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """Seconds, written as Torvyn does: "500ms", "1.5s", "2m", "1h"."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds; fails with what is accepted."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a duration; write e.g. 500ms, 1.5s, 2m or 1h", param, ctx)
        return float(found[1]) * _SECONDS[found[2] or "s"]


def input_option(*, standard_input: bool = False) -> Callable[[_Command], _Command]:
    """The option `--input`: files in place of sources, as `inputs`; also standard input, or not."""
    more = "; - is standard input" if standard_input else ""
    return click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="[SOURCE=]FILE",
        help=f"Lines of a file in place of what a source gives{more}.",
    )


def manifest_and_flow(words: Sequence[str], flow: str | None) -> tuple[Path, str | None]:
    """A path and a flow's name, or None, by `[MANIFEST] [flow.NAME]`, --manifest and --flow.

    A folder stands for the `Torvyn.toml` in it. Raises `click.UsageError` when there are
    several of either.
    """
    paths = [word for word in words if _is_path(word)]
    flows = [word.removeprefix(FLOW_PREFIX) for word in words if word not in paths]
    given = global_options().manifest
    if given is not None:
        paths.append(str(given))
    if flow is not None:
        flows.append(flow.removeprefix(FLOW_PREFIX))
    if len(paths) > 1:
        raise click.UsageError(f"one manifest at a time, got: {', '.join(paths)}")
    if len(set(flows)) > 1:
        raise click.UsageError(f"one flow at a time, got: {', '.join(flows)}")
    manifest = Path(paths[0] if paths else DEFAULT_MANIFEST)
    if manifest.is_dir():
        manifest = manifest / DEFAULT_MANIFEST
    return manifest, flows[0] if flows else None


def names_manifest(words: Sequence[str]) -> bool:
    """Whether one of the words, or --manifest, names the manifest."""
    return global_options().manifest is not None or any(map(_is_path, words))


def _is_path(word: str) -> bool:
    return not word.startswith(FLOW_PREFIX) or Path(word).exists()
