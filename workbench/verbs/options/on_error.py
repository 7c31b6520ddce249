"""`--on-error`: what follows a failed call, of all nodes or of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from runtime.flow.error_rules import GivenRule


class OnError(click.ParamType["GivenRule"]):
    """`POLICY` or `NODE=POLICY`."""

    name = "error policy"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> GivenRule:
        """The rule; fails with what is accepted."""
        # Imported with the first one: the process that opens the flow is started before.
        from runtime.flow.error_rules import GivenRule, parse_error_rule
        from runtime.model.linked import ErrorPolicy

        node, separator, policy = str(value).rpartition("=")
        try:
            rule = parse_error_rule(policy)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return GivenRule(node if separator else None, rule, policy.strip() != ErrorPolicy.RETRY)


def require_nodes(given: Iterable[GivenRule], flow: str, nodes: Collection[str]) -> None:
    """Raise `click.UsageError` for a rule of a node that is not among the `nodes` of the flow."""
    for rule in given:
        if rule.node is not None and rule.node not in nodes:
            raise click.UsageError(
                f"--on-error: flow '{flow}' has no node '{rule.node}'; "
                f"its nodes are {', '.join(nodes)}"
            )
