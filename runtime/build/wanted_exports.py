"""What a world wants its component to export, in the words of a language."""

from __future__ import annotations

import re

from runtime.build.worlds import WitChoice, worlds_in
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import contract_name

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PACKAGE = re.compile(r"^\s*package\s+([\w:-]+)(?:@[\w.+-]+)?\s*;", re.MULTILINE)
_INTERFACE = re.compile(r"\binterface\s+%?([\w-]+)\s*\{(.*?)\n\}", re.DOTALL)
_FUNCTION = re.compile(r"^    %?([\w-]+):\s*func\((.*?)\)", re.MULTILINE | re.DOTALL)
"""Of the interface itself: the functions of its resources stand further to the right."""
_PARAMETER = re.compile(r"%?([\w-]+)\s*:")


@dataclass(frozen=True, slots=True)
class WantedInterface:
    """An interface that the world exports."""

    name: str
    """Without package, e.g. "processor"."""
    functions: tuple[tuple[str, tuple[str, ...]], ...]
    """Names with those of their parameters, as WIT writes them."""


def wanted_interfaces(wit: WitChoice) -> tuple[WantedInterface, ...]:
    """The interfaces that the chosen world exports, as far as their WIT can be read."""
    world = next((world for world in worlds_in(wit.path) if world.name == wit.world), None)
    if world is None:
        return ()
    known = _interfaces(wit)
    return tuple(
        WantedInterface(name.rpartition("/")[2], known.get(contract_name(name), ()))
        for name in world.exports
    )


def wanted_in_python(wit: WitChoice) -> str:
    """`class Processor with process(self, input)`, one for each interface; "" when not known."""
    return "; ".join(
        f"class {_pascal(item.name)} with "
        + ", ".join(
            f"{name.replace('-', '_')}({', '.join(('self', *map(_snake, parameters)))})"
            for name, parameters in item.functions
        )
        for item in wanted_interfaces(wit)
        if item.functions
    )


def wanted_in_javascript(wit: WitChoice) -> str:
    """`export const processor with process(input)`, one for each; "" when not known."""
    return "; ".join(
        f"export const {_camel(item.name)} with "
        + ", ".join(
            f"{_camel(name)}({', '.join(map(_camel, parameters))})"
            for name, parameters in item.functions
        )
        for item in wanted_interfaces(wit)
        if item.functions
    )


def _interfaces(wit: WitChoice) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Functions by the full name of their interface, without version."""
    found: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    for folder in sorted({path.parent for path in wit.path.rglob("*.wit")}):
        texts = []
        for path in sorted(folder.glob("*.wit")):
            try:
                texts.append(_COMMENT.sub("", path.read_text("utf-8", "replace")))
            except OSError:
                continue
        package = next((named.group(1) for text in texts if (named := _PACKAGE.search(text))), "")
        for text in texts:
            for interface in _INTERFACE.finditer(text):
                functions = tuple(
                    (name, tuple(_PARAMETER.findall(parameters)))
                    for name, parameters in _FUNCTION.findall(interface.group(2))
                )
                found[f"{package}/{interface.group(1)}"] = functions
    return found


def _snake(name: str) -> str:
    return name.replace("-", "_")


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _camel(name: str) -> str:
    return name[:1] + _pascal(name)[1:]
