"""Options that stand before or after every verb: Torvyn's own, with the same meaning.

`VerbGroup` gives them to itself and to each verb it loads. Their callbacks fill in the one
`GlobalOptions` that the command line was started with; a verb that declares an option of the same
name itself keeps its own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from runtime.extension.installed import REFUSED_VARIABLE
from runtime.model.lazy.dataclass import dataclass
from workbench.terminal.colour import ColourWhen

JSON_PARAMETER = "as_json"
"""The parameter of a verb's `--json`, which `--format json` sets too."""
_FORMATS = ("human", "json")


@dataclass(slots=True)
class GlobalOptions:
    """What was asked for, for every verb."""

    manifest: Path | None = None
    format: str | None = None
    """"human" or "json"; None when it was not said."""
    quiet: bool = False
    """Errors and what the verb is called for, nothing else."""
    verbose: bool = False
    colour: ColourWhen = ColourWhen.AUTO
    no_native: bool = False
    """Components are called through wasmtime-py though the native layer is installed."""


def global_options() -> GlobalOptions:
    """Those of the command line that is being run; the defaults when there is none."""
    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(GlobalOptions)
    return found or GlobalOptions()


def with_global_options(command: click.Command) -> click.Command:
    """The command with the global options it does not have yet."""
    taken = {name for parameter in command.params for name in parameter.opts}
    added = [option for option in _options() if not taken & set(option.opts)]
    for option in added:
        # Refused with a sentence where there is no JSON, so it is not offered there.
        option.hidden = "--format" in option.opts and not _has_json(command)
    command.params += added
    return command


def words_before_verb(arguments: list[str]) -> int:
    """How many of the first arguments are global options and their values."""
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word in _FLAGS or ("=" in word and word.partition("=")[0] in _VALUED):
            at += 1
        elif word in _VALUED:
            at += 2
        else:
            break
    return min(at, len(arguments))


def _options() -> list[click.Option]:
    return [
        _option(
            ["--manifest"],
            "manifest",
            metavar="PATH",
            type=click.Path(path_type=Path, readable=False),
            help="The manifest, as the word MANIFEST names it.",
        ),
        _option(
            ["--format"],
            "format",
            type=click.Choice(_FORMATS),
            help="`json` is --json.",
        ),
        _option(["-q", "--quiet"], "quiet", is_flag=True, help="No summary, warnings or notes."),
        _option(["-v", "--verbose"], "verbose", is_flag=True, help="Say what is used, and more."),
        _option(
            ["--color"],
            "colour",
            type=click.Choice([when.value for when in ColourWhen]),
            help="Colour on a terminal (auto), always or never; NO_COLOR is obeyed.",
        ),
        _option(
            ["--no-native"],
            "no_native",
            is_flag=True,
            help="Call components through wasmtime-py, also where the native layer is installed.",
        ),
    ]


def _option(names: list[str], field: str, **settings: Any) -> click.Option:
    return click.Option(
        [*names, f"global_{field}"],
        expose_value=False,
        is_eager=True,
        callback=lambda context, _, value: _take(context, field, value),
        **settings,
    )


def _take(context: click.Context, field: str, value: Any) -> None:
    options = context.ensure_object(GlobalOptions)
    if value:
        setattr(options, field, ColourWhen(value) if field == "colour" else value)
    match field:
        case "quiet" | "verbose" if options.quiet and options.verbose:
            raise click.UsageError("give --quiet or --verbose, not both", context)
        case "manifest" if options.manifest is not None:
            _require_manifest_argument(context)
        case "format" if options.format == "json":
            _set_json(context)
        case "no_native" if options.no_native:
            # Child processes inherit it.
            os.environ[REFUSED_VARIABLE] = "1"


def _require_manifest_argument(context: click.Context) -> None:
    if isinstance(context.command, click.Group):
        return
    parameters = context.command.params
    if context.command.name in _WITHOUT_THE_WORD:
        return
    if not any("MANIFEST" in (item.metavar or "") or item.name == "flow" for item in parameters):
        raise click.UsageError(f"`{context.command.name}` takes no manifest", context)


def _has_json(command: click.Command) -> bool:
    """Whether a verb prints JSON; the group lets its verbs decide."""
    if isinstance(command, click.Group):
        return True
    return any(item.name == JSON_PARAMETER for item in command.params)


def _set_json(context: click.Context) -> None:
    if isinstance(context.command, click.Group):
        return
    if not _has_json(context.command):
        raise click.UsageError(f"`{context.command.name}` has no JSON output", context)
    context.default_map = {**(context.default_map or {}), JSON_PARAMETER: True}


_FLAGS = frozenset(("-q", "--quiet", "-v", "--verbose", "--no-native"))
_WITHOUT_THE_WORD = frozenset(("test",))
"""Verbs that take `--manifest`, and no word MANIFEST."""
_VALUED = frozenset(("--manifest", "--format", "--color"))
