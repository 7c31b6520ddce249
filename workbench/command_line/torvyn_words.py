"""What the command line of Torvyn's own tool has and ours has not, told in words.

Verbs and options are those of its reference (docs/torvyn-facts.md#command-line).
"""

from __future__ import annotations

import click

ALIASES = {"completions": "completion"}
"""Torvyn's verbs that are ours under another name, and not listed."""

REFUSED_VERBS = {
    "pack": "packing is done by Torvyn's own tool: `torvyn pack`, in the project's folder",
    "publish": "publishing is done by Torvyn's own tool: `torvyn publish`, after `torvyn pack`",
}

_SINK_FILE = "send standard output to a file: what sinks print goes there"
_CONFIG = "write `config` into the node's table of the manifest: one place says what ran"
_REFUSED_OPTIONS = {
    ("link", "--components"): "components are those the manifest names; `build` makes them",
    ("run", "--output"): _SINK_FILE,
    ("run", "--config"): _CONFIG,
    ("run", "--log-level"): "use --quiet or --verbose",
    ("record", "--config"): _CONFIG,
    ("record", "--log-level"): "use --quiet or --verbose",
    ("trace", "--show-buffers"): "payloads are in a recording: `record`, then open it",
    ("trace", "--show-backpressure"): "`run` tells every queue's back-pressure",
    ("build", "--release"): "it is the default; --debug builds without optimization",
    ("build", "--target"): "write `target` into [build] of the manifest",
    ("build", "--all"): "it is the default; --component NAME builds one",
    ("new", "--template"): "a project has a source, a processor and a sink; --component NAME "
    "--role ROLE adds others",
    ("new", "-t"): "a project has a source, a processor and a sink; --component NAME --role ROLE "
    "adds others",
    ("new", "-l"): "write --language",
    ("new", "--no-git"): "no repository is made",
    ("new", "--no-example"): "a component is about thirty lines that work",
    ("new", "--contract-version"): "contracts are version 0.1.0",
    ("new", "--force"): "nothing is ever written over; name a new folder",
    ("doctor", "--fix"): "the command that mends it stands next to each problem",
}


def refuse_verb(verb: str) -> None:
    """Raise `click.UsageError` for a verb that only Torvyn's own tool has."""
    if verb in REFUSED_VERBS:
        raise click.UsageError(REFUSED_VERBS[verb])


def explained(error: click.ClickException) -> click.ClickException:
    """The error, or what to do instead of an option that only Torvyn's own tool has."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error
    instead = _REFUSED_OPTIONS.get((error.ctx.command.name or "", error.option_name))
    if instead is None:
        return error
    message = f"{error.option_name} is Torvyn's, and not needed here: {instead}"
    return click.UsageError(message, error.ctx)
