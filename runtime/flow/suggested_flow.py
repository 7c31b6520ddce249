"""A `[flow.main]` to paste into a manifest that has none, wired by the roles of its components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from runtime.flow.topology import USUAL_INPUT, USUAL_OUTPUT
from runtime.model.linked import ROLE_INTERFACES, Role

_MISSING = {
    Role.SOURCE: "no component is a source: write one, or name one here",
    Role.SINK: "no component is a sink: write one, or name one here",
}


def suggested_flow(roles: Mapping[str, Role | None]) -> str:
    """TOML text for components in the manifest's order; None: the role is not known.

    Sources come first and sinks last; filters, processors and aggregators stand between them in
    the manifest's order, and routers after those, with a port for each sink. A source or sink
    that is missing gets a node whose component is still to be named.
    """
    nodes = {name: role for name, role in roles.items() if role is not None}
    sources = _of(nodes, Role.SOURCE)
    routers = _of(nodes, Role.ROUTER)
    sinks = _of(nodes, Role.SINK)
    stages = [name for name in nodes if name not in {*sources, *routers, *sinks}]
    lines = ["# The roles are those of the components; the order of the nodes is a guess."]
    lines += [
        f"# '{name}' is left out: it is not built, and its WIT does not tell its role."
        for name, role in roles.items()
        if role is None
    ]
    lines += ["", "[flow.main]"]
    for role, found in ((Role.SOURCE, sources), (Role.SINK, sinks)):
        if not found:
            found.append(_free_name(role, nodes))
            lines += ["", f"# {_MISSING[role]}", *_node(found[0], f"YOUR-{role.upper()}", role)]
    for name, role in nodes.items():
        lines += ["", *_node(name, name, role)]
    lines += _edges(sources, [*stages, *routers], sinks, routers)
    return "\n".join(lines) + "\n"


def _edges(
    sources: list[str], middle: list[str], sinks: list[str], routers: list[str]
) -> Iterator[str]:
    firsts = middle[:1] or sinks
    for source in sources:
        for first in firsts:
            yield from _edge(source, USUAL_OUTPUT, first)
    for left, right in pairwise(middle):
        yield from _edge(left, right if left in routers else USUAL_OUTPUT, right)
    for last in middle[-1:]:
        if last in routers:
            yield ""
            yield f"# The ports are to be the names that {last}'s route() answers with."
        for sink in sinks:
            yield from _edge(last, sink if last in routers else USUAL_OUTPUT, sink)


def _edge(source: str, port: str, target: str) -> Iterator[str]:
    yield ""
    yield "[[flow.main.edges]]"
    yield f'from = {{ node = "{source}", port = "{port}" }}'
    yield f'to = {{ node = "{target}", port = "{USUAL_INPUT}" }}'


def _node(name: str, component: str, role: Role) -> Iterator[str]:
    yield f"[flow.main.nodes.{name}]"
    yield f'component = "{component}"'
    yield f'interface = "{ROLE_INTERFACES[role]}"'


def _of(nodes: Mapping[str, Role], role: Role) -> list[str]:
    return [name for name, found in nodes.items() if found is role]


def _free_name(role: Role, nodes: Mapping[str, Role]) -> str:
    name = str(role)
    while name in nodes:
        name = f"your-{name}"
    return name
