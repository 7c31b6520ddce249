"""`--on-error`: what follows a failed call, of all nodes or of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import click

from runtime.flow.error_rules import parse_error_rule
from runtime.flow.studio_settings import NodeRules
from runtime.model.linked import ErrorPolicy, ErrorRule, LinkedFlow


class GivenRule(NamedTuple):
    """One `--on-error`."""

    node: str | None
    """None is every node that has no rule of its own."""
    rule: ErrorRule
    says_how_often: bool
    """False for `retry` alone."""


class OnError(click.ParamType[GivenRule]):
    """`POLICY` or `NODE=POLICY`."""

    name = "error policy"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> GivenRule:
        """The rule; fails with what is accepted."""
        node, separator, policy = str(value).rpartition("=")
        try:
            rule = parse_error_rule(policy)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return GivenRule(node if separator else None, rule, policy.strip() != ErrorPolicy.RETRY)


def error_rules(
    given: Iterable[GivenRule], retries: int, flow: LinkedFlow, settings: NodeRules
) -> tuple[ErrorRule, NodeRules]:
    """The rule of most nodes, by default `fail`, and those of single nodes.

    A rule that was given counts more than that of the project's `settings`; `retries` is for
    those that do not say how often. Raises `click.UsageError` for a node that is not in the flow.
    """
    general = ErrorRule(ErrorPolicy.FAIL)
    rules = dict(settings)
    for node, rule, says_how_often in given:
        if not says_how_often:
            rule = replace(rule, max_retries=retries)
        if node is None:
            general = rule
        elif node in flow.by_name:
            rules[node] = rule
        else:
            names = ", ".join(flow.by_name)
            raise click.UsageError(
                f"--on-error: flow '{flow.name}' has no node '{node}'; its nodes are {names}"
            )
    return general, tuple(rules.items())
