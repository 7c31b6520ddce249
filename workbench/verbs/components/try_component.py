"""`torvyn-studio try`: one component called alone, on whatever it is given."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from runtime.child.gc_tuning import settle_collector
from runtime.flow.grants import check_capability
from runtime.flow.reach import real_folders
from runtime.headless.try_component import (
    ComponentTry,
    GivenElement,
    RecordedInputs,
    line_inputs,
    text_elements,
    typed_inputs,
)
from runtime.model.errors import ExitCode
from runtime.model.linked import Role
from runtime.model.text.printable import json_line
from runtime.opening.components.component_alone import (
    OpenedComponent,
    open_component,
    open_in_place_of,
    open_node,
    recorded_node,
)
from runtime.opening.components.component_report import component_file
from workbench.command_line.messages import say, show_result
from workbench.terminal.graceful_stop import ended_by_others
from workbench.verbs.components.try_text import TryText
from workbench.verbs.options.arguments import MANIFEST_WORD, manifest_and_flow
from workbench.verbs.options.trust_flag import admission, trust_option

DEFAULT_PULLS = 10
"""Elements that are pulled from a source when nothing says how many."""
_SUFFIX = ".wasm"


@click.command("try")
@click.argument("target", metavar="COMPONENT.wasm|NODE", type=MANIFEST_WORD)
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow, where NODE is one of its nodes.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="The role to call it in; without it, the first one that it exports.",
)
@click.option("--config", metavar="TEXT", help="What `init` is given; without it {}, or NODE's.")
@click.option(
    "--input", "lines", metavar="FILE", help="An element a line of a file; - is standard input."
)
@click.option(
    "--text", "texts", multiple=True, metavar="TEXT", help="An element with this payload."
)
@click.option(
    "--elements",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE",
    help='Typed elements, a JSON object a line: one of "text", "json" and "base64", with '
    '"content_type", "sequence" and "timestamp_ns" where they matter.',
)
@click.option(
    "--from",
    "recording",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE.rec",
    help="What a node was given in a recording, with its recorded clock and random numbers.",
)
@click.option("--node", help="With --from: the recorded node; by default the one named.")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    metavar="CAPABILITY",
    help="Allow the component this, e.g. filesystem:read:/data; a file alone is allowed nothing.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after N elements.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@trust_option
def command(
    target: str,
    words: tuple[str, ...],
    flow: str | None,
    role: str | None,
    config: str | None,
    lines: str | None,
    texts: tuple[str, ...],
    elements: Path | None,
    recording: Path | None,
    node: str | None,
    grants: tuple[str, ...],
    limit: int | None,
    as_json: bool,
    trust: bool,
) -> int:
    """Call one component alone and tell all that came of it: outputs, copies, fuel, time.

    It gets `init`, the elements one after the other, `flush` or `complete`, and `teardown`. A
    source is pulled instead, 10 times unless --limit says otherwise. NODE has the
    configuration, limits and grants of its manifest. Without an option for elements they are
    read from standard input, a line each. Exit code 1 when a call failed.

    \b
    torvyn-studio try router.wasm --text '{"type":"log"}'
    torvyn-studio try enricher --input orders.ndjson --json
    torvyn-studio try build/new.wasm --from today.rec --node enricher
    """
    _check(lines, texts, elements, recording, node)
    wanted = None if role is None else Role(role)
    inputs: Iterable[GivenElement]
    if recording is not None:
        opened, inputs = _recorded(recording, node, target, words, flow, wanted, trust=trust)
    else:
        opened = _opened(target, words, flow, wanted, trust=trust)
        inputs = _inputs(opened, lines, texts, elements)
    if config is not None:
        opened = opened.with_node(replace(opened.node, config=config))
    opened = _granted(opened, grants)
    if opened.node.role is Role.SOURCE and limit is None:
        limit = DEFAULT_PULLS
    text = TryText(opened.node, as_json=as_json)
    settle_collector()
    tried = ComponentTry(opened, inputs, limit, text.take, text.take_denied)
    if not as_json:
        show_result(text.head())
    with ended_by_others(tried):
        report = tried.run()
    if as_json:
        print(json_line(text.summary_fields(report)))
    else:
        say(text.summary(report))
    if report.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED if report.errors else ExitCode.OK


def _check(
    lines: str | None,
    texts: tuple[str, ...],
    elements: Path | None,
    recording: Path | None,
    node: str | None,
) -> None:
    """Raise `click.UsageError` for options that do not go together."""
    given = {
        "--input": lines is not None,
        "--text": bool(texts),
        "--elements": elements is not None,
        "--from": recording is not None,
    }
    named = [name for name, there in given.items() if there]
    if len(named) > 1:
        raise click.UsageError(f"elements come from one place, not from {' and '.join(named)}")
    if node is not None and recording is None:
        raise click.UsageError("--node names a node of a recording: give --from too")


def _opened(
    target: str, words: tuple[str, ...], flow: str | None, role: Role | None, *, trust: bool
) -> OpenedComponent:
    if _is_file(target):
        return open_component(Path(target), role)
    manifest, name = manifest_and_flow(words, flow)
    opened = open_node(manifest, target, name, admit=admission(trust=trust))
    if opened is None:
        return open_component(component_file(manifest, target), role)
    if role not in (None, opened.node.role):
        raise click.UsageError(f"--role {role}: node {target} is a {opened.node.role.value}")
    return opened


def _is_file(target: str) -> bool:
    path = Path(target)
    return path.is_file() or target.endswith(_SUFFIX) or path.parent != Path()


def _recorded(
    recording: Path,
    node: str | None,
    target: str,
    words: tuple[str, ...],
    flow_name: str | None,
    role: Role | None,
    *,
    trust: bool,
) -> tuple[OpenedComponent, RecordedInputs]:
    """The component in the place of the recorded node, and what that was given."""
    if _is_file(target):
        path = Path(target)
    else:
        path = component_file(manifest_and_flow(words, flow_name)[0], target)
        node = node or target
    if node is None:
        raise click.UsageError("say which node of the recording: --node NAME")
    flow, linked = recorded_node(recording, node, admit=admission(trust=trust))
    if role not in (None, linked.role):
        raise click.UsageError(f"--role {role}: the recorded node is a {linked.role.value}")
    if linked.role is Role.SOURCE:
        raise click.UsageError(f"--from: {node} is a source, which is given nothing")
    opened = open_in_place_of(linked, flow, path)
    return opened, RecordedInputs(recording, flow, node)


def _inputs(
    opened: OpenedComponent, lines: str | None, texts: tuple[str, ...], elements: Path | None
) -> Iterable[GivenElement]:
    given = lines is not None or texts or elements is not None
    if opened.node.role is Role.SOURCE:
        if given:
            raise click.UsageError("a source is given nothing: it is pulled, see --limit")
        return ()
    if texts:
        return text_elements(texts)
    if elements is not None:
        return typed_inputs(elements)
    if lines is None and sys.stdin.isatty():
        say("Type an element a line; Ctrl-D ends the input.")
    return line_inputs("-" if lines is None else lines)


def _granted(opened: OpenedComponent, grants: tuple[str, ...]) -> OpenedComponent:
    for grant in grants:
        fault = check_capability(grant)
        if fault is not None:
            raise click.UsageError(f"--grant: {fault.message}; {fault.help}")
    if not grants:
        return opened
    node = opened.node
    all_of_them = (*node.grants, *grants)
    return opened.with_node(
        replace(node, grants=all_of_them, folders=real_folders(all_of_them), withheld=())
    )
