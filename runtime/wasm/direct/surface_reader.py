"""Reads a compiled component's imports and exports into a `Surface`."""

from __future__ import annotations

from collections.abc import Mapping

from wasmtime import Engine, _bindings
from wasmtime.component import (
    BorrowType,
    Component,
    ComponentInstanceType,
    EnumType,
    FlagsType,
    FuncType,
    FutureType,
    ListType,
    OptionType,
    OwnType,
    RecordType,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    ValType,
    VariantType,
)

from runtime.model.component.surface import FunctionSurface, InterfaceSurface, Surface
from runtime.wasm.producers import read_producers


def read_surface(component: Component, engine: Engine, digest: str, data: bytes) -> Surface:
    """What the component made of `data` imports and exports, with all types written out."""
    kind = component.type
    writer = _TypeWriter()
    imports = {name: item.ty for name, item in kind.imports(engine).items()}
    exports = {name: item.ty for name, item in kind.exports(engine).items()}
    for item in (*imports.values(), *exports.values()):
        if isinstance(item, ComponentInstanceType):
            writer.learn(item, engine)
    made = read_producers(data)
    return Surface(
        digest=digest,
        size=len(data),
        imports=_interfaces(imports, engine, writer),
        exports=_interfaces(exports, engine, writer),
        other_imports=tuple(
            name for name, item in imports.items() if not isinstance(item, ComponentInstanceType)
        ),
        languages=made.languages,
        tools=made.tools,
        interpreter=made.interpreter,
    )


def _interfaces(
    items: Mapping[str, object], engine: Engine, writer: _TypeWriter
) -> tuple[InterfaceSurface, ...]:
    found = []
    for name, item in items.items():
        if not isinstance(item, ComponentInstanceType):
            continue
        members = {key: member.ty for key, member in item.exports(engine).items()}
        found.append(
            InterfaceSurface(
                name,
                functions=tuple(
                    FunctionSurface(key, writer.function(member))
                    for key, member in members.items()
                    if isinstance(member, FuncType)
                ),
                resources=tuple(
                    key for key, member in members.items() if isinstance(member, ResourceType)
                ),
            )
        )
    return tuple(found)


class _TypeWriter:
    """Writes types in the notation of `FunctionSurface.type`."""

    def __init__(self) -> None:
        self._resources: list[tuple[ResourceType, str]] = []

    def learn(self, instance: ComponentInstanceType, engine: Engine) -> None:
        """Remember the names of the resources an interface defines."""
        for name, member in instance.exports(engine).items():
            kind = member.ty
            if isinstance(kind, ResourceType):
                self._resources.append((kind, name))

    def function(self, kind: FuncType) -> str:
        """`func(a: t) -> t`, or `async func…`."""
        params = ", ".join(f"{name}: {self.value(item)}" for name, item in kind.params)
        result = kind.result
        returned = "" if result is None else f" -> {self.value(result)}"
        prefix = "async " if _bindings.wasmtime_component_func_type_async(kind.ptr()) else ""
        return f"{prefix}func({params}){returned}"

    def value(self, kind: ValType | None) -> str:
        """A value's type; `_` for none."""
        match kind:
            case None:
                return "_"
            case RecordType():
                fields = ", ".join(f"{name}: {self.value(item)}" for name, item in kind.fields)
                return f"record{{{fields}}}"
            case VariantType():
                cases = ", ".join(
                    name if item is None else f"{name}({self.value(item)})"
                    for name, item in kind.cases
                )
                return f"variant{{{cases}}}"
            case EnumType() | FlagsType():
                word = "enum" if isinstance(kind, EnumType) else "flags"
                return f"{word}{{{', '.join(kind.names)}}}"
            case TupleType():
                return f"tuple<{', '.join(self.value(item) for item in kind.elements)}>"
            case ListType():
                return f"list<{self.value(kind.element)}>"
            case OptionType():
                return f"option<{self.value(kind.payload)}>"
            case ResultType():
                return f"result<{self.value(kind.ok)}, {self.value(kind.err)}>"
            case FutureType() | StreamType():
                word = "future" if isinstance(kind, FutureType) else "stream"
                return f"{word}<{self.value(kind.payload)}>"
            case OwnType():
                return f"own<{self._resource(kind.ty)}>"
            case BorrowType():
                return f"borrow<{self._resource(kind.ty)}>"
        return type(kind).__name__.lower()

    def _resource(self, kind: ResourceType) -> str:
        for known, name in self._resources:
            if known == kind:
                return name
        return "resource"
