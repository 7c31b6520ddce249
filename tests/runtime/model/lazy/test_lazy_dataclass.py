"""Dataclasses whose methods wait for their use are those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

import runtime.session.session  # noqa: F401
import workbench.view  # noqa: F401 - with what it imports, for `test_every_class_of_the_product…`
from runtime.model.lazy.class_parts import _plans, lazy_dataclass

T = TypeVar("T")


def classes(dataclass: Callable[..., Any]) -> dict[str, Any]:
    """One class of each kind, made by that decorator."""

    @dataclass(frozen=True, slots=True)
    class Frozen:
        """A value."""

        number: int
        text: str = "none"
        parts: tuple[int, ...] = field(default=(), repr=False)
        fresh: list[int] = field(default_factory=list, compare=False)
        fixed: int = field(default=7, init=False)
        made: list[int] = field(default_factory=lambda: [1], init=False, hash=False)

        @property
        def twice(self) -> int:
            return 2 * self.number

    @dataclass(frozen=True, slots=True)
    class Heir(Frozen):
        """One that adds to another, and gives it another default."""

        text: str = "heir"
        extra: float = 1.5

    @dataclass(frozen=True, slots=True, kw_only=True)
    class ByName:
        """Fields that are given by their names."""

        second: int = 2
        first: int
        third: int = field(default=3, kw_only=False)

    @dataclass(frozen=True, slots=True, eq=False)
    class Itself:
        """Equal to itself alone."""

        number: int

    @dataclass(slots=True)
    class Open:
        """One whose fields change."""

        number: int
        seen: dict[str, int] = field(default_factory=dict)

        def __post_init__(self) -> None:
            self.number += 1

    @dataclass(frozen=True, slots=True)
    class Own:
        """One with methods of its own."""

        number: int

        def __hash__(self) -> int:
            return 5

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True, slots=True)
    class Compared:
        """One with an equality of its own, for which Python takes the hash away."""

        number: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Compared)

    @dataclass(frozen=True, slots=True)
    class Box(Generic[T]):
        """Of any type."""

        content: T

    @dataclass(frozen=True, slots=True)
    class Empty:
        """Without fields."""

    @dataclass(frozen=True, slots=True)
    class Shared:
        """With what belongs to the class."""

        number: int
        limit: ClassVar[int] = 3

    @dataclass(frozen=True)
    class Roomy:
        """Without slots."""

        number: int = 1

    kinds = (Frozen, Heir, ByName, Itself, Open, Own, Compared, Box, Empty, Shared, Roomy)
    return {cls.__name__: cls for cls in kinds}


STANDARD = classes(dataclasses.dataclass)
LAZY = classes(lazy_dataclass)
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "Frozen": [
        {"number": 1},
        {"number": 1, "fresh": [9]},
        {"number": 2, "text": "x", "parts": (3,)},
    ],
    "Heir": [{"number": 1}, {"number": 1, "extra": 2.0}],
    "ByName": [{"first": 1}, {"first": 1, "second": 5, "third": 4}],
    "Itself": [{"number": 1}, {"number": 1}],
    "Open": [{"number": 1}, {"number": 1, "seen": {"a": 1}}],
    "Own": [{"number": 1}, {"number": 2}],
    "Compared": [{"number": 1}, {"number": 2}],
    "Box": [{"content": "a"}, {"content": (1, 2)}],
    "Empty": [{}, {}],
    "Shared": [{"number": 1}, {"number": 2}],
    "Roomy": [{}, {"number": 2}],
}


def answer(ask: Callable[[Any], Any], one: Any) -> object:
    """What comes of it: a value, or the error."""
    try:
        given = ask(one)
    except (AttributeError, TypeError) as error:
        return type(error)
    return repr(given) if dataclasses.is_dataclass(given) else given


def has_default(default: object) -> object:
    """Whether there is one, and which; a factory has its own mark in the standard library."""
    if default is inspect.Parameter.empty:
        return False
    made = default is dataclasses.MISSING or repr(default) == "<factory>"
    return "made" if made else repr(default)


CACHES = {"__annotations_cache__", "__msgspec_cache__"}
"""Names that Python and msgspec add to a class once they were asked for it."""


def shape(cls: Any) -> dict[str, Any]:
    """What can be asked of a class."""
    parameters = inspect.signature(cls).parameters.values()
    return {
        "parameters": [(one.name, one.kind, has_default(one.default)) for one in parameters],
        "fields": [
            (item.name, item.type, item.init, item.repr, item.compare, item.hash, item.kw_only)
            for item in dataclasses.fields(cls)
        ],
        "match": cls.__match_args__,
        "slots": vars(cls).get("__slots__"),
        "parameters of the decorator": repr(cls.__dataclass_params__),
        "hash": cls.__hash__ is None,
        "names": set(dir(cls)) - CACHES,
        "name": cls.__name__,
        "doc": None if (cls.__doc__ or "").startswith(f"{cls.__name__}(") else cls.__doc__,
    }


@pytest.mark.parametrize("name", STANDARD)
def test_a_class_has_what_the_standard_library_gives_it(name: str) -> None:
    assert shape(LAZY[name]) == shape(STANDARD[name])


def assign(one: Any) -> None:
    """Give every field another value."""
    for item in dataclasses.fields(one):
        setattr(one, item.name, 3)


def delete(one: Any) -> None:
    """Delete every field of a copy."""
    for item in dataclasses.fields(one):
        delattr(copy.copy(one), item.name)


@pytest.mark.parametrize(
    "ask",
    [
        repr,
        lambda one: hash(one) if type(one).__name__ != "Itself" else 0,
        dataclasses.asdict,
        copy.copy,
        copy.deepcopy,
        lambda one: dataclasses.replace(one),
        assign,
        delete,
        vars,
        lambda one: one.twice,
    ],
)
def test_an_instance_answers_as_the_standard_librarys(ask: Callable[[Any], Any]) -> None:
    """Each question is the first one that a class is asked: what it needs is made then."""
    for name, lazy in classes(lazy_dataclass).items():
        for given in ARGUMENTS[name]:
            one, other = lazy(**given), STANDARD[name](**given)
            found, expected = answer(ask, one), answer(ask, other)
            assert (found, repr(one)) == (expected, repr(other)), (name, given)


@pytest.mark.parametrize("name", STANDARD)
def test_instances_are_equal_where_the_standard_librarys_are(name: str) -> None:
    for cls in (LAZY[name], STANDARD[name]):
        first, second = (cls(**given) for given in ARGUMENTS[name][:2])
        again = cls(**ARGUMENTS[name][0])
        is_value = name != "Itself"
        assert (first == again) is is_value
        assert (first == second) is (name in ("Frozen", "Compared", "Empty"))
        assert first.__eq__(None) is (False if name == "Compared" else NotImplemented)
        if answer(hash, first) is not TypeError and is_value:
            assert hash(first) == hash(again)


def test_missing_and_unknown_arguments_are_refused_as_ever() -> None:
    with pytest.raises(TypeError, match=r"Frozen.__init__\(\) missing 1 required .* 'number'"):
        LAZY["Frozen"]()
    with pytest.raises(TypeError, match="unexpected keyword argument 'fixed'"):
        LAZY["Frozen"](1, fixed=3)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'number'"):
        LAZY["Frozen"](1).number = 2
    with pytest.raises(TypeError, match="positional argument"):
        LAZY["ByName"](1, 2)


def test_a_pattern_matches_by_position() -> None:
    match classes(lazy_dataclass)["Heir"](4):
        case object() as one:
            cls: Any = type(one)
    match cls(4, "x"):
        case cls(number, text):
            assert (number, text) == (4, "x")
        case _:
            pytest.fail("no match")


def test_a_method_is_made_once_and_no_other_before_its_use() -> None:
    cls = classes(lazy_dataclass)["Heir"]
    waiting = {name for name, value in vars(cls).items() if type(value).__name__ == "_Later"}
    assert {"__init__", "__repr__", "__eq__", "__hash__", "__match_args__"} < waiting
    assert cls(1) is not None
    left = {name for name, value in vars(cls).items() if type(value).__name__ == "_Later"}
    assert waiting - left == {"__init__", "__dataclass_fields__"}
    assert cls.__init__ is cls.__init__


def test_every_class_of_the_product_is_as_the_standard_library_would_make_it() -> None:
    made = [cls for cls in _plans if cls.__module__.startswith(("runtime.", "workbench."))]
    assert len(made) > 150
    for cls in made:
        plan = _plans[cls]
        written = type(cls)(cls.__name__, cls.__bases__, dict(plan.namespace))
        options: dict[str, Any] = dict(plan.options)
        assert shape(cls) == shape(dataclasses.dataclass(**options)(written)), cls
