"""WIT packages, sample flows and sources of components, wherever torvyn-studio is installed."""

from __future__ import annotations

from pathlib import Path

from runtime.build.worlds import packages_in
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError

WIT = "wit"
SAMPLE_FLOWS = "sample_flows"
COMPONENTS = "components"

_RUNTIME = Path(__file__).resolve().parent.parent
_PLACES = (_RUNTIME / "bundled", _RUNTIME.parent)
"""In an installed wheel, where pyproject.toml puts them; else in a checkout."""


def bundled_folder(name: str) -> Path:
    """The folder `WIT`, `SAMPLE_FLOWS` or `COMPONENTS`, absolute.

    Raises `StudioError` (exit 3) when this installation lacks it.
    """
    for place in _PLACES:
        if (place / name).is_dir():
            return place / name
    problem = Diagnostic(
        Severity.ERROR,
        Code.FILE_NOT_FOUND,
        f"this installation of torvyn-studio lacks its folder {name}",
        "install torvyn-studio again",
        file=str(_PLACES[0] / name),
    )
    raise StudioError([problem], ExitCode.ENVIRONMENT)


def wit_packages() -> tuple[Path, ...]:
    """The directories of the bundled WIT packages, one package each, by name.

    Raises `StudioError` as `bundled_folder` does.
    """
    return packages_in(bundled_folder(WIT))
