"""What calls components: one interface, implemented over wasmtime-py and, natively, over Rust.

`Host` compiles with a layer, and `WasmInvoker` calls with it; nothing else knows that there are
two. `direct_layer` is the default and the oracle of the tests; `native` is the quicker one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from runtime.model.call import Answer, Call, CallInProgress, Export, Failure
from runtime.model.component.surface import Surface
from runtime.model.host_inputs import HostInputs
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedNode
from runtime.wasm.cache import CodeCache
from runtime.wasm.declared_memory import Declared
from runtime.wasm.guest_memory import GuestImage, GuestMemory, HandleCount, NotAvailable
from runtime.wasm.host_functions.denied_uses import DeniedUses
from runtime.wasm.host_functions.printing import OnPrint


class NotCompiledError(Exception):
    """The compiler refused a component; the text is wasmtime's."""


class InstanceError(Exception):
    """There is no instance; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.message)


@dataclass(frozen=True, eq=False)
class Compiled:
    """A component ready to be instantiated; may be shared by threads."""

    digest: str
    """SHA-256 of the component's bytes, in hexadecimal."""
    surface: Surface
    code: Any
    """The layer's own form of it."""
    declared: Declared
    """The memories and tables an instance of it has."""


@dataclass(frozen=True, slots=True)
class FlowContext:
    """What the instances of one flow share."""

    flow_id: str
    inputs: HostInputs
    on_print: OnPrint | None
    denied: DeniedUses


class NodeInstance(Protocol):
    """One node's instance. Made and used on one thread."""

    @property
    def compiled(self) -> Compiled:
        """What it was made of."""
        ...

    @property
    def runs(self) -> Mapping[Export, Any]:
        """What `make` is given for each export; empty once the instance crashed."""
        ...

    @property
    def crashed(self) -> Failure | None:
        """Why the instance cannot be called any more."""
        ...

    @property
    def live_handles(self) -> int:
        """Buffers the component owns now."""
        ...

    def handles(self) -> list[HandleCount]:
        """Handles by kind, of every kind that there was, as far as they are known."""
        ...

    @property
    def memory(self) -> GuestMemory | NotAvailable:
        """What the component remembers between two calls, where that can be read."""
        ...

    def make(self, run: Any, call: Call, /) -> Answer:
        """Make a call with one of `runs`.

        Raises the `KeyboardInterrupt` that ended the call, if one did.
        """
        ...

    def close(self) -> None:
        """Free the instance. Idempotent."""
        ...


class FlowCalls(Protocol):
    """Makes the instances of one flow, and watches the one call that runs."""

    def open(self, node: LinkedNode, compiled: Compiled, call: Call) -> NodeInstance:
        """Instantiate `compiled` for `node`, for `call`. Raises InstanceError."""
        ...

    def begin(self, call: Call) -> None:
        """Name the call that instances are made for from now on."""
        ...

    def interrupt(self) -> None:
        """End the running call promptly, from any thread; nothing happens between calls."""
        ...

    def in_progress(self) -> CallInProgress | None:
        """The call that has not come back yet, for any thread."""
        ...

    def close(self) -> None:
        """Stop watching. Idempotent."""
        ...


class CallLayer(Protocol):
    """Compiles components and calls them. `compile` may be used from any thread."""

    @property
    def name(self) -> str:
        """ "direct" or "native"."""
        ...

    @property
    def gives_network(self) -> bool:
        """Whether a component can be given the network."""
        ...

    @property
    def settings(self) -> str:
        """Part of the key of compiled code: the version, and whatever else its form depends on."""
        ...

    def mode(self, data: bytes) -> str:
        """How this component is compiled; the last part of the key of its code."""
        ...

    @property
    def max_taken_bytes(self) -> int:
        """Bytes of one list that a component can hand over at once."""
        ...

    @property
    def max_given_bytes(self) -> int:
        """Bytes of one list, or of a text, that a component is given at once."""
        ...

    def compile(self, data: bytes, mode: str, cache: CodeCache | None = None) -> Any:
        """Compile a component. Raises NotCompiledError.

        `cache` may have functions that it shares with others, and is given those that it adds.
        """
        ...

    def load(self, path: Path, mode: str) -> Any | None:
        """What `serialize` gave, from an authenticated file; None when it is of no use."""
        ...

    def serialize(self, code: Any) -> bytes:
        """The compiled code as bytes."""
        ...

    def surface(self, code: Any, digest: str, data: bytes) -> Surface:
        """What the component made of `data` imports and exports."""
        ...

    def saved_component(
        self, image: GuestImage, data: bytes, renamed: Mapping[str, str]
    ) -> bytes | NotAvailable:
        """A component whose instances begin with an image; `data` is the one that it is of.

        `renamed` has exports that get another name.
        """
        ...

    def open_flow(self, context: FlowContext) -> FlowCalls:
        """Begin a flow."""
        ...
