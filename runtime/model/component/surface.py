"""What a component file really imports and exports."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class FunctionSurface:
    """One function, its type written out structurally in WIT notation.

    Types are resolved to their shape: `record{name: u64, …}`, `variant{a, b(string)}`,
    `enum{a, b}`, `list<u8>`, `option<T>`, `result<T, E>` with `_` for an absent side,
    `own<resource>` and `borrow<resource>` for every resource, e.g.
    `func(signal: enum{ready, pause})` or `func() -> result<_, variant{fatal(string)}>`.
    """

    name: str
    """As WIT writes it, e.g. "route" or "[method]buffer.read-all"."""
    type: str


@dataclass(frozen=True, slots=True)
class InterfaceSurface:
    """One imported or exported interface instance."""

    name: str
    """With version, e.g. "torvyn:filtering/router@0.1.0"."""
    functions: tuple[FunctionSurface, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surface:
    """A component's imports and exports, in the order of the file."""

    digest: str
    """SHA-256 of the bytes, in hexadecimal."""
    size: int
    """Bytes of the file."""
    imports: tuple[InterfaceSurface, ...] = ()
    exports: tuple[InterfaceSurface, ...] = ()
    other_imports: tuple[str, ...] = ()
    """Top-level imports that are not interfaces (functions, modules)."""
    languages: tuple[str, ...] = ()
    """Source languages that its modules name, e.g. "Rust" or "C11"."""
    tools: tuple[str, ...] = ()
    """Tools that its modules name, with their version, e.g. "ComponentizeJS 0.23.0"."""
    interpreter: str = ""
    """The language whose interpreter it carries, e.g. "Python"; "" for none."""
