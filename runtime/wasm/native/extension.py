"""What the extension offers for calling components."""

from __future__ import annotations

from typing import Any, Protocol, cast

from runtime.extension.installed import ExtensionModule, find_extension
from runtime.wasm.guest_memory import GuestImage

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


class NativeFunctions(Protocol):
    """Compiled functions that a component may share with others, and those that it adds."""

    @property
    def found(self) -> int:
        """How many of the compiled component's were known; equal ones count as one."""
        ...

    def to_keep(self) -> bytes | None:
        """What the next compilation is made with; None when there is little that is new."""
        ...


class NativeEngine(Protocol):
    """Compiles components."""

    @property
    def asleep(self) -> bool:
        """True while the thread that ends calls in time sleeps, as no calls are made."""
        ...

    def compile(
        self, data: bytes, mode: str, functions: NativeFunctions | None = None
    ) -> NativeComponent:
        """`mode` is "plain" or "readable"; `functions` are not compiled again, and added to.

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


class Extension(ExtensionModule, Protocol):
    """The module, as far as it calls components."""

    def Engine(self, max_wasm_stack: int, shares_images: bool) -> NativeEngine:  # noqa: N802
        """A new engine; see `sandbox.shares_memory_images`."""
        ...

    def Functions(self, kept: bytes | None) -> NativeFunctions:  # noqa: N802
        """For one compilation. `kept` is of `to_keep`, and must have been authenticated."""
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


def find_layer() -> Extension | None:
    """The extension if it may be used."""
    return cast("Extension | None", find_extension().extension)
