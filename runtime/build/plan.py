"""What is built and how: a component's sources, and the commands that build it."""

from __future__ import annotations

from pathlib import Path

from runtime.build.worlds import WitChoice
from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ComponentSource:
    """One `[[component]]` of the manifest with what `[build]` says."""

    name: str
    directory: Path
    """Absolute."""
    manifest: Path
    """Absolute path of the manifest file."""
    language: str = "rust"
    build_command: str | None = None
    target: str = "wasm32-wasip2"
    extra_args: tuple[str, ...] = ()
    release: bool = True
    """`[build].release` unless `--debug` was given."""
    interface: str | None = None
    """The interface of a node that uses it; decides the world of Python, C and Zig."""
    wit_packages: tuple[Path, ...] = ()
    """WIT packages for a component that has none, one directory each."""

    @property
    def artifact(self) -> Path:
        """Where the built component goes."""
        return self.manifest.parent / ".torvyn" / "build" / f"{self.name}.wasm"

    @property
    def work(self) -> Path:
        """Where intermediate files go."""
        return self.manifest.parent / ".torvyn" / "studio" / "build" / self.name

    @property
    def profile(self) -> str:
        """Cargo's name for the profile."""
        return "release" if self.release else "debug"


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One command."""

    argv: tuple[str, ...]
    directory: Path
    is_cargo: bool = False
    """It writes cargo's messages, which are read and not shown."""

    @property
    def text(self) -> str:
        """The command as one would type it, for the reader."""
        return " ".join(self.argv)


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """The commands that build one component, in order."""

    source: ComponentSource
    steps: tuple[BuildStep, ...]
    output: Path | None = None
    """The file the last command writes; None: it is searched for afterwards."""
    wit: WitChoice | None = None
    """Set when the output may be a core module, to be made a component for this world."""
    wanted: str = ""
    """What the world wants of the sources, for a build that did not find it."""
    notes: tuple[str, ...] = ()
    """What the reader should know, one line each."""
