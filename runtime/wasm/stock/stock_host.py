"""A host of the same functions on wasmtime-py's own binding: the slow and certain way.

Everything here goes through `Func.__call__` and `Linker.add_func`, whose conversions follow
the types wasmtime reports; nothing of `runtime.wasm` but its engine's settings is used.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import (
    Component,
    Func,
    Linker,
    ResourceHost,
    ResourceType,
    Variant,
)

from runtime.model.call import (
    Absorbed,
    Accepted,
    CopyCount,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Finished,
    Outcome,
    Output,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.element import Buffer, Element

BUFFER, MUTABLE, CONTEXT = 11, 12, 13
_TIERS = (256, 4096, 65536, 1048576)


class StockHost:
    """One instance, called the slow and certain way."""

    def __init__(
        self,
        engine: Engine,
        data: bytes | Component,
        role: str,
        lifecycle: str | None,
        wasi: WasiConfig | None = None,
    ) -> None:
        """`role` and `lifecycle` are names of exported interfaces."""
        self.store = Store(engine)
        if wasi is not None:
            self.store.set_wasi(wasi)
        self.store.set_fuel(10**15)
        self.store.set_epoch_deadline(10**9)
        self.buffers: dict[int, Buffer] = {}
        self.mutables: dict[int, Any] = {}
        self.counter = 0
        self.copies = [0, 0, 0, 0]
        component = data if isinstance(data, Component) else Component(engine, data)
        imported = list(component.type.imports(engine))
        with Linker(engine) as linker:
            linker.add_wasip2()
            self._link(linker, [name for name in imported if name.startswith("torvyn:")])
            self.instance = linker.instantiate(self.store, component)
        self.interfaces = {"role": role, "lifecycle": lifecycle}

    def _link(self, linker: Linker, imported: list[str]) -> None:
        with linker.root() as root:
            for name in imported:
                with root.add_instance(name) as instance:
                    if "/types@" in name:
                        for label, kind, table in (
                            ("buffer", BUFFER, self.buffers),
                            ("mutable-buffer", MUTABLE, self.mutables),
                            ("flow-context", CONTEXT, {}),
                        ):
                            instance.add_resource(
                                label,
                                ResourceType.host(kind),
                                lambda _store, rep, table=table: table.pop(rep, None),
                            )
                        for method in dir(self):
                            if method.startswith(("buffer_", "mutable_", "context_")):
                                family, _, rest = method.partition("_")
                                label = {"buffer": "buffer", "mutable": "mutable-buffer"}.get(
                                    family, "flow-context"
                                )
                                called = f"[method]{label}.{rest.replace('_', '-')}"
                                instance.add_func(called, getattr(self, method))
                    else:
                        instance.add_func("allocate", self.allocate)
                        instance.add_func("clone-into-mutable", self.clone_into_mutable)

    def function(self, export: Export) -> Func:
        """The exported function, looked up as the binding is meant to be used."""
        lifecycle = export in (Export.INIT, Export.TEARDOWN)
        name = self.interfaces["lifecycle" if lifecycle else "role"]
        assert name is not None
        index = self.instance.get_export_index(self.store, name)
        place = self.instance.get_export_index(self.store, export, index)
        assert place is not None
        function: Func | None = self.instance.get_func(self.store, place)
        assert function is not None
        return function

    def call(self, export: Export, element: Element | None = None, argument: str = "") -> Any:
        """The answer as an `Outcome`, or (case, text) of a process-error."""
        function = self.function(export)
        if element is not None:
            self.buffers[0] = element.payload
            parameters: tuple[Any, ...] = (
                SimpleNamespace(
                    meta=SimpleNamespace(
                        **{
                            "sequence": element.sequence,
                            "timestamp-ns": element.timestamp_ns,
                            "content-type": element.content_type,
                        }
                    ),
                    payload=ResourceHost.borrow(0, BUFFER),
                    context=ResourceHost.borrow(0, CONTEXT),
                ),
            )
        elif export in (Export.INIT, Export.NOTIFY_BACKPRESSURE):
            parameters = (argument,)
        else:
            parameters = ()
        answer = function(self.store, *parameters)
        function.post_return(self.store)
        return self._outcome(export, answer)

    def take_copies(self) -> CopyCount:
        """What was copied since this was asked last."""
        copies = CopyCount(*self.copies)
        self.copies = [0, 0, 0, 0]
        return copies

    def _outcome(self, export: Export, answer: Any) -> Outcome | tuple[str, str | None]:
        if isinstance(answer, Variant):
            return answer.tag, answer.payload
        match export:
            case Export.ROUTE:
                return Ports(tuple(answer))
            case Export.EVALUATE:
                return Verdict(answer)
            case Export.PUSH:
                return Accepted(Signal(answer))
            case Export.FLUSH:
                return Emitted(tuple(self._output(item) for item in answer))
            case Export.PROCESS | Export.PULL | Export.INGEST:
                nothing: dict[Export, Outcome] = {
                    Export.PROCESS: Discarded(),
                    Export.PULL: Exhausted(),
                }
                if answer is None:
                    return nothing.get(export, Absorbed())
                return Emitted((self._output(answer),))
        return Finished()

    def _output(self, record: Any) -> Output:
        rep = record.payload.to_host(self.store).rep
        return Output(self.buffers.pop(rep), getattr(record.meta, "content-type"))

    # ---- host functions, by the contract's words

    def _read(self, data: bytes) -> bytes:
        if data:
            self.copies[0] += 1
            self.copies[1] += len(data)
        return data

    def buffer_size(self, store: Any, this: Any) -> int:
        return len(self.buffers[this.to_host(store).rep].data)

    def buffer_content_type(self, store: Any, this: Any) -> str:
        return self.buffers[this.to_host(store).rep].content_type

    def buffer_read(self, store: Any, this: Any, offset: int, size: int) -> bytes:
        return self._read(self.buffers[this.to_host(store).rep].data[offset:][:size])

    def buffer_read_all(self, store: Any, this: Any) -> bytes:
        return self._read(self.buffers[this.to_host(store).rep].data)

    def mutable_write(self, store: Any, this: Any, offset: int, data: bytes) -> Any:
        buffer = self.mutables[this.to_host(store).rep]
        if buffer.frozen:
            return Variant("allocation-failed", "the buffer is frozen")
        if offset > 0xFFFFFFFF:
            return Variant("out-of-bounds")
        if offset + len(data) > buffer.capacity:
            return Variant("capacity-exceeded")
        content = buffer.data.ljust(offset, b"\0")
        buffer.data = content[:offset] + bytes(data) + content[offset + len(data) :]
        self.copies[2] += 1
        self.copies[3] += len(data)
        return None

    def mutable_append(self, store: Any, this: Any, data: bytes) -> Any:
        buffer = self.mutables[this.to_host(store).rep]
        assert not buffer.frozen
        if len(buffer.data) + len(data) > buffer.capacity:
            return Variant("capacity-exceeded")
        buffer.data += bytes(data)
        self.copies[2] += 1
        self.copies[3] += len(data)
        return None

    def mutable_size(self, store: Any, this: Any) -> int:
        return len(self.mutables[this.to_host(store).rep].data)

    def mutable_capacity(self, store: Any, this: Any) -> int:
        capacity: int = self.mutables[this.to_host(store).rep].capacity
        return capacity

    def mutable_set_content_type(self, store: Any, this: Any, text: str) -> None:
        kept = text.encode()[:63].decode(errors="ignore")
        self.mutables[this.to_host(store).rep].type = kept

    def mutable_freeze(self, store: Any, this: Any) -> ResourceHost:
        buffer = self.mutables[this.to_host(store).rep]
        buffer.frozen = True
        self.counter += 1
        self.buffers[self.counter] = Buffer(buffer.data, buffer.type)
        return ResourceHost.own(self.counter, BUFFER)

    def context_trace_id(self, store: Any, this: Any) -> str:
        this.to_host(store)
        return ""

    def context_span_id(self, store: Any, this: Any) -> str:
        this.to_host(store)
        return ""

    def context_deadline_ns(self, store: Any, this: Any) -> int:
        this.to_host(store)
        return 0

    def context_flow_id(self, store: Any, this: Any) -> str:
        this.to_host(store)
        return "flow-1"

    def allocate(self, _store: Any, hint: int) -> Any:
        if hint > 16 * 1024 * 1024:
            return Variant("capacity-exceeded")
        return self._own(hint, b"")

    def clone_into_mutable(self, store: Any, source: Any) -> Any:
        data = self.buffers[source.to_host(store).rep].data
        self._read(data)
        self.copies[2] += 1
        self.copies[3] += len(data)
        return self._own(max(1, len(data)), data)

    def _own(self, hint: int, data: bytes) -> ResourceHost:
        capacity = next((tier for tier in _TIERS if hint <= tier), hint)
        self.counter += 1
        self.mutables[self.counter] = SimpleNamespace(
            data=data, capacity=capacity, type="", frozen=False
        )
        return ResourceHost.own(self.counter, MUTABLE)
