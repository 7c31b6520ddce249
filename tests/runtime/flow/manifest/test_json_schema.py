"""The JSON Schema of manifests says what `check` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import tomli
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.flow.manifest.json_schema import manifest_schema, schema_of
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.shape import Kind, Shape, TableOf
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.manifest.tables import MANIFEST, Edge, EdgesKind, Endpoint, EndpointKind
from runtime.flow.manifest.values import Choice, Flag, ListOf, Real, Size, Text, Whole
from tests.support.examples import examples
from workbench.cli import main

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = manifest_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
SAMPLES = sorted(ROOT.glob("sample_flows/*/*.toml"))

odd_values = st.one_of(
    st.booleans(),
    st.integers(-2, 70),
    st.sampled_from([0.25, 0.5, -0.5, 1.5, 2**63, -(2**40)]),
    st.sampled_from(["", "a", "a b", "x\n", "0.1.0", "01.1.0", "16MiB", "0B", "12 kb", "1k"]),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just({"a": {}}),
)
"""Values of every type, most of them wrong wherever they stand. A float that is whole is left out:
for JSON Schema it is an integer."""
names = st.sampled_from(["main", "in", "out", "a-1"])


def fitting(kind: Kind[Any]) -> st.SearchStrategy[Any]:
    """Values that a kind accepts, or that come close."""
    match kind:
        case Shape():
            return tables(kind)
        case TableOf(kind=inner):
            return st.dictionaries(names, values(inner), max_size=2)
        case ListOf(kind=inner):
            return st.lists(values(inner), max_size=2)
        case EdgesKind():
            return st.lists(values(Shape(Edge)), max_size=2)
        case EndpointKind():
            return st.one_of(tables(Shape(Endpoint)), st.sampled_from(["a:b", "a", ":b", ""]))
        case Text(pattern=None):
            return st.text(max_size=3)
        case Text():
            return st.sampled_from(["a", "a-b", "0.1.0", "10.2.3", "1.2", "a b", "a\n", "0.1.0\n"])
        case Size():
            sizes = ["16MiB", "1", " 2 k ", "3 GiB", "0", "00", "1kb", "0007b", "1" * 20, "5 MIB"]
            return st.sampled_from(sizes)
        case Flag():
            return st.booleans()
        case Whole(low=low, high=high):
            return st.sampled_from([low, low - 1, min(high, 7), high, high + 1])
        case Real(low=lowest, high=highest):
            return st.sampled_from([lowest, highest, lowest - 0.5, highest + 0.5, 0.25])
        case Choice():
            words = (*kind.words, *kind.aliases, *kind.extensions, *kind.documented, "no-such")
            return st.sampled_from(words)
    raise AssertionError(kind)


def values(kind: Kind[Any]) -> st.SearchStrategy[Any]:
    good = fitting(kind)
    return st.one_of(*([good] * 12), odd_values)


def tables(shape: Shape[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with most required keys, and at times with keys that do not belong there."""
    rows = shape.rows()
    known = {name: values(row.kind) for name, (_, row) in rows.items()}
    needed = {name: known[name] for name, (_, row) in rows.items() if row.required}
    others = {name: item for name, item in known.items() if name not in needed}
    others |= {alias: values(rows[meant][1].kind) for alias, meant in shape.aliases.items()}
    others |= dict.fromkeys(shape.documented, odd_values)
    strange = {} if shape.lenient else {"qqqqqqqqqqqq": odd_values}
    whole = st.fixed_dictionaries(needed, optional=others)
    loose = st.fixed_dictionaries({}, optional={**needed, **others, **strange})
    return st.one_of(*([whole] * 8), loose)


def is_refused(manifest: dict[str, Any]) -> bool:
    problems = Problems("Torvyn.toml", SourceText(""))
    MANIFEST.read(manifest, (), problems)
    return problems.has_errors


@examples(300)
@given(st.data())
def test_the_schema_refuses_what_check_refuses_for_its_shape_and_nothing_else(
    data: st.DataObject,
) -> None:
    rows = MANIFEST.rows()
    known = {name: values(row.kind) for name, (_, row) in rows.items()}
    name = data.draw(st.sampled_from(sorted(known)))
    manifest = data.draw(st.fixed_dictionaries({name: known[name]}))
    check_both(manifest)


@examples(100)
@given(tables(MANIFEST))
@example({})
@example({"flow": {"main": {"edges": [{"from": "a:b", "to": {"node": "a", "port": "b"}}]}}})
@example({"runtime": {"backpressure": {"policy": 3, "backpressure_policy": "error"}}})
@example({"runtime": {"backpressure": {"policy": 3}}})
@example({"torvyn": {"name": "a\n", "version": "0.1.0", "contract_version": "0.1.0"}})
@example({"torvyn": {"name": "a", "version": "0.1.0", "contract_version": "0.1.0", "x": 1}})
def test_the_schema_and_check_agree_on_whole_manifests(manifest: dict[str, Any]) -> None:
    check_both(manifest)


def check_both(manifest: dict[str, Any]) -> None:
    told = [error.message for error in VALIDATOR.iter_errors(manifest)]
    assert bool(told) == is_refused(manifest), told


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    with pytest.raises(TypeError):
        schema_of(cast(Kind[object], object()))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: "/".join(path.parts[-2:]))
def test_every_sample_is_valid(path: Path) -> None:
    VALIDATOR.validate(tomli.loads(path.read_text()))


def inner_shapes(kind: Kind[Any], schema: dict[str, Any]) -> list[tuple[Shape[Any], Any]]:
    """Every table's shape with its part of the schema."""
    match kind:
        case Shape():
            found = [(kind, schema)]
            for name, (_, row) in kind.rows().items():
                found += inner_shapes(row.kind, schema["properties"][name])
            return found
        case TableOf(kind=inner):
            return inner_shapes(inner, schema["additionalProperties"])
        case ListOf(kind=inner):
            return inner_shapes(inner, schema["items"])
        case EdgesKind():
            return inner_shapes(Shape(Edge), schema["items"])
        case EndpointKind():
            return inner_shapes(Shape(Endpoint), schema["anyOf"][0])
    return []


def test_every_key_that_the_tables_know_is_in_the_schema_and_no_other() -> None:
    found = inner_shapes(MANIFEST, SCHEMA)
    assert len(found) > 15
    for shape, schema in found:
        known = {*shape.rows(), *shape.aliases, *shape.documented}
        assert schema["properties"].keys() == known
        assert schema["description"]


def test_descriptions_are_those_of_the_tables() -> None:
    backpressure = SCHEMA["properties"]["runtime"]["properties"]["backpressure"]["properties"]
    assert backpressure["default_queue_depth"]["description"] == "Elements; 64 by default."
    rate = backpressure["rate"]["description"]
    assert rate.endswith("A key of torvyn-studio; Torvyn itself refuses it.")


def test_the_verb_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA
