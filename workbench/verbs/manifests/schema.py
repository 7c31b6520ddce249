"""`torvyn-studio schema`: a JSON Schema of Torvyn.toml."""

from __future__ import annotations

import json

import click

from runtime.flow.manifest.json_schema import manifest_schema
from runtime.model.errors import ExitCode

_EXAMPLES = """\b
Examples:
  torvyn-studio schema > torvyn.schema.json
  then, as the first line of Torvyn.toml, for taplo and Even Better TOML:
  #:schema ./torvyn.schema.json
"""


@click.command("schema", epilog=_EXAMPLES)
def command() -> int:
    """Print a JSON Schema (draft 7) of Torvyn.toml, for completion and checks while you type.

    It is made of the tables that `check` uses. What only a linked flow knows, such as ports,
    roles and components, stays with `torvyn-studio check`.
    """
    print(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))
    return ExitCode.OK
