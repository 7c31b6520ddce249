"""The manual page `torvyn-studio(1)`, made of the parsers themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from runtime.model.errors import ExitCode
from workbench.cli import DEFAULT_VERB, VERBS, cli

PROGRAM = "torvyn-studio"

EXIT_CODES = {
    ExitCode.OK: "Done, and nothing failed or differed.",
    ExitCode.FAILED: "The flow or a build failed, or outputs differ.",
    ExitCode.BAD_INPUT: "Arguments, manifest or files are wrong.",
    ExitCode.ENVIRONMENT: "A tool is missing, or the system gives no more.",
    ExitCode.INTERNAL: "torvyn-studio itself failed; it names a log file.",
    ExitCode.HUNG_UP: "The terminal went away (SIGHUP).",
    ExitCode.INTERRUPTED: "Interrupted (SIGINT).",
    ExitCode.NO_READER: "Whoever read the output went away.",
    ExitCode.TERMINATED: "Ended from outside (SIGTERM).",
}

FILES = {
    "Torvyn.toml": "The manifest that is opened when none is named.",
    ".torvyn/build/": "Built components, next to the manifest.",
    ".torvyn/studio/settings.toml": "Settings of one project.",
    ".torvyn/studio/last.rec": "The calls that were saved when the workbench was left.",
    "config.toml": "Settings of the user, in torvyn-studio/ in the configuration folder "
    "(~/.config on Linux); --print-config tells where, and what holds.",
}

ENVIRONMENT = {
    "NO_COLOR": "No colours, on the screen and in what verbs print.",
    "VISUAL, EDITOR": "The editor that Enter opens on a problem's place.",
    "CARGO_TARGET_DIR": "Where built components of Rust are looked for, too.",
    "LC_ALL, LC_CTYPE, LANG": "Where they name no UTF-8, the screen is drawn in ASCII.",
}


def man_page() -> str:
    """The page in the macros of man(7). It has no date: the same parsers make the same page."""
    context = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    lines = [
        f'.TH {PROGRAM.upper().replace("-", chr(92) + "-")} 1 "" "{PROGRAM}" "User Commands"',
        ".SH NAME",
        f"{_text(PROGRAM)} \\- {_text('the workbench for Torvyn streaming components')}",
        ".SH SYNOPSIS",
        f".B {_text(PROGRAM)}",
        _text("[MANIFEST] [flow.NAME] [OPTIONS]"),
        ".br",
        f".B {_text(PROGRAM)}",
        _text("VERB [OPTIONS] [ARGUMENTS]"),
        ".SH DESCRIPTION",
        *_paragraphs(
            "Opens a flow from its Torvyn.toml in the terminal, paused before its first call, "
            "runs its components for real, and lets them be watched, stepped, taken back and "
            "rebuilt. A first word that is a verb does one thing without a screen. In the "
            "workbench, ? lists every key."
        ),
        ".SH VERBS",
    ]
    for name in VERBS:
        command = cli.get_command(context, name)
        assert command is not None
        lines += _verb(command, name, context)
    lines += [".SH OPTIONS OF EVERY VERB", *_options(cli, context, everywhere=True)]
    lines += [".SH EXIT STATUS", *_table({str(int(k)): v for k, v in EXIT_CODES.items()})]
    lines += [".SH FILES", *_table(FILES), ".SH ENVIRONMENT", *_table(ENVIRONMENT)]
    return "\n".join(lines) + "\n"


def _verb(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    pieces = " ".join(command.collect_usage_pieces(context))
    default = " (the default)" if name == DEFAULT_VERB else ""
    yield f'.SS "{_text(name)}{default}"'
    yield f".B {_text(name)}"
    yield _text(pieces)
    if command.help:
        yield ".PP"
        yield from _paragraphs(command.help)
    yield from _options(command, context, everywhere=False)


def _options(command: click.Command, context: click.Context, *, everywhere: bool) -> Iterator[str]:
    """The options of a verb alone, or those that stand with each."""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        shared = (parameter.name or "").startswith("global_") or "--help" in parameter.opts
        if record is None or isinstance(parameter, click.Argument) or shared is not everywhere:
            continue
        yield ".TP"
        yield f".B {_text(record[0])}"
        yield _text(record[1] or " ")


def _paragraphs(text: str) -> Iterator[str]:
    """Click's own marks are kept: after `\\b`, lines stand as they are."""
    for index, part in enumerate(re.split(r"\n\s*\n", text.strip())):
        if index:
            yield ".PP"
        if part.lstrip().startswith("\b"):
            yield ".nf"
            yield from (_text(row.strip()) for row in part.split("\n") if row.strip(" \b"))
            yield ".fi"
        else:
            yield _text(" ".join(part.split()))


def _table(rows: dict[str, str]) -> Iterator[str]:
    for head, text in rows.items():
        yield ".TP"
        yield f".B {_text(head)}"
        yield _text(text)


def _text(text: str) -> str:
    """Text that roff takes for text: no escape, no macro, a `-` that can be copied."""
    made = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return f"\\&{made}" if made[:1] in (".", "'") else made
