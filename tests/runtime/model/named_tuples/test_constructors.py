"""What is made of a tuple of fields has the fields that its class declares."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from runtime.model.element import Hop
from runtime.model.named_tuples.constructors import new_hop

_SOURCE = Path(__file__).parents[4] / "runtime/model/named_tuples" / "constructors.py"

# Run as Python, as a compiled module has no annotations.
_MODULE: dict[str, Any] = runpy.run_path(str(_SOURCE))


@pytest.mark.parametrize("name", [name for name in _MODULE if name.startswith("new_")])
def test_fields_are_those_of_the_class(name: str) -> None:
    (of_class, of_fields), made = get_args(eval(_MODULE["__annotations__"][name], _MODULE))
    assert get_args(of_class) == (made,)
    assert get_args(of_fields) == tuple(get_type_hints(made).values())


def test_what_is_made_is_an_object_of_the_class() -> None:
    hop = new_hop(Hop, ("source", "pull", 1, 20, 300))
    assert type(hop) is Hop
    assert hop == Hop("source", "pull", call=1, at_ns=20, duration_ns=300)
