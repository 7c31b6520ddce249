"""`torvyn-studio [MANIFEST]`: the workbench."""

from __future__ import annotations

import sys

import click

from runtime.model.errors import ExitCode
from runtime.session.open import check_manifest_file, process_link
from workbench.app import StudioApp
from workbench.verbs.arguments import manifest_and_flow


@click.command("open")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]")
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def command(words: tuple[str, ...], flow: str | None, no_mouse: bool) -> int:
    """Open the workbench, paused before the first call."""
    manifest, name = manifest_and_flow(words, flow)
    flow_name = check_manifest_file(manifest, name)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise click.UsageError(
            "the workbench needs a terminal; use `torvyn-studio run` for a flow without a screen"
        )
    app = StudioApp(
        lambda: process_link(manifest, flow_name), title=f"{manifest.parent.resolve().name}"
    )
    app.run(mouse=not no_mouse)
    return app.return_code or ExitCode.OK
