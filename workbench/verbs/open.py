"""`torvyn-studio [MANIFEST]`: the workbench."""

from __future__ import annotations

import sys

import click

from runtime.model.errors import ExitCode
from runtime.session.link import Health
from runtime.session.open import SessionOptions, check_manifest_file, process_link
from workbench.app import StudioApp
from workbench.verbs.arguments import manifest_and_flow


@click.command("open")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]")
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@click.option("--no-watch", is_flag=True, help="Leave changed components and manifests alone.")
@click.option("--poll", is_flag=True, help="Look at files every second: for network drives.")
@click.option(
    "--retry-on-reload", is_flag=True, help="Make a failed call again with each new build."
)
def command(
    words: tuple[str, ...],
    flow: str | None,
    no_mouse: bool,
    no_watch: bool,
    poll: bool,
    retry_on_reload: bool,
) -> int:
    """Open the workbench, paused before the first call."""
    manifest, name = manifest_and_flow(words, flow)
    flow_name = check_manifest_file(manifest, name)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise click.UsageError(
            "the workbench needs a terminal; use `torvyn-studio run` for a flow without a screen"
        )
    options = SessionOptions(watch=not no_watch, poll_only=poll, retry_on_reload=retry_on_reload)
    app = StudioApp(
        lambda: process_link(manifest, flow_name, options),
        title=f"{manifest.parent.resolve().name}",
    )
    app.run(mouse=not no_mouse)
    if app.return_code:
        return app.return_code
    return ExitCode.BAD_INPUT if app.health is Health.INVALID else ExitCode.OK
