"""The call layer over the Rust extension."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from runtime.model.call import (
    FAILURE_STDERR_BYTES,
    NO_COPIES,
    PRINTED_KEPT_BYTES,
    Absorbed,
    Accepted,
    Answer,
    Call,
    CallInProgress,
    CopyCount,
    Discarded,
    Emitted,
    Exhausted,
    Finished,
    HostInput,
    Output,
    Ports,
    Printed,
    Signal,
    Verdict,
)
from runtime.model.component.surface import FunctionSurface, InterfaceSurface, Surface
from runtime.model.element import MAX_BUFFER_BYTES, MAX_CONTENT_TYPE_BYTES, Buffer
from runtime.model.linked import LinkedNode
from runtime.wasm.abi.buffers import BUDGET_BYTES, MAX_OFFSET, TIERS
from runtime.wasm.cache import CodeCache
from runtime.wasm.call_layer import Compiled, FlowContext, NotCompiledError
from runtime.wasm.direct.direct_layer import check_open_files
from runtime.wasm.guest_memory import GuestDebug, GuestImage, NotAvailable
from runtime.wasm.host_functions import printed_output
from runtime.wasm.native.extension import Extension, NativeComponent, NativeFunctions
from runtime.wasm.native.native_instance import NativeInstance
from runtime.wasm.output_follower import FollowedOutput, OutputFollower
from runtime.wasm.producers import read_producers
from runtime.wasm.sandbox import MAX_WASM_STACK_BYTES, code_settings, shares_memory_images

_SETTINGS = "native 3"
"""Part of the key of compiled code; change it whenever `Engine::new` or a feature changes."""

_PLAIN, _READABLE = "plain", "readable"


class NativeLayer:
    """One engine of the extension. Instances live on the one thread that calls components."""

    name = "native"
    gives_network = True
    max_taken_bytes = MAX_BUFFER_BYTES
    """A payload crosses whole: nothing on the way is larger than the payload itself."""
    max_given_bytes = MAX_BUFFER_BYTES

    def __init__(self, extension: Extension, debug: GuestDebug = GuestDebug.OFF) -> None:
        """`debug` says whose memory can be read."""
        check_open_files()
        self._debug = debug
        self.extension = extension
        shares_images = shares_memory_images()
        self.engine = extension.Engine(MAX_WASM_STACK_BYTES, shares_images)
        settings = f"{extension.WASMTIME_VERSION} {extension.__version__} {_SETTINGS}"
        self.settings = code_settings(settings, shares_images)
        self._functions_key = hashlib.sha256(self.settings.encode()).hexdigest()[:16]
        self.values = extension.Values(
            {
                "answer": Answer,
                "copy_count": CopyCount,
                "emitted": Emitted,
                "output": Output,
                "buffer": Buffer,
                "ports": Ports,
                "printed": Printed,
                "host_input": HostInput,
                "ready": Accepted(Signal.READY),
                "pause": Accepted(Signal.PAUSE),
                "passes": Verdict(True),
                "stops": Verdict(False),
                "exhausted": Exhausted(),
                "discarded": Discarded(),
                "absorbed": Absorbed(),
                "finished": Finished(),
                "no_copies": NO_COPIES,
            }
        )

    def mode(self, data: bytes) -> str:
        """See `CallLayer.mode`."""
        if self._debug is GuestDebug.OFF:
            return _PLAIN
        if self._debug is GuestDebug.ALL or not read_producers(data).interpreter:
            return _READABLE
        return _PLAIN

    def compile(self, data: bytes, mode: str, cache: CodeCache | None = None) -> NativeComponent:
        """See `CallLayer.compile`."""
        interpreter = read_producers(data).interpreter
        if cache is None or not interpreter:
            # Without an interpreter, all that is compiled is the component's own.
            return self._compiled(data, mode)
        key = f"{self._functions_key}{mode}-{interpreter}"
        functions = self.extension.Functions(cache.find_functions(key))
        compiled = self._compiled(data, mode, functions)
        kept = functions.to_keep()
        if kept is not None:
            cache.keep_functions(key, kept)
        return compiled

    def _compiled(
        self, data: bytes, mode: str, functions: NativeFunctions | None = None
    ) -> NativeComponent:
        try:
            return self.engine.compile(data, mode, functions)
        except ValueError as error:
            raise NotCompiledError(str(error)) from None

    def load(self, path: Path, mode: str) -> NativeComponent | None:
        """See `CallLayer.load`."""
        try:
            return self.engine.deserialize_file(str(path), mode)
        except ValueError:
            return None

    def serialize(self, code: NativeComponent) -> bytes:
        """See `CallLayer.serialize`."""
        return code.serialize()

    def surface(self, code: NativeComponent, digest: str, data: bytes) -> Surface:
        """See `CallLayer.surface`."""
        imports, exports, others = code.surface()
        made = read_producers(data)
        return Surface(
            digest=digest,
            size=len(data),
            imports=_interfaces(imports),
            exports=_interfaces(exports),
            other_imports=tuple(others),
            languages=made.languages,
            tools=made.tools,
            interpreter=made.interpreter,
        )

    def open_flow(self, context: FlowContext) -> NativeFlow:
        """See `CallLayer.open_flow`."""
        return NativeFlow(self, context)

    def saved_component(
        self, image: GuestImage, data: bytes, renamed: Mapping[str, str]
    ) -> bytes | NotAvailable:
        """See `CallLayer.saved_component`."""
        try:
            return self.extension.saved_component(image, data, dict(renamed))
        except ValueError as problem:
            return NotAvailable(str(problem))

    def rules(self) -> dict[str, object]:
        """The numbers that hold for every instance."""
        return {
            "tiers": list(TIERS),
            "budget_bytes": BUDGET_BYTES,
            "max_buffer_bytes": MAX_BUFFER_BYTES,
            "max_content_type_bytes": MAX_CONTENT_TYPE_BYTES,
            "max_offset": MAX_OFFSET,
            "max_taken_bytes": self.max_taken_bytes,
            "max_given_bytes": self.max_given_bytes,
            "print_limit_bytes": printed_output.PRINT_LIMIT_BYTES,
            "printed_kept_bytes": PRINTED_KEPT_BYTES,
            "stderr_share": printed_output.STDERR_SHARE,
            "stderr_tail_bytes": FAILURE_STDERR_BYTES,
            "chunk_bytes": printed_output.CHUNK_BYTES,
        }


class NativeFlow:
    """The instances of one flow; see `FlowCalls`."""

    def __init__(self, layer: NativeLayer, context: FlowContext) -> None:
        self._layer = layer
        self._context = context
        self._watch = layer.extension.Watch(layer.engine)
        self._followed = FollowedNativeCall()

    def open(self, node: LinkedNode, compiled: Compiled, call: Call) -> NativeInstance:
        """See `FlowCalls.open`."""
        layer = self._layer
        return NativeInstance(
            node,
            compiled,
            layer.extension,
            (self._watch, layer.values),
            layer.rules(),
            self._context,
            self._followed,
            call,
        )

    def begin(self, call: Call) -> None:
        """See `FlowCalls.begin`."""
        self._watch.set_call(call)

    def interrupt(self) -> None:
        """See `FlowCalls.interrupt`."""
        self._watch.interrupt()

    def in_progress(self) -> CallInProgress | None:
        """See `FlowCalls.in_progress`."""
        found = self._watch.in_progress()
        if found is None:
            return None
        call, elapsed_ns, limit_ns = found
        sequence = None if call.element is None else call.element.sequence
        return CallInProgress(call.number, call.node, call.export, sequence, elapsed_ns, limit_ns)

    def close(self) -> None:
        """See `FlowCalls.close`."""
        self._watch.close()
        self._followed.close()


class FollowedNativeCall:
    """The long call whose output another thread shows; see `FollowedCall`."""

    def __init__(self) -> None:
        self.running = False
        self.began_ns = 0
        """A number that each followed call has for itself."""
        self.followed_ns = 0
        self.output: FollowedOutput | None = None
        self._follower = OutputFollower(self)

    def begin(self, output: FollowedOutput) -> None:
        """Show the output of the call that runs, from now on."""
        self.began_ns += 1
        self.output = output
        self.running = True
        self._follower.follow(self.began_ns)

    def end(self) -> None:
        """The call ended; nothing of its output is shown by another thread after this."""
        self.running = False
        with self._follower.lock:
            self.followed_ns = 0
            self.output = None

    def close(self) -> None:
        """End the thread."""
        self._follower.close()


def _interfaces(
    items: list[tuple[str, list[tuple[str, str]], list[str]]],
) -> tuple[InterfaceSurface, ...]:
    return tuple(
        InterfaceSurface(
            name,
            functions=tuple(FunctionSurface(*function) for function in functions),
            resources=tuple(resources),
        )
        for name, functions, resources in items
    )
