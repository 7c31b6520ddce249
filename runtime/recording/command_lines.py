"""Commands as lines of a recording: a verb and its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import msgspec

from runtime.model.commands import (
    Command,
    Discard,
    Duplicate,
    Edit,
    Empty,
    Hold,
    Inject,
    Move,
    Relink,
    Revive,
    SetQueue,
    Skip,
    Step,
    Swap,
)
from runtime.model.linked import LinkedFlow
from runtime.recording.format import CommandLine
from runtime.recording.payload_encoding import from_text, to_text


def _verb(kind: type) -> str:
    """The class name in kebab case: `SetSchedule` is `set-schedule`."""
    name = kind.__name__
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).removeprefix("-")


COMMANDS: dict[str, type[Command]] = {_verb(kind): kind for kind in get_args(Command)}
"""Every command by verb. `step` is written only where it asked for a node or a lineage: it
stands before the call it led to. A call without one was the next in order."""

RELINK = _verb(Relink)
"""The verb of a line that changes the graph."""

NOT_REDACTED = "host"
"""The argument that is written as it is: host inputs."""

_LEFT_OUT: dict[type[Command], tuple[str, ...]] = {
    Swap: ("host",),
    Inject: ("sequence", "timestamp_ns", "buffer_type", "place"),
    Step: ("edge",),
}
"""Arguments that releases before did not write, by command."""

_CHANGES = (Skip, Revive, Edit, Inject, Discard, Duplicate, Move, Empty, Hold, SetQueue)


def is_change(command: Command) -> bool:
    """Whether somebody changed by it what waits in the flow: there is a place before it."""
    return isinstance(command, _CHANGES)


_VERBS = {kind: verb for verb, kind in COMMANDS.items()}


def command_line(
    command: Command, after_call: int, clean: Callable[[bytes], bytes] = bytes
) -> CommandLine:
    """The line of a command; `clean` redacts its texts and payloads, but no host inputs.

    A `Relink` is written without the paths of its files: builds are known by their digests.
    Arguments of `_LEFT_OUT` are left out when they hold nothing.
    """
    if isinstance(command, Relink):
        command = Relink(_without_paths(command.flow))
    raw: dict[str, Any] = msgspec.to_builtins(command, builtin_types=(bytes,))
    for key in _LEFT_OUT.get(type(command), ()):
        if raw[key] is None or raw[key] == ():
            del raw[key]
    return CommandLine(
        verb=_VERBS[type(command)],
        after_call=after_call,
        args={
            key: _written(value, bytes if key == NOT_REDACTED else clean)
            for key, value in raw.items()
        },
    )


def command_of(line: CommandLine) -> Command:
    """The command a line holds.

    Raises:
        ValueError: this release knows no such verb, or its arguments are not what it takes.
    """
    kind = COMMANDS.get(line.verb)
    if kind is None:
        raise ValueError(f"no command {line.verb!r}; this release knows {', '.join(COMMANDS)}")
    raw = {key: _read(value) for key, value in line.args.items()}
    unknown = set(raw) - {field.name for field in fields(kind)}
    if unknown:
        raise ValueError(f"command {line.verb!r} takes no {', '.join(sorted(unknown))}")
    command: Command = msgspec.convert(raw, kind, builtin_types=(bytes,))
    return command


def roles_of(flow: Any) -> dict[str, str]:
    """The roles by name of the nodes in the argument `flow` of a `relink`, as far as it has any."""
    nodes = flow.get("nodes") if isinstance(flow, dict) else None
    found = nodes if isinstance(nodes, list) else []
    return {
        str(node["name"]): str(node.get("role", ""))
        for node in found
        if isinstance(node, dict) and "name" in node
    }


def _without_paths(flow: LinkedFlow) -> LinkedFlow:
    nodes = tuple(replace(node, artifact="") for node in flow.nodes)
    return replace(flow, manifest=Path(flow.manifest).name, nodes=nodes, build_dir="")


def _written(value: Any, clean: Callable[[bytes], bytes]) -> Any:
    if isinstance(value, bytes):
        text, encoded = to_text(clean(value))
        return {"text": text} if encoded is None else {"base64": encoded}
    if isinstance(value, str):
        return clean(value.encode("utf-8")).decode("utf-8", "replace")
    if isinstance(value, list | tuple):
        return [_written(item, clean) for item in value]
    if isinstance(value, dict):
        return {key: _written(item, clean) for key, item in value.items()}
    return value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and value.keys() <= {"text", "base64"}:
            return from_text(value.get("text"), value.get("base64"))
        return {key: _read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_read(item) for item in value]
    return value
