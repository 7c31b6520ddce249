"""The parts of a dataclass, each made when it is used first.

All but `__init__` the standard library makes, of a copy of the class, asked for that part alone.
`__init__` is what nearly every class needs, so it is made here: with it, the standard library would
also compile what refuses assignments, which is the same for all frozen classes.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from threading import RLock
from typing import Any, NamedTuple

_Options = dict[str, bool]

_NOTHING: _Options = {"init": False, "repr": False, "eq": False}
_PARTS: dict[str, _Options] = {
    "__dataclass_fields__": _NOTHING,
    "__match_args__": _NOTHING,
    "__dataclass_params__": {"slots": True},
    "__repr__": {"init": False, "eq": False},
}
"""What the standard library makes, and the options with which it makes little else."""
if sys.version_info >= (3, 13):
    _PARTS["__replace__"] = _NOTHING
_PARTS_OF_EQUALS: dict[str, _Options] = {"__eq__": {"init": False, "repr": False}}
_PARTS_OF_FROZEN: dict[str, _Options] = {
    "__getstate__": _NOTHING | {"frozen": True, "slots": True},
    "__setstate__": _NOTHING | {"frozen": True, "slots": True},
}
_PARTS_OF_FROZEN_EQUALS: dict[str, _Options] = {"__hash__": {"init": False, "repr": False}}

_UNDERSTOOD = {"frozen", "slots", "eq", "kw_only"}
_NO_FIELDS = ("ClassVar", "InitVar", "KW_ONLY")
"""Annotations of other things. The standard library makes a class with one of them, at once."""
_GONE_WITH_SLOTS = ("__dict__", "__weakref__")

_lock = RLock()


class _Plan(NamedTuple):
    """What a class is made from."""

    namespace: dict[str, Any]
    """As the class was written."""
    options: _Options

    def part(self, cls: type, options: _Options) -> dict[str, Any]:
        """What the standard library makes of such a class with these options in place of others."""
        inherits = any("__dataclass_fields__" in vars(base) for base in cls.__mro__[1:])
        if options is _NOTHING and not inherits:
            options = options | {"frozen": False}
        twin = type(cls)(cls.__name__, cls.__bases__, dict(self.namespace))
        twin.__qualname__ = cls.__qualname__
        every: dict[str, Any] = {**self.options, "slots": False, **options}
        return dict(vars(dataclasses.dataclass(**every)(twin)))


_plans: dict[type, _Plan] = {}


class _Later:
    """Stands in a class for what is not made yet."""

    def __init__(self, name: str, make: Callable[[type], Any]) -> None:
        self._name = name
        self._make = make

    def __get__(self, instance: object, owner: type) -> Any:
        with _lock:
            for cls in owner.__mro__:
                if vars(cls).get(self._name) is self:
                    setattr(cls, self._name, self._make(cls))
        return getattr(owner if instance is None else instance, self._name)


def _later(parts: dict[str, _Options]) -> dict[str, _Later]:
    def of(name: str, options: _Options) -> _Later:
        return _Later(name, lambda cls: _plans[cls].part(cls, options)[name])

    return {name: of(name, options) for name, options in parts.items()}


def lazy_dataclass(cls: type | None = None, /, **options: bool) -> Any:
    """As `dataclasses.dataclass`."""
    if cls is None:
        return lambda cls: lazy_dataclass(cls, **options)
    annotations = vars(cls).get("__annotations__", {})
    if (
        not options.get("slots")
        or not options.keys() <= _UNDERSTOOD
        or any(word in str(text) for text in annotations.values() for word in _NO_FIELDS)
    ):
        made: type = dataclasses.dataclass(**options)(cls)
        return made
    written = {name: value for name, value in vars(cls).items() if name not in _GONE_WITH_SLOTS}
    inherited = {slot for base in cls.__mro__[1:] for slot in vars(base).get("__slots__", ())}
    namespace = {name: value for name, value in written.items() if name not in annotations}
    namespace["__slots__"] = tuple(name for name in annotations if name not in inherited)
    parts = dict(_LATER)
    if options.get("frozen"):
        parts |= _LATER_OF_FROZEN | {"__setattr__": _refuse_value, "__delattr__": _refuse_deletion}
    if options.get("eq", True):
        parts |= _LATER_OF_EQUALS
        if namespace.get("__hash__") is None:  # also where Python itself wrote it, next to `__eq__`
            namespace["__hash__"] = _HASH if options.get("frozen") else None
    made = type(cls)(cls.__name__, cls.__bases__, parts | namespace)
    made.__qualname__ = cls.__qualname__
    _plans[made] = _Plan(written, options)
    return made


def _init(cls: type) -> Callable[..., None]:
    """The `__init__` of a class: a parameter and an assignment for each field."""
    scope: dict[str, Any] = {"MISSING": dataclasses.MISSING, "assign": object.__setattr__}
    by_position, by_keyword, lines = ["self"], list[str](), list[str]()
    for field in dataclasses.fields(cls):
        name, parameter, value = field.name, field.name, field.name
        if field.default is not dataclasses.MISSING:
            scope[f"default_{name}"] = field.default
            parameter = f"{name}=default_{name}"
            value = name if field.init else f"default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            scope[f"make_{name}"] = field.default_factory
            parameter = f"{name}=MISSING"
            value = f"make_{name}()"
            if field.init:
                value += f" if {name} is MISSING else {name}"
        elif not field.init:
            continue
        lines.append(f"assign(self, {name!r}, {value})")
        if field.init:
            (by_keyword if field.kw_only else by_position).append(parameter)
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join([*by_position, *(["*", *by_keyword] if by_keyword else [])])
    body = "\n ".join(lines or ["pass"])
    exec(f"def __init__({parameters}):\n {body}", scope)
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _refuse_value(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_LATER: dict[str, Any] = {**_later(_PARTS), "__init__": _Later("__init__", _init)}
_LATER_OF_EQUALS = _later(_PARTS_OF_EQUALS)
_LATER_OF_FROZEN: dict[str, Any] = dict(_later(_PARTS_OF_FROZEN))
_HASH = _later(_PARTS_OF_FROZEN_EQUALS)["__hash__"]
