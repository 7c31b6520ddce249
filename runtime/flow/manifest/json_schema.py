"""A JSON Schema of manifests, made of the tables that `check` reads them with.

Editors complete and check with it while one types. What it cannot say stays with `check`: how
close an unknown table's name comes to a known one, that 1.0 is no whole number, that a size
overflows, and all that concerns several tables or files.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any, cast

from runtime.flow.manifest.shape import Kind, SchemaRow, Shape, TableOf
from runtime.flow.manifest.tables import MANIFEST, Edge, EdgesKind, Endpoint, EndpointKind
from runtime.flow.manifest.values import SIZE_PATTERN, Choice, Flag, ListOf, Real, Size, Text, Whole

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
_END = r"(?![\s\S])"
"""The end of a text, also where `$` would match before a last line end."""


def manifest_schema() -> Schema:
    """The schema of a whole `Torvyn.toml`, as draft 7."""
    return {
        "$schema": DIALECT,
        "title": "Torvyn.toml",
        **_shape(cast(Shape[object], MANIFEST)),
    }


def schema_of(kind: Kind[object]) -> Schema:
    """The schema of one kind of value. Raises `TypeError` for a kind it does not know."""
    match kind:
        case Shape():
            return _shape(cast(Shape[object], kind))
        case TableOf(kind=inner):
            return {"type": "object", "additionalProperties": schema_of(inner)}
        case ListOf(kind=inner):
            return {"type": "array", "items": schema_of(inner)}
        case EdgesKind():
            return {"type": "array", "items": schema_of(Shape(Edge))}
        case EndpointKind():
            written = {
                "type": "string",
                "pattern": "^[^:]",
                "deprecated": True,
                "description": 'Only Torvyn\'s documentation writes "node:port".',
            }
            return {"anyOf": [schema_of(Shape(Endpoint)), written]}
        case Text(pattern=None):
            return {"type": "string"}
        case Text(pattern=pattern) if pattern is not None:
            if pattern.match("\n"):
                return {"type": "string", "minLength": 1}
            return {"type": "string", "pattern": f"^(?:{pattern.pattern}){_END}"}
        case Size():
            return {"type": "string", "pattern": f"^{SIZE_PATTERN}{_END}"}
        case Flag():
            return {"type": "boolean"}
        case Whole(low=low, high=high):
            return {"type": "integer", "minimum": low, "maximum": high}
        case Real():
            return _real(kind)
        case Choice():
            words = (*kind.words, *kind.extensions, *kind.aliases, *kind.documented)
            return {"enum": list(words)}
    raise TypeError(f"no schema for a {type(kind).__name__}")


def _real(kind: Real) -> Schema:
    return {
        "type": "number",
        "minimum" if kind.low_allowed else "exclusiveMinimum": kind.low,
        "maximum" if kind.high_allowed else "exclusiveMaximum": kind.high,
    }


def _shape(shape: Shape[object]) -> Schema:
    rows = shape.rows()
    fields = {item.name: item for item in dataclasses.fields(cast(Any, shape.of))}
    texts = _attribute_docs(shape.of)
    properties: Schema = {}
    for name, (attribute, row) in rows.items():
        properties[name] = _property(row, fields[attribute], texts.get(attribute, ""))
    for alias, meant in shape.aliases.items():
        text = f"Only Torvyn's documentation has it: write '{meant}'."
        properties[alias] = {"deprecated": True, "description": text}
    for name, advice in shape.documented.items():
        text = f"Only Torvyn's documentation has it, without effect: {advice}."
        properties[name] = {"deprecated": True, "description": text}
    schema: Schema = {"type": "object", "properties": properties}
    summary = inspect.getdoc(shape.of)
    if summary:
        schema["description"] = summary
    needed = [name for name, (_, row) in rows.items() if row.required]
    if needed:
        schema["required"] = needed
    if not shape.lenient:
        schema["additionalProperties"] = False
    read_as = [_alias_rule(alias, meant, rows) for alias, meant in shape.aliases.items()]
    if read_as:
        schema["allOf"] = read_as
    return schema


def _alias_rule(alias: str, meant: str, rows: Mapping[str, tuple[str, SchemaRow]]) -> Schema:
    """An alias is read like the key it means, unless that key stands next to it."""
    return {
        "if": {"not": {"required": [meant]}},
        "then": {"properties": {alias: schema_of(rows[meant][1].kind)}},
    }


def _property(row: SchemaRow, field: dataclasses.Field[Any], text: str) -> Schema:
    schema = schema_of(row.kind)
    parts = [text or schema.get("description", "")]
    if row.extension:
        parts.append("A key of torvyn-studio; Torvyn itself refuses it.")
    if isinstance(row.kind, Choice):
        parts += _choice_texts(row.kind)
    description = " ".join(part for part in parts if part)
    if description:
        schema["description"] = description
    value = field.default
    if not row.required and isinstance(value, bool | int | float | str):
        schema["default"] = value
    elif not row.required and value == ():
        schema["default"] = []
    return schema


def _choice_texts(kind: Choice) -> list[str]:
    texts = [
        f"'{alias}' is how Torvyn's documentation writes '{word}'."
        for alias, word in kind.aliases.items()
    ]
    if kind.extensions:
        texts.append(f"Torvyn itself does not have: {', '.join(kind.extensions)}.")
    if kind.documented:
        texts.append(f"Without effect: {', '.join(kind.documented)}.")
    return texts


def _attribute_docs(table: type[Any]) -> dict[str, str]:
    """The text below each attribute of a table's class, and of those it extends."""
    found: dict[str, str] = {}
    for place in reversed(table.__mro__[:-1]):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(place))).body
        assert isinstance(tree, ast.ClassDef)
        for item, following in zip(tree.body, tree.body[1:], strict=False):
            match item, following:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = " ".join(text.split())
    return found
