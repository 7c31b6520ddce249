"""Options of the verbs that run a flow: `run` and `record`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from runtime.flow.error_rules import DEFAULT_RETRIES, GivenRule, rules_over
from runtime.headless.run import RunOptions
from runtime.model.linked import ErrorPolicy, ErrorRule, SchedulePolicy
from runtime.opening.open import OpenedFlow
from runtime.recording.redaction import Redaction
from workbench.verbs.options.arguments import MANIFEST_WORD, Duration, input_option
from workbench.verbs.options.on_error import OnError, require_nodes
from workbench.verbs.options.trust_flag import trust_option
from workbench.verbs.options.where_and_break import (
    break_option,
    where_option,
)

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD),
    click.option("--flow", help="Name of the flow; without it, the alphabetically first one."),
    click.option("--limit", type=click.IntRange(min=1), help="Stop the sources after N elements."),
    click.option("--timeout", type=Duration(), help="Stop the sources after e.g. 500ms, 10s, 2m."),
    click.option(
        "--on-error",
        type=OnError(),
        multiple=True,
        metavar="[NODE=]POLICY",
        help="What follows a failed call, of all nodes or of one: fail (the default), skip, stop "
        "(here as fail), retry, retry(N) or retry(N, 200ms), which waits so long before the "
        "first further try and twice as long before each other one. Of one node it counts more "
        "than .torvyn/studio/settings.toml.",
    ),
    click.option(
        "--retries",
        type=click.IntRange(min=1),
        default=DEFAULT_RETRIES,
        show_default=True,
        help="Further tries of an element with --on-error retry, unless it says how many.",
    ),
    click.option(
        "--schedule",
        type=click.Choice([policy.value for policy in SchedulePolicy]),
        help="Order of calls, in place of the manifest's; without either consumer-first, "
        "Torvyn's own.",
    ),
    input_option(standard_input=True),
    click.option(
        "--redact",
        "redactions",
        multiple=True,
        metavar="RULE",
        help="Keep out of the recording what a JSON path ($..password) or a regular "
        "expression (token=(\\w+)) finds.",
    ),
    where_option,
    break_option,
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line."),
    click.option(
        "--as-torvyn", is_flag=True, help="Discard what is printed without a grant, as Torvyn does."
    ),
)


class RunArguments(TypedDict):
    """What `run_options` adds to a command."""

    words: tuple[str, ...]
    flow: str | None
    limit: int | None
    timeout: float | None
    on_error: tuple[GivenRule, ...]
    retries: int
    schedule: str | None
    inputs: tuple[str, ...]
    redactions: tuple[str, ...]
    where: str | None
    breaks: tuple[str, ...]
    as_json: bool
    as_torvyn: bool
    trust: bool


def run_options(function: _Command) -> _Command:
    """Gives a command the arguments and options of `RunArguments`."""
    for option in reversed((*_OPTIONS, trust_option)):
        function = option(function)
    return function


def options_for(arguments: RunArguments, opened: OpenedFlow) -> RunOptions:
    """How the flow runs: as the arguments say, else the manifest and the project's settings."""
    flow = opened.flow
    given, retries = arguments["on_error"], arguments["retries"]
    require_nodes(given, flow.name, flow.by_name)
    rule, node_rules = rules_over(given, ErrorRule(ErrorPolicy.FAIL), opened.node_rules, retries)
    schedule = flow.schedule if flow.schedule_given else SchedulePolicy.CONSUMER_FIRST
    if arguments["schedule"] is not None:
        schedule = SchedulePolicy(arguments["schedule"])
    return RunOptions(
        limit=arguments["limit"],
        timeout_seconds=arguments["timeout"],
        on_error=rule.policy,
        retries=rule.max_retries,
        back_off_ms=rule.back_off_ms,
        node_rules=node_rules,
        schedule=schedule,
    )


def redaction(rules: tuple[str, ...]) -> Redaction | None:
    """The redaction of these rules, if there are any. Raises `StudioError` for bad ones."""
    return Redaction(rules) if rules else None
