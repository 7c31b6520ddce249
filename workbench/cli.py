"""The command line: a first word that is a verb runs it, anything else opens the workbench."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

import click

from runtime.model.errors import ExitCode, StudioError

VERBS: dict[str, tuple[str, str]] = {
    "open": ("workbench.verbs.open", "Open the workbench (the default)."),
    "run": ("workbench.verbs.run", "Run a flow to its end without a screen."),
    "record": ("workbench.verbs.record", "Run a flow as `run` does, and record it."),
    "replay": ("workbench.verbs.replay", "Repeat a recording, or test against it."),
    "diff": ("workbench.verbs.diff", "Compare two recordings, or two builds on one."),
    "check": ("workbench.verbs.check", "Check a manifest and its components."),
    "build": ("workbench.verbs.build", "Build the components of a manifest."),
}
"""Verb → module with a `command`, and what it does. Modules are imported when called."""

DEFAULT_VERB = "open"


class VerbGroup(click.Group):
    """Loads only the verb that is called, so that a command starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command."""
        if cmd_name not in VERBS:
            return None
        module_name, _ = VERBS[cmd_name]
        command: click.Command = import_module(module_name).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help of all verbs without loading any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.group(
    cls=VerbGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`torvyn-studio [MANIFEST]` opens the workbench on ./Torvyn.toml.",
)
@click.version_option(version("torvyn-studio"), prog_name="torvyn-studio")
def cli() -> None:
    """The workbench for people who write Torvyn streaming components."""


def with_default_verb(arguments: Sequence[str]) -> list[str]:
    """Arguments with the default verb put in front when they name none."""
    first = arguments[0] if arguments else ""
    if first in VERBS or first in ("-h", "--help", "--version"):
        return list(arguments)
    return [DEFAULT_VERB, *arguments]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code (`ExitCode`); no traceback leaves it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        outcome = cli.main(with_default_verb(given), "torvyn-studio", standalone_mode=False)
    except click.exceptions.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except StudioError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ExitCode.OK
    return int(outcome or ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main())
