"""Whether the engine of this installation is compiled (docs/compiled-engine.md)."""

from __future__ import annotations

from importlib.util import find_spec

COMPILED, PYTHON = "compiled", "Python"


def engine_is_compiled() -> bool:
    """True when the engine that is imported is machine code, made by mypyc of the same sources."""
    spec = find_spec("runtime.engine.core")
    return spec is not None and not (spec.origin or "").endswith(".py")


def engine_kind() -> str:
    """`COMPILED` or `PYTHON`: what the engine of this installation is."""
    return COMPILED if engine_is_compiled() else PYTHON
