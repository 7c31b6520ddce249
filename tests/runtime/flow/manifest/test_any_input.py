from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import tomli
from hypothesis import given
from hypothesis import strategies as st

from runtime.flow.check_report import report_json, report_text
from runtime.flow.link import link_flow, link_flows
from runtime.flow.manifest.shape import Shape, TableOf
from runtime.flow.manifest.tables import MANIFEST
from runtime.flow.manifest.values import Choice
from tests.support.examples import examples
from tests.support.flow_manifests import GOOD
from tests.support.flow_surfaces import FakeInspect


def check(data: bytes) -> None:
    """Links the bytes as a manifest; whatever they are, the answer is well formed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Torvyn.toml"
        path.write_bytes(data)
        lines = data.count(b"\n") + 1
        for result in (
            link_flow(path, inspect=FakeInspect()),
            link_flows(path, inspect=FakeInspect()),
        ):
            assert result.flows == ()
            assert result.diagnostics
            for item in result.diagnostics:
                assert item.message
                assert item.help
                assert item.line is None or 1 <= item.line <= lines
                assert item.render().replace("\n", "").isprintable()
            report_text(result)
            report_json(result)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_problems(data: bytes) -> None:
    check(data)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 12),
            st.binary(max_size=6) | st.sampled_from([b"[", b"]]", b'"', b"{", b"\n", b".", b"="]),
        ),
        max_size=4,
    )
)
@examples(200)
def test_any_damage_to_a_manifest_is_answered_with_problems(
    cuts: list[tuple[int, int, bytes]],
) -> None:
    data = GOOD.encode()
    for start, length, put in cuts:
        data = data[:start] + put + data[start + length :]
    check(data)


def words(shape: Shape[Any] = MANIFEST) -> set[str]:
    """Every key of the schema, and every word of its choices."""
    found: set[str] = {*shape.aliases, *shape.documented}
    for name, (_, row) in shape.rows().items():
        found.add(name)
        kind: Any = row.kind
        kind = kind.kind if isinstance(kind, TableOf) else kind
        if isinstance(kind, Shape):
            found |= words(kind)
        if isinstance(kind, Choice):
            found |= {*kind.words, *kind.aliases, *kind.extensions}
    return found


NAMES = st.sampled_from(sorted({*words(), "main", "a", "from", "to", "node", "port", "grants"}))
SCALARS = st.one_of(
    st.sampled_from(["true", "-1", "0", "1", "1e400", "nan", "0x" + "f" * 5000, "1979-05-27"]),
    NAMES.map(lambda name: f'"{name}"'),
    st.sampled_from(['"a:b"', '""', '"torvyn:streaming/sink"', '"\\u0000"', '"file://\\u0000"']),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(NAMES, inner, max_size=3).map(
            lambda items: "{ " + ", ".join(f"{k} = {v}" for k, v in items.items()) + " }"
        ),
    ),
    max_leaves=8,
)
HEADS = st.one_of(
    st.lists(NAMES, min_size=1, max_size=4).map(lambda names: f"[{'.'.join(names)}]"),
    st.sampled_from(
        ["[[component]]", "[[flow.main.edges]]", "[flow.main.nodes.a]", "[security.grants.a]"]
    ),
)


@given(st.lists(st.tuples(HEADS, st.dictionaries(NAMES, VALUES, max_size=4)), max_size=5))
@examples(200)
def test_any_values_under_any_known_keys_are_answered_with_problems(
    tables: list[tuple[str, dict[str, str]]],
) -> None:
    text = "".join(
        head + "\n" + "".join(f"{name} = {value}\n" for name, value in items.items())
        for head, items in tables
    )
    check(text.encode())


def test_the_manifest_that_is_damaged_above_is_toml_and_has_keys_of_every_kind() -> None:
    assert set(tomli.loads(GOOD)) < {*MANIFEST.rows()}
    assert {"queue_depth", "block", "drop-oldest", "tracing_exporter"} <= words()
