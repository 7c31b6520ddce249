"""The extension that is installed, if it may be used."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Protocol, cast

from runtime.model.lazy.dataclass import dataclass

MODULE = "torvyn_studio_native"
INTERFACE = 11
"""Number of what the extension offers and is given, which it was built with, too; change it here
and in `runtime/wasm/native/src/lib.rs` whenever that changes."""
REFUSED_VARIABLE = "TORVYN_STUDIO_NO_NATIVE"
"""Set to anything, the extension is not used; child processes inherit it (`--no-native`)."""
OUT_OF_DATE = "out of date: make native"
"""`NativeState.problem` of one that was built from other sources, or for another wasmtime."""


class ExtensionModule(Protocol):
    """What is asked before it is used; who uses it knows what else it has."""

    WASMTIME_VERSION: str
    INTERFACE: int
    __version__: str


@dataclass(frozen=True, slots=True)
class NativeState:
    """Whether the extension is used."""

    extension: ExtensionModule | None
    detail: str
    """The versions of the one that is used, or why none is."""
    installed: bool
    """True when there is one, used or not."""
    place: str | None = None
    """Where it is."""
    refused: bool = False
    """True when the user does not want it."""
    problem: str = ""
    """In a few words, why the one that is installed cannot be used, and what to do."""


def find_extension() -> NativeState:
    """Load the extension if it is there, of the same wasmtime, and not refused."""
    try:
        module = importlib.import_module(MODULE)
    except ModuleNotFoundError:
        return NativeState(None, "not installed", False)
    except ImportError as error:
        problem = "cannot be loaded: see torvyn-studio doctor"
        return NativeState(None, f"cannot be loaded: {error}", True, problem=problem)
    extension = cast(ExtensionModule, module)
    place = getattr(module, "__file__", None)
    place = None if place is None else str(Path(place))
    if os.environ.get(REFUSED_VARIABLE):
        detail = f"{extension.__version__}, refused by --no-native"
        return NativeState(None, detail, True, place, refused=True)
    # It loads what mails are parsed with, and most starts do not come here.
    from importlib.metadata import version

    wanted, built = version("wasmtime"), extension.WASMTIME_VERSION
    if wanted != built:
        detail = f"installed for wasmtime {built}, and this is {wanted}"
        return NativeState(None, detail, True, place, problem=OUT_OF_DATE)
    if getattr(extension, "INTERFACE", 1) != INTERFACE:
        detail = "installed from other sources than these"
        return NativeState(None, detail, True, place, problem=OUT_OF_DATE)
    return NativeState(extension, f"{extension.__version__}, wasmtime {built}", True, place)
