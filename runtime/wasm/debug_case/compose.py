"""Composes a component, a host for it, and a driver that makes recorded calls, into one component.

What comes out exports `wasi:cli/run`, so that `wasmtime run` runs it, and `wasmtime run -g` debugs
the component in it. Of the component's imports, those of the contract come from the host in it and
the others stay imports.

The tools that compose components do not connect an interface that defines resources with two
others, as a host's has to be. So the outer component is written as text with empty components and
placeholders for the component's own imports, and their bytes are put in their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from wasmtime import wat2wasm

from runtime.model.component.surface import Surface
from runtime.model.component.wasm_sections import HEADER_BYTES, sections
from runtime.wasm.debug_case.case_calls import CaseCalls
from runtime.wasm.debug_case.component_prefix import (
    ALIAS,
    IMPORT,
    PrefixSection,
    UnusualComponentError,
    encoded_number,
    encoded_section,
    instance_export,
    prefix_of,
    types_and_instances,
)

_FOLDER = Path(__file__).parent
_COMPONENT = 4
_RECORDING = "torvyn-studio:call-case/recording@0.1.0"
_FIXTURE = "torvyn-studio:call-case/fixture@0.1.0"
_TYPES = "torvyn:streaming/types@0.1.0"
_FROM_HOST = (
    _TYPES,
    "torvyn:streaming/buffer-allocator@0.1.0",
    "torvyn:capabilities/capability-query@0.1.0",
)
_EXPORTS = (
    "torvyn:streaming/lifecycle@0.1.0",
    "torvyn:streaming/processor@0.1.0",
    "torvyn:streaming/sink@0.1.0",
    "torvyn:filtering/filter@0.1.0",
    "torvyn:filtering/router@0.1.0",
    "torvyn:aggregation/aggregator@0.1.0",
)
_RUN = "wasi:cli/run@0.2.0"
_PRINTED_WITH = ("wasi:io/error", "wasi:io/streams", "wasi:cli/stdout")
_HOST = 2
"""Number of the host's instance: the recording's and its interface come before."""
_USER = 3
"""Which of the components inside is the user's, counted from 1."""


def compose(component: bytes, surface: Surface, recorded: CaseCalls) -> bytes:
    """The component with its calls, as one component that `wasmtime run` runs.

    Raises:
        UnusualComponentError: its imports do not stand where the usual tools write them, or are
            none of the contract's or WASI's.
    """
    prefix = prefix_of(component)
    imports = [one for section in prefix for one in section.imports]
    for one in imports:
        if one.name not in _FROM_HOST and not one.name.startswith("wasi:"):
            raise UnusualComponentError(f"it imports {one.name}")
    types, instances = types_and_instances(prefix)
    driver = (_FOLDER / "call-driver.wasm").read_bytes()
    text = _outer(
        types,
        _arguments(prefix),
        instances,
        exports=frozenset(one.name for one in surface.exports),
        driver_imports=[one.name for section in prefix_of(driver) for one in section.imports],
        versions=_free_versions({one.name for one in imports}),
    )
    parts = (
        bytes(wat2wasm(_recording(recorded))),
        (_FOLDER / "call-host.wasm").read_bytes(),
        component,
        driver,
    )
    return _filled(bytes(wat2wasm(text)), parts, _moved(prefix))


# ---- the component's own imports


def _arguments(prefix: list[PrefixSection]) -> dict[str, int]:
    """The instance that each import of the component becomes."""
    found: dict[str, int] = {}
    number = _HOST + 1
    for section in prefix:
        for one in section.imports:
            if not one.is_instance:
                raise UnusualComponentError(f"its import {one.name} is no interface")
            found[one.name] = number
            number += 1
        number += sum(one.sort == 0x05 for one in section.aliases)
    return found


def _moved(prefix: list[PrefixSection]) -> bytes:
    """The component's beginning in the outer one, where the host's instances come before."""
    made = []
    for section in prefix:
        if section.imports:
            for one in section.imports:
                if one.name in _FROM_HOST:
                    made.append(encoded_section(ALIAS, [instance_export(_HOST, one.name)]))
                else:
                    made.append(encoded_section(IMPORT, [one.encoded]))
        elif section.aliases:
            aliases = [
                one.head
                + (b"" if one.instance is None else encoded_number(one.instance + _HOST + 1))
                + one.tail
                for one in section.aliases
            ]
            made.append(encoded_section(ALIAS, aliases))
        else:
            size = encoded_number(len(section.content))
            made.append(bytes([section.id]) + size + section.content)
    return b"".join(made)


def _free_versions(taken: set[str]) -> dict[str, str]:
    """Names for what the driver prints with that the component does not import itself."""
    patch = 0
    while any(f"{name}@0.2.{patch}" in taken for name in _PRINTED_WITH):
        patch += 1
    return {name: f"{name}@0.2.{patch}" for name in _PRINTED_WITH}


# ---- the outer component


def _outer(
    types: int,
    arguments: Mapping[str, int],
    instances: int,
    *,
    exports: frozenset[str],
    driver_imports: Iterable[str],
    versions: Mapping[str, str],
) -> str:
    given = {_RECORDING: "$recorded", _FIXTURE: "$fixture", _TYPES: "$types"}
    given |= {name: f"$role{number}" for number, name in enumerate(_EXPORTS)}
    printed = dict(zip(_PRINTED_WITH, ("$error", "$streams", "$stdout"), strict=True))
    roles = "\n".join(
        f'(alias export ${"user" if name in exports else "host"} "{name}" (instance $role{number}))'
        for number, name in enumerate(_EXPORTS)
    )
    user_arguments = _with({name: str(number) for name, number in arguments.items()})
    driver_arguments = _with(
        {name: given.get(name) or printed[name.partition("@")[0]] for name in driver_imports}
    )
    error, streams, stdout = (versions[name] for name in _PRINTED_WITH)
    return f"""(component $outer
  (component $recording)
  (instance $record (instantiate $recording))
  (alias export $record "{_RECORDING}" (instance $recorded))
  (component $host-component)
  (instance $host (instantiate $host-component {_with({_RECORDING: "$recorded"})}))
  {"(type u8)" * types}
  {"(instance)" * instances}
  (component $user-component)
  (instance $user (instantiate $user-component {user_arguments}))
  (alias export $host "{_TYPES}" (instance $types))
  (alias export $host "{_FIXTURE}" (instance $fixture))
  {roles}
  (import "{error}" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "{streams}" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer $outer $error-type (type $error-type))
    (export "error" (type $error (eq $error-type)))
    (type $failure (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $failure)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $stream-type))
  (import "{stdout}" (instance $stdout
    (alias outer $outer $stream-type (type $stream-type))
    (export "output-stream" (type $output-stream (eq $stream-type)))
    (export "get-stdout" (func (result (own $output-stream))))))
  (component $driver-component)
  (instance $driver (instantiate $driver-component {driver_arguments}))
  (alias export $driver "{_RUN}" (instance $run))
  (export "{_RUN}" (instance $run)))"""


def _with(arguments: Mapping[str, str]) -> str:
    return " ".join(
        f'(with "{name}" (instance {instance}))' for name, instance in arguments.items()
    )


def _filled(outer: bytes, parts: Iterable[bytes], imports: bytes) -> bytes:
    """The outer component with its parts in the places of the empty ones.

    The placeholders stand between the host's instance and the component, and all of them go.
    """
    made = [outer[:HEADER_BYTES]]
    left = iter(parts)
    nested, before, has_host = 0, HEADER_BYTES, False
    for section in sections(outer):
        whole = outer[before : section.end]
        before = section.end
        if section.id == _COMPONENT:
            nested += 1
            if nested == _USER:
                made.append(imports)
            part = next(left)
            made.append(bytes([_COMPONENT]) + encoded_number(len(part)) + part)
        elif nested != _USER - 1 or not has_host:
            has_host = nested == _USER - 1
            made.append(whole)
    return b"".join(made)


def _recording(recorded: CaseCalls) -> str:
    """A component that gives the calls and the grants."""
    calls, grants = recorded.encoded(), "\n".join(recorded.grants).encode()
    start = 16
    table = (start, len(calls), start + len(calls), len(grants))
    words = b"".join(number.to_bytes(4, "little") for number in table)
    pages = (start + len(calls) + len(grants) + 0xFFFF) >> 16
    data = _escaped(words + calls + grants)
    return f"""(component
  (core module $module
    (memory (export "memory") {pages})
    (data (i32.const 0) "{data}")
    (func (export "read") (result i32) (i32.const 0))
    (func (export "grants") (result i32) (i32.const 8)))
  (core instance $core (instantiate $module))
  (func $read (result (list u8))
    (canon lift (core func $core "read") (memory (core memory $core "memory"))))
  (func $grants (result string)
    (canon lift (core func $core "grants") (memory (core memory $core "memory"))))
  (instance $recording (export "read" (func $read)) (export "grants" (func $grants)))
  (export "{_RECORDING}" (instance $recording)))"""


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)
