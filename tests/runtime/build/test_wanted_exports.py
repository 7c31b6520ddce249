from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runtime.build.wanted_exports import wanted_in_javascript, wanted_in_python
from runtime.build.worlds import WitChoice

WIT = Path(__file__).resolve().parents[3] / "wit"


def laid_out(folder: Path, package: str) -> Path:
    """As tools expect it: the package, others in deps/."""
    shutil.copytree(WIT / package, folder / "wit")
    for other in WIT.iterdir():
        if other.is_dir() and other.name != package:
            shutil.copytree(other, folder / "wit" / "deps" / other.name)
    return folder / "wit"


@pytest.mark.parametrize(
    ("package", "world", "python", "javascript"),
    [
        (
            "torvyn-streaming",
            "transform",
            "class Processor with process(self, input)",
            "export const processor with process(input)",
        ),
        (
            "torvyn-streaming",
            "data-source",
            "class Source with pull(self), notify_backpressure(self, signal); "
            "class Lifecycle with init(self, config), teardown(self)",
            "export const source with pull(), notifyBackpressure(signal); "
            "export const lifecycle with init(config), teardown()",
        ),
        (
            "torvyn-filtering",
            "content-router",
            "class Router with route(self, element); "
            "class Lifecycle with init(self, config), teardown(self)",
            "export const router with route(element); "
            "export const lifecycle with init(config), teardown()",
        ),
    ],
)
def test_what_a_world_wants_is_said_in_the_words_of_the_language(
    tmp_path: Path, package: str, world: str, python: str, javascript: str
) -> None:
    wit = WitChoice(laid_out(tmp_path, package), world)
    assert wanted_in_python(wit) == python
    assert wanted_in_javascript(wit) == javascript


def test_a_world_that_is_not_there_wants_nothing(tmp_path: Path) -> None:
    assert wanted_in_python(WitChoice(tmp_path, "transform")) == ""
