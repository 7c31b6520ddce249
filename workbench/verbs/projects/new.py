"""`torvyn-studio new`: a project that runs at once, or one more component in a project."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from runtime.model.errors import ExitCode
from runtime.model.linked import Role
from runtime.model.text.printable import printable
from runtime.scaffold.editor_bindings import write_editor_bindings
from runtime.scaffold.project import (
    COMPONENTS_FOLDER,
    FIRST_ROLES,
    NewComponent,
    new_component,
    new_project,
)
from runtime.scaffold.templates import LANGUAGES, TemplateLanguage
from workbench.command_line.messages import say
from workbench.verbs.options.arguments import manifest_and_flow

_EXAMPLES = """\b
Examples:
  torvyn-studio new shop
  torvyn-studio new shop --language python
  torvyn-studio new --component enricher --role processor --language c
  torvyn-studio new shop --component audit --role sink --after enricher
"""


@click.command("new", epilog=_EXAMPLES)
@click.argument("words", nargs=-1, metavar="[DIR]")
@click.option(
    "--language",
    type=click.Choice([*LANGUAGES, "go"]),
    default="rust",
    show_default=True,
    help="What the components are written in.",
)
@click.option("--component", metavar="NAME", help="Add a component to the project in DIR or here.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Its role.")
@click.option("--flow", help="The flow that it joins; without it, the alphabetically first one.")
@click.option(
    "--after", metavar="NODE", help="The node it comes behind; without it, a fitting one."
)
def command(
    words: tuple[str, ...],
    language: str,
    component: str | None,
    role: str | None,
    flow: str | None,
    after: str | None,
) -> int:
    """Make a project in the new folder DIR: a source, a processor and a sink that run at once.

    With --component, add one to a project that is there: a folder with a working component, its
    [[component]], its node and its edges. Comments and order of the manifest are kept. Nothing is
    ever written over.

    Exit codes: 0 made, 2 something is in the way, or the manifest has errors.
    """
    if language not in LANGUAGES:
        raise click.UsageError(
            "there is no template for Go: TinyGo and its bindings could not be had to try one; "
            "take another language, or write `build_command` for your own (the contracts: "
            "torvyn-studio wit)"
        )
    chosen = LANGUAGES[language]
    if component is None:
        if role is not None or flow is not None or after is not None:
            raise click.UsageError("--role, --flow and --after say where a --component NAME goes")
        if len(words) != 1:
            raise click.UsageError("name the folder of the new project: torvyn-studio new DIR")
        return _project(Path(words[0]), chosen)
    if role is None:
        roles = ", ".join(item.value for item in Role)
        raise click.UsageError(f"say what '{component}' does with --role: {roles}")
    manifest, flow = manifest_and_flow(words, flow)
    made = new_component(manifest, component, Role(role), chosen, flow, after)
    return _tell_component(made, Role(role), chosen, words)


def _project(directory: Path, language: TemplateLanguage) -> int:
    files = new_project(directory, language)
    say(f"Made {printable(str(directory))} with {len(files)} files: {', '.join(FIRST_ROLES)}")
    for role in FIRST_ROLES:
        _bindings(language, directory / COMPONENTS_FOLDER / role, role)
    say(f"Next (what is missing for {language.name}: torvyn-studio doctor):")
    print(f"cd {shlex.quote(str(directory))}")
    if language.prepare:
        print(language.prepare)
    print("torvyn-studio build")
    print("torvyn-studio")
    return ExitCode.OK


def _tell_component(
    made: NewComponent, role: Role, language: TemplateLanguage, words: tuple[str, ...]
) -> int:
    name = made.folder.name
    _bindings(language, made.folder, role)
    say(f"Made {_short(made.folder)} and its [[component]] in {_short(made.manifest)}")
    if made.wiring.text:
        say(f"Node '{name}' of flow '{made.flow}': {made.wiring.text}")
    else:
        say(
            f"Its node and edges stand in {_short(made.manifest)} as comments: nothing in the flow "
            "could be connected to it; complete them and remove the marks"
        )
    say("Next:")
    if language.prepare and not (made.manifest.parent / "node_modules").is_dir():
        print(language.prepare)
    print(shlex.join(["torvyn-studio", "build", *words, "--component", name]))
    return ExitCode.OK


def _bindings(language: TemplateLanguage, folder: Path, role: Role) -> None:
    """What the editor needs to know the contract's types."""
    problem = write_editor_bindings(language, folder, role)
    if problem is not None:
        say(f"No types for the editor in {_short(folder)}: {problem}")


def _short(path: Path) -> str:
    """From the working directory, when it lies below."""
    here = Path.cwd()
    path = path.absolute()
    return printable(str(path.relative_to(here) if path.is_relative_to(here) else path))
