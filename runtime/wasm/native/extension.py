"""Finds the extension, and says what it offers."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Protocol, cast

from runtime.model.lazy.dataclass import dataclass
from runtime.wasm.guest_memory import GuestImage

MODULE = "torvyn_studio_native"
INTERFACE = 6
"""Number of what the extension offers and is given, which it was built with, too; change it here
and in `src/lib.rs` whenever that changes."""
REFUSED_VARIABLE = "TORVYN_STUDIO_NO_NATIVE"
"""Set to anything, the extension is not used; child processes inherit it (`--no-native`)."""
OUT_OF_DATE = "out of date: make native"
"""`NativeState.problem` of one that was built from other sources, or for another wasmtime."""

_Surface = tuple[
    list[tuple[str, list[tuple[str, str]], list[str]]],
    list[tuple[str, list[tuple[str, str]], list[str]]],
    list[str],
]


class NativeComponent(Protocol):
    """A compiled component."""

    def serialize(self) -> bytes:
        """The compiled code."""
        ...

    def surface(self) -> _Surface:
        """Imports, exports (name, functions with their types, resources), other imports."""
        ...


class NativeEngine(Protocol):
    """Compiles components."""

    @property
    def asleep(self) -> bool:
        """True while the thread that ends calls in time sleeps, as no calls are made."""
        ...

    def compile(self, data: bytes, mode: str) -> NativeComponent:
        """`mode` is "plain", "debug" or "debug-unoptimized".

        Raises ValueError with wasmtime's text.
        """
        ...

    def deserialize_file(self, path: str, mode: str) -> NativeComponent:
        """The file must have been authenticated. Raises ValueError."""
        ...


class NativeWatch(Protocol):
    """Watches the one call of a flow that runs."""

    def interrupt(self) -> None:
        """End the running call, from any thread."""
        ...

    def set_call(self, call: Any) -> None:
        """Name the call that an instance is made for."""
        ...

    def in_progress(self) -> tuple[Any, int, int] | None:
        """The running call, nanoseconds since it began, nanoseconds it may take."""
        ...

    def close(self) -> None:
        """Forget the last call."""
        ...


class NativeOutput(Protocol):
    """What one instance prints."""

    def unshown(self) -> list[tuple[str, bytes]]:
        """What was printed and not given before, in the order it was printed."""
        ...


class OpenedInstance(Protocol):
    """An instance."""

    live_handles: int
    memory_bytes: int
    reads_memory: bool

    def make(self, run: int, call: Any, /) -> Any:
        """Make a call; an `Answer`."""
        ...

    def printed_output(self) -> NativeOutput:
        """What it prints, for another thread."""
        ...

    def memory_sizes(self) -> list[int]:
        """Bytes of each memory."""
        ...

    def read_memory(self, memory: int, offset: int, length: int, /) -> bytes:
        """A part of a memory. Raises IndexError."""
        ...

    def take_image(self, last: Any, /) -> GuestImage:
        """What it remembers. Raises ValueError with the reason why there is no image."""
        ...

    def restore_image(self, image: Any, /) -> None:
        """Go on from it. Raises ValueError with the reason why it does not fit."""
        ...

    def handles(self) -> list[tuple[str, int | None, int | None, int]]:
        """Kind, made, dropped, live."""
        ...

    def held(self) -> tuple[int, int, str | None, int]:
        """See `HeldHandles`."""
        ...

    def panic_next(self) -> None:
        """Have the next `allocate` panic: for the test of what becomes of a panic."""
        ...

    def close(self) -> None:
        """Free it."""
        ...


class Extension(Protocol):
    """The module."""

    WASMTIME_VERSION: str
    INTERFACE: int
    __version__: str

    def Engine(self, max_wasm_stack: int, shares_images: bool) -> NativeEngine:  # noqa: N802
        """A new engine; see `sandbox.shares_memory_images`."""
        ...

    def Watch(self, engine: NativeEngine) -> NativeWatch:  # noqa: N802
        """A new watch."""
        ...

    def Values(self, given: dict[str, Any]) -> object:  # noqa: N802
        """The Python values that answers are made of."""
        ...

    def saved_component(self, image: Any, data: bytes, renamed: dict[str, str], /) -> bytes:
        """A component whose instances begin with an image; `data` is the one that it is of.

        `renamed` has exports that get another name. Raises ValueError with the reason why there
        is none.
        """
        ...

    @property
    def Instance(self) -> Any:  # noqa: N802
        """Its `open` makes instances."""
        ...


@dataclass(frozen=True, slots=True)
class NativeState:
    """Whether the extension is used."""

    extension: Extension | None
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
    extension = cast(Extension, module)
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
