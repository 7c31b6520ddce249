from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.flow.access_report import access_lines
from runtime.flow.link import LinkResult, link_flow
from runtime.model.component.surface import FunctionSurface, InterfaceSurface, Surface
from runtime.model.errors import Severity
from runtime.model.linked import (
    LIFECYCLE_INTERFACE,
    ROLE_INTERFACES,
    Role,
)
from tests.support.flow_surfaces import FakeInspect, codes, exported, good, imported, project


def linked_with(
    tmp_path: Path, surface: Surface, role: str = "router", interface: str = ""
) -> LinkResult:
    roles = {"in": "source", "mid": role, "out": "sink"}
    path = project(tmp_path, roles, [("in", "mid"), ("mid", "out")])
    if interface:
        path.write_text(path.read_text().replace(ROLE_INTERFACES[Role(role)], interface))
    (tmp_path / ".torvyn" / "build" / "mid.wasm").write_text('"odd"')
    return link_flow(path, inspect=FakeInspect(odd=surface))


ROUTER = good(Role.ROUTER)
COMPONENT = "flow.main.nodes.mid.component"
INTERFACE = "flow.main.nodes.mid.interface"


def test_later_patch_versions_are_accepted_and_lifecycle_is_optional(tmp_path: Path) -> None:
    surface = replace(ROUTER, exports=(exported("torvyn:filtering/router", "0.1.7"),))
    result = linked_with(tmp_path, surface, interface="torvyn:filtering/router@0.1.2")
    assert result.diagnostics == ()
    assert result.flow is not None
    node = result.flow.by_name["mid"]
    assert (node.interface, node.lifecycle) == ("torvyn:filtering/router@0.1.7", None)


def with_function(name: str, kind: str | None) -> Surface:
    base = exported("torvyn:filtering/router")
    functions = () if kind is None else (FunctionSurface(name, kind),)
    return replace(ROUTER, exports=(replace(base, functions=functions),))


def importing(*interfaces: InterfaceSurface, other: tuple[str, ...] = ()) -> Surface:
    return replace(ROUTER, imports=(*ROUTER.imports, *interfaces), other_imports=other)


MISMATCHES: list[tuple[Surface, str, str, str, str]] = [
    (
        good(Role.FILTER),
        "E0201",
        INTERFACE,
        "torvyn:filtering/filter@0.1.0",
        "torvyn:filtering/filter",
    ),
    (Surface("", 8), "E0201", INTERFACE, "it exports nothing", "exports torvyn:filtering/router"),
    (
        replace(ROUTER, exports=(InterfaceSurface("wasi:cli/run@0.2.0"),)),
        "E0201",
        INTERFACE,
        "it exports wasi:cli/run@0.2.0",
        "world of a router",
    ),
    (
        replace(ROUTER, exports=(exported("torvyn:filtering/router", "0.2.0"),)),
        "E0208",
        COMPONENT,
        "torvyn:filtering/router@0.2.0",
        "version 0.1.0",
    ),
    (
        with_function("route", None),
        "E0201",
        COMPONENT,
        "lacks the function 'route'",
        "version 0.1.0",
    ),
    (
        with_function("route", "func(element: string) -> list<string>"),
        "E0201",
        COMPONENT,
        "expected: func(element: stream-element) -> result<list<string>, process-error>\n"
        "  found:    func(element: string) -> list<string>",
        "version 0.1.0",
    ),
    (
        with_function("route", "async func(element: string) -> future<string>"),
        "E0201",
        COMPONENT,
        "async func",
        "without async functions",
    ),
    (
        replace(
            ROUTER,
            exports=(
                exported("torvyn:filtering/router"),
                InterfaceSurface(
                    f"{LIFECYCLE_INTERFACE}@0.1.0", (FunctionSurface("init", "func()"),)
                ),
            ),
        ),
        "E0201",
        COMPONENT,
        "lacks the function 'teardown'",
        "version 0.1.0",
    ),
    (
        importing(InterfaceSurface("wasi:http/types@0.2.3")),
        "E0200",
        COMPONENT,
        "wasi:http/types@0.2.3",
        "wasi:sockets",
    ),
    (
        importing(InterfaceSurface("wasi:cli/stdout@0.3.0")),
        "E0200",
        COMPONENT,
        "WASI 0.3",
        "wasm32-wasip2",
    ),
    (importing(InterfaceSurface("my:kv/store@1.0.0")), "E0200", COMPONENT, "my:kv/store", "remove"),
    (
        importing(InterfaceSurface("torvyn:streaming/processor@0.1.0")),
        "E0200",
        COMPONENT,
        "torvyn:streaming/processor",
        "edges",
    ),
    (
        importing(InterfaceSurface("torvyn:streaming/types@0.2.0")),
        "E0200",
        COMPONENT,
        "torvyn:streaming/types@0.2.0",
        "version 0.1.0",
    ),
    (
        importing(InterfaceSurface("wasi:cli/stdout@0.1.0")),
        "E0200",
        COMPONENT,
        "wasi:cli/stdout@0.1.0",
        "WASI 0.2",
    ),
    (importing(other=("print",)), "E0200", COMPONENT, "imports print", "remove"),
    (
        importing(
            replace(
                imported("torvyn:streaming/types"),
                functions=(FunctionSurface("[method]buffer.shrink", "func()"),),
            )
        ),
        "E0200",
        COMPONENT,
        "torvyn:streaming/types@0.1.0#[method]buffer.shrink",
        "version 0.1.0",
    ),
    (
        importing(
            replace(
                imported("torvyn:streaming/types"),
                functions=(FunctionSurface("[method]buffer.size", "func() -> u32"),),
            )
        ),
        "E0201",
        COMPONENT,
        "imports '[method]buffer.size' with another type",
        "version 0.1.0",
    ),
    (
        importing(InterfaceSurface("torvyn:streaming/types@0.1.0", (), ("pool",))),
        "E0200",
        COMPONENT,
        "#pool",
        "version 0.1.0",
    ),
]


@pytest.mark.parametrize(("surface", "code", "key", "message", "help_"), MISMATCHES)
def test_a_component_that_does_not_fit_its_node_is_refused(
    tmp_path: Path, surface: Surface, code: str, key: str, message: str, help_: str
) -> None:
    result = linked_with(tmp_path, surface)
    assert result.flow is None
    found = [item for item in result.diagnostics if (item.code, item.key) == (code, key)]
    item = next(item for item in found if message in item.message)
    assert help_ in item.help
    assert item.severity is Severity.ERROR
    line = "component" if key == COMPONENT else "interface"
    assert (tmp_path / "Torvyn.toml").read_text().split("\n")[item.line - 1].startswith(line)  # type: ignore[operator]


def test_every_unmet_import_is_listed(tmp_path: Path) -> None:
    surface = importing(InterfaceSurface("a:b/c@1.0.0"), InterfaceSurface("d:e/f@1.0.0"))
    result = linked_with(tmp_path, surface)
    assert codes(result) == [("E0200", COMPONENT)] * 2


def test_another_version_in_the_manifest_is_refused(tmp_path: Path) -> None:
    result = linked_with(tmp_path, ROUTER, interface="torvyn:filtering/router@1.0.0")
    assert codes(result) == [("E0208", INTERFACE)]


@pytest.mark.parametrize("version", ["", "0.1.0"])
@pytest.mark.parametrize(
    ("role", "alias"),
    [
        (Role.FILTER, "torvyn:streaming/filter"),
        (Role.ROUTER, "torvyn:streaming/router"),
        (Role.AGGREGATOR, "torvyn:streaming/aggregator"),
    ],
)
def test_the_names_of_the_published_templates_are_bound_as_the_contracts(
    tmp_path: Path, role: Role, alias: str, version: str
) -> None:
    export = replace(
        exported(ROLE_INTERFACES[role]), name=f"{alias}@{version}" if version else alias
    )
    surface = replace(good(role), exports=(export,))
    for interface in ("", alias):
        result = linked_with(tmp_path, surface, role, interface)
        assert result.diagnostics == ()
        assert result.flow is not None
        node = result.flow.by_name["mid"]
        assert (node.role, node.interface) == (role, export.name)


def test_an_alias_of_another_version_is_refused_as_the_contracts_own_name_is(
    tmp_path: Path,
) -> None:
    export = replace(exported("torvyn:filtering/router"), name="torvyn:streaming/router@0.2.0")
    result = linked_with(tmp_path, replace(ROUTER, exports=(export,)))
    assert codes(result) == [("E0208", COMPONENT)]
    assert "torvyn:streaming/router@0.2.0" in result.diagnostics[0].message


def test_packages_without_a_version_are_bound_with_functions_and_types_compared(
    tmp_path: Path,
) -> None:
    def unversioned(item: InterfaceSurface) -> InterfaceSurface:
        return replace(item, name=item.name.removesuffix("@0.1.0"))

    surface = replace(
        ROUTER,
        imports=tuple(unversioned(item) for item in ROUTER.imports),
        exports=tuple(unversioned(item) for item in ROUTER.exports),
    )
    result = linked_with(tmp_path, surface)
    assert result.flow is not None, result.diagnostics
    node = result.flow.by_name["mid"]
    assert (node.interface, node.lifecycle) == ("torvyn:filtering/router", LIFECYCLE_INTERFACE)

    wrong = FunctionSurface("[method]buffer.size", "func() -> u32")
    odd = InterfaceSurface("torvyn:streaming/types", (wrong,))
    refused = linked_with(tmp_path, replace(surface, imports=(odd,)))
    assert codes(refused) == [("E0201", COMPONENT)]


def test_a_grant_of_the_network_takes_a_call_layer_that_gives_it(tmp_path: Path) -> None:
    connect = InterfaceSurface(
        "wasi:sockets/tcp-create-socket@0.2.3", (FunctionSurface("create-tcp-socket", "func()"),)
    )
    grants = '"network:tcp-connect:a.b", "network:http-outgoing"'
    table = f"[security.grants.mid]\ncapabilities = [{grants}]\n"
    path = project(
        tmp_path,
        {"in": "source", "mid": "router", "out": "sink"},
        [("in", "mid"), ("mid", "out")],
        table,
    )
    (tmp_path / ".torvyn" / "build" / "mid.wasm").write_text('"odd"')
    inspect = FakeInspect(odd=importing(connect))
    refused = link_flow(path, inspect=inspect)
    assert refused.flow is None
    (error, warning) = refused.diagnostics
    assert (error.severity, warning.severity) == (Severity.ERROR, Severity.WARNING)
    assert "'network:tcp-connect:a.b' cannot be given to node 'mid'" in error.message
    assert "make native" in error.help
    assert "wasi:http" in warning.message
    given = link_flow(path, inspect=inspect, gives_network=True)
    assert given.diagnostics == (warning,)
    assert given.flow is not None
    assert [node.name for node in given.flow.nodes if node.has_network] == ["mid"]
    withheld = replace(given.flow.by_name["mid"], grants=("network:http-outgoing",))
    assert not withheld.has_network
    lines = access_lines(given.flow)
    assert any("does not call it" in line for line in lines)
    reach = "mid may connect to a.b   beyond the project's folder: whoever runs it is asked"
    assert f"    {reach}" in lines
