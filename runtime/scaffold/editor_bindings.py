"""The contract's types for editors, in languages whose builds make them again each time."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from runtime.build.toolchain import INSTALL, Toolchain
from runtime.model.linked import Role
from runtime.model.text.printable import printable
from runtime.scaffold.contracts import ROLE_WORLDS, contract_files
from runtime.scaffold.new_files import write_new
from runtime.scaffold.templates import TemplateLanguage

_SECONDS = 30.0


def write_editor_bindings(
    language: TemplateLanguage, folder: Path, role: Role, tools: Toolchain | None = None
) -> str | None:
    """Write the types into a component's folder; why it could not be done, or None.

    For Python `wit_world/` and what it imports; the other languages need none: Rust's come from a
    macro, C's stand in torvyn.h, and JavaScript has no types.
    """
    if language.name != "python":
        return None
    toolchain = tools or Toolchain()
    program = toolchain.find("componentize-py")
    if program is None:
        return f"componentize-py is not installed ({INSTALL['componentize-py']})"
    world = ROLE_WORLDS[role]
    with tempfile.TemporaryDirectory() as wit:
        write_new(Path(wit), contract_files(world))
        try:
            done = subprocess.run(
                [program, "-d", wit, "-w", world, "bindings", str(folder)],
                env=toolchain.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"componentize-py did not end within {_SECONDS:.0f} s"
        except OSError as error:
            return f"componentize-py cannot be started: {error.strerror or error}"
    if done.returncode != 0:
        last = printable((done.stderr.strip().splitlines() or ["no reason given"])[-1])
        return f"componentize-py failed: {last}"
    return None
