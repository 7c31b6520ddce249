"""The command line: a first word that is a verb runs it, anything else opens the workbench."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from runtime.child.leaving import leave_process
from runtime.extension.installed import find_extension
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from workbench.command_line.global_options import (
    GlobalOptions,
    with_global_options,
    words_before_verb,
)
from workbench.command_line.torvyn_words import ALIASES, REFUSED_VERBS, explained, refuse_verb
from workbench.terminal import ending_signals, standard_streams
from workbench.terminal.colour import write_line

VERBS: dict[str, tuple[str, str]] = {
    "open": ("opening.open", "Open the workbench (the default)."),
    "run": ("running.run", "Run a flow to its end without a screen."),
    "record": ("running.record", "Run a flow as `run` does, and record it."),
    "replay": ("recordings.replay", "Repeat a recording, or test against it."),
    "diff": ("recordings.diff", "Compare two recordings, or two builds on one."),
    "check": ("manifests.check", "Check a manifest and its components."),
    "link": (
        "manifests.link",
        "Check that the components of each flow fit together.",
    ),
    "inspect": (
        "components.inspect",
        "Tell what a component imports, exports and needs.",
    ),
    "bench": (
        "bench.bench_verb",
        "Measure how fast a flow is, and whether that changed.",
    ),
    "graph": (
        "manifests.graph",
        "Print a flow's graph as text, dot, mermaid, SVG or JSON.",
    ),
    "trace": ("recordings.trace", "Tell each element's way through a flow."),
    "test": (
        "recordings.golden_test",
        "Run recordings as tests, all of a folder at once.",
    ),
    "try": ("components.try_component", "Call one component alone."),
    "call": ("recordings.call", "Write one recorded call as a case of its own."),
    "explain": ("explain", "Explain the code of a problem."),
    "completion": ("completion", "Print a completion script for a shell."),
    "demo": ("projects.demo", "List the sample flows, or copy one and open it."),
    "new": ("projects.new", "Make a project, or add a component to one."),
    "init": ("projects.new", "The same as `new`."),
    "wit": ("projects.wit", "Print or write Torvyn's contracts."),
    "doctor": (
        "projects.doctor",
        "Look for tools, and say how to get what is missing.",
    ),
    "schema": (
        "manifests.schema",
        "Print a JSON Schema of Torvyn.toml for editors.",
    ),
    "build": ("components.build", "Build the components of a manifest."),
}
"""Verb → module of `workbench.verbs` with a `command`, and what it does; imported when called."""

DEFAULT_VERB = "open"
_WORD = re.compile(r"[a-z][a-z-]*", re.IGNORECASE)
"""What may be meant as a verb: files have a dot, folders a slash, or they are there."""

_NAMES = {
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EACCES: "Choose a file that you may use.",
    errno.EPERM: "Choose a file that you may use.",
    errno.EROFS: "Choose a place that can be written.",
    errno.EFBIG: "Choose a smaller file.",
}
"""What is wrong with a file that somebody named, and not with torvyn-studio."""
_USED_UP = {
    errno.EMFILE: "Allow more open files, e.g. `ulimit -n 1024`.",
    errno.ENFILE: "Close other programs: all files the system allows are open.",
    errno.ENOMEM: "Close other programs, or allow more memory (`ulimit -v`).",
    errno.ENOSPC: "Free space on the disk.",
    errno.EAGAIN: "Allow more processes and threads (`ulimit -u`).",
}
"""What an error of the system means for the user, who can mend it."""


class VerbGroup(click.Group):
    """Loads only the verb that is called, so that a command starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command; raises `click.UsageError` for one that is Torvyn's alone."""
        refuse_verb(cmd_name)
        verb = ALIASES.get(cmd_name, cmd_name)
        if verb not in VERBS:
            return None
        module_name, _ = VERBS[verb]
        command: click.Command = import_module(f"workbench.verbs.{module_name}").command
        return with_global_options(command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs, and files: a manifest may stand in a verb's place."""
        verbs = [
            CompletionItem(verb, help=text)
            for verb, (_, text) in VERBS.items()
            if verb.startswith(incomplete)
        ]
        # First, as bash forgets what stands before it.
        files = CompletionItem(incomplete, type="file")
        return [files, *verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help of all verbs without loading any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.group(
    cls=VerbGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`torvyn-studio [MANIFEST]` opens the workbench on ./Torvyn.toml.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=lambda context, _, value: _show_version(context) if value else None,
    help="Show the version, what calls the components, and a compiled engine.",
)
def cli() -> None:
    """The workbench for people who write Torvyn streaming components."""


def _show_version(context: click.Context) -> None:
    # It loads what mails are parsed with: every start would pay for it.
    from importlib.metadata import version

    from runtime.engine.compiled import engine_is_compiled

    found = find_extension()
    used = found.detail if found.extension or found.refused else found.problem
    parts = [f"native layer {used}"] if used else []
    parts += ["compiled engine"] if engine_is_compiled() else []
    text = f"torvyn-studio, version {version('torvyn-studio')}"
    click.echo(f"{text} ({'; '.join(parts)})" if parts else text)
    context.exit()


with_global_options(cli)


def with_default_verb(arguments: Sequence[str]) -> list[str]:
    """Arguments with the default verb put in when they name none.

    Raises `click.UsageError` when the first one is a word that is neither a verb nor a file.
    """
    given = list(arguments)
    at = words_before_verb(given)
    first = given[at] if at < len(given) else ""
    known = first in VERBS or first in ALIASES or first in REFUSED_VERBS
    if known or first in ("-h", "--help", "--version"):
        return given
    if _WORD.fullmatch(first) and not os.path.lexists(first):
        # Imported for a word that is none: every start would pay for it.
        from difflib import get_close_matches

        # Two letters changed places count little here, unlike in Torvyn's rule for keys.
        near = get_close_matches(first.lower(), (*VERBS, *ALIASES), 1)
        advice = f"did you mean '{near[0]}'?" if near else f"the verbs are: {', '.join(VERBS)}"
        raise click.UsageError(f"there is no verb and no file '{first}'; {advice}")
    return [*given[:at], DEFAULT_VERB, *given[at:]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code (`ExitCode`); no traceback leaves it.

    Without arguments it is the program itself: it takes the process's arguments, looks after its
    standard streams and signals, and ends the process instead of returning.
    """
    if arguments is None:
        standard_streams.guard()
        ending_signals.raise_them()
        code = ending_signals.exit_code(_run(sys.argv[1:]))
        leave_process(standard_streams.exit_code(code))
    return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    options = GlobalOptions()
    try:
        if not set(arguments) & {"-h", "--help", "--version"}:
            _check_current_folder()
        outcome = cli.main(
            with_default_verb(arguments), "torvyn-studio", standalone_mode=False, obj=options
        )
    except click.ClickException as error:
        _show_usage_error(explained(error), options)
        return error.exit_code
    except StudioError as error:
        write_line(str(error), sys.stderr, options.colour)
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _unforeseen(error)
    return int(outcome or ExitCode.OK)


def _show_usage_error(error: click.ClickException, options: GlobalOptions) -> None:
    text = StringIO()
    error.show(text)
    write_line(text.getvalue().rstrip("\n"), sys.stderr, options.colour)


def _check_current_folder() -> None:
    """Raise `StudioError` when the current folder was removed: no path can be told from there."""
    try:
        Path.cwd()
    except OSError as error:
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.IO,
                    f"the current folder cannot be used: {error.strerror}",
                    "Go to a folder that exists, and try again.",
                )
            ]
        ) from None


def _unforeseen(error: Exception) -> int:
    """Tell in one line what nobody foresaw, and where its traceback is; gives the exit code."""
    if isinstance(error, MemoryError):
        error = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    if isinstance(error, OSError) and error.errno in _USED_UP:
        problem = Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"the system gives no more: {error.strerror}",
            _USED_UP[error.errno],
            file=error.filename if isinstance(error.filename, str) else None,
        )
        print(problem.render(), file=sys.stderr)
        return ExitCode.ENVIRONMENT
    if isinstance(error, OSError) and error.errno in _NAMES and error.filename is not None:
        problem = Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"a file cannot be used: {error.strerror}",
            _NAMES[error.errno],
            file=os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None,
        )
        print(problem.render(), file=sys.stderr)
        return ExitCode.BAD_INPUT
    # What it loads is seldom needed, and every start would pay for it.
    from runtime.model.files.crash_log import write_crash_log

    log = write_crash_log(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    where = "no log file could be written" if log is None else f"the traceback is in {log}"
    print(f"error: torvyn-studio failed unexpectedly ({what}); {where}", file=sys.stderr)
    return ExitCode.INTERNAL


if __name__ == "__main__":
    main()
