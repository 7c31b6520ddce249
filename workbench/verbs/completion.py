"""`torvyn-studio completion`: a script that completes verbs and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from runtime.model.errors import ExitCode

PROGRAM = "torvyn-studio"
_VARIABLE = "_TORVYN_STUDIO_COMPLETE"
"""Where click looks for what a shell asks."""
_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", metavar="bash|zsh|fish")
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print a script that completes verbs, options and their values in a shell.

    \b
    eval "$(torvyn-studio completion bash)"                      in ~/.bashrc
    torvyn-studio completion zsh > ~/.zfunc/_torvyn-studio       a folder of $fpath
    torvyn-studio completion fish > ~/.config/fish/completions/torvyn-studio.fish
    """
    if shell not in _SHELLS:
        raise click.UsageError(f"there is no completion for '{shell}': bash, zsh or fish")
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, PROGRAM, _VARIABLE).source())
    return ExitCode.OK
