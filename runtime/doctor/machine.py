"""What flows and the workbench need of a machine besides tools."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from runtime.doctor.findings import Finding, FindingState
from runtime.engine.compiled import engine_is_compiled
from runtime.extension.installed import find_extension

TOPIC = "machine"
LEAST_WATCHES = 8192
"""Files and folders that may be watched; a project with `node_modules` takes thousands."""
LEAST_INSTANCES = 64
"""Watchers that one user may have; every editor takes a few."""

_INOTIFY = Path("/proc/sys/fs/inotify")


def examine_machine(
    environ: Mapping[str, str], cache: Path, inotify: Path = _INOTIFY
) -> tuple[Finding, ...]:
    """Versions, watch limits, terminal, locale and the cache of compiled components."""
    own = f"torvyn-studio {version('torvyn-studio')}, wasmtime {version('wasmtime')}"
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        Finding(TOPIC, "versions", FindingState.GOOD, f"{own}, Python {python}", sys.executable),
        _native_layer(),
        _engine(),
        *_watch_limits(inotify),
        _terminal(environ),
        _locale(),
        _cache(cache),
    )


def _native_layer() -> Finding:
    """Whether components are called natively, which only a grant of the network needs."""
    found = find_extension()
    name = "native layer"
    if found.extension is not None or found.refused:
        return Finding(TOPIC, name, FindingState.GOOD, found.detail, found.place)
    if not found.installed:
        detail = (
            "not installed: only nodes that are granted the network need it; calls and forks take "
            "less time with it"
        )
        return Finding(TOPIC, name, FindingState.GOOD, detail)
    why = f"{found.detail}, so it is not used"
    return Finding(TOPIC, name, FindingState.DOUBTFUL, why, found.place, _NATIVE_CURE)


def _engine() -> Finding:
    """Whether the engine is compiled; nothing needs it."""
    compiled = "compiled by mypyc"
    pure = "Python: nothing needs a compiled one, which takes half the time between two calls"
    detail = compiled if engine_is_compiled() else pure
    return Finding(TOPIC, "engine", FindingState.GOOD, detail)


_NATIVE_CURE = "in a checkout of torvyn-studio: make native"


def _watch_limits(inotify: Path) -> tuple[Finding, ...]:
    """Linux's limits; other systems have none that is known."""
    found = []
    for name, least, usual in (
        ("max_user_watches", LEAST_WATCHES, 524288),
        ("max_user_instances", LEAST_INSTANCES, 1024),
    ):
        try:
            limit = int((inotify / name).read_text())
        except (OSError, ValueError):
            continue
        place = str(inotify / name)
        if limit < least:
            why = f"{limit}: changed files may go unseen, {least} or more are wanted"
            cure = f"sudo sysctl fs.inotify.{name}={usual}, or open with --poll"
            found.append(Finding(TOPIC, name, FindingState.DOUBTFUL, why, place, cure))
        else:
            found.append(Finding(TOPIC, name, FindingState.GOOD, str(limit), place))
    return tuple(found)


def _terminal(environ: Mapping[str, str]) -> Finding:
    name = environ.get("TERM", "")
    if name in ("", "dumb"):
        why = "TERM is not set" if not name else "TERM=dumb: it can show no screen"
        cure = "open the workbench in a terminal, e.g. with TERM=xterm-256color"
        return Finding(TOPIC, "terminal", FindingState.DOUBTFUL, why, cure=cure)
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return Finding(TOPIC, "terminal", FindingState.GOOD, f"{name}, 16 million colours")
    return Finding(
        TOPIC, "terminal", FindingState.GOOD, f"{name}, 256 colours (COLORTERM is not set)"
    )


def _locale() -> Finding:
    encoding = locale.getencoding()
    if encoding.lower().replace("-", "") == "utf8":
        return Finding(TOPIC, "locale", FindingState.GOOD, encoding)
    why = f"text is {encoding}: lines and boxes cannot be drawn"
    return Finding(TOPIC, "locale", FindingState.DOUBTFUL, why, cure="export LANG=C.UTF-8")


def _cache(folder: Path) -> Finding:
    """The folder as the cache will see it: made when it is needed, so its parent counts too."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        why = f"{place} cannot be written: every opening compiles again"
        cure = f"make {place} writable"
        return Finding(TOPIC, "cache", FindingState.DOUBTFUL, why, str(folder), cure)
    if place == folder and folder.stat().st_mode & 0o022:
        why = "others may write to it, so it is not used: every opening compiles again"
        cure = f"chmod go-w {folder}"
        return Finding(TOPIC, "cache", FindingState.DOUBTFUL, why, str(folder), cure)
    files = list(folder.glob("*.cwasm")) if place == folder else []
    mib = sum(path.stat().st_size for path in files) / 1024**2
    return Finding(
        TOPIC,
        "cache",
        FindingState.GOOD,
        f"{mib:.0f} MiB in {len(files)} compiled components",
        str(folder),
    )
