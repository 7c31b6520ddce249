"""What a run of the engine is set to."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.model.linked import ErrorPolicy, ErrorRule, SchedulePolicy

MAX_SKIPPED_PULLS = 1000
"""Failed pulls in a row after which a source under `skip` fails the flow."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Settings of one run; all of them are part of what makes it repeatable."""

    schedule: SchedulePolicy = SchedulePolicy.CONSUMER_FIRST
    """Order of calls at the start; `SetSchedule` changes it."""
    on_error: ErrorPolicy = ErrorPolicy.STOP
    max_retries: int = 3
    """Calls made again under `ErrorPolicy.RETRY` before the flow fails, 0 or more."""
    back_off_ms: int = 0
    """See `ErrorRule.back_off_ms`."""
    node_rules: tuple[tuple[str, ErrorRule], ...] = ()
    """Rules of single nodes; the three settings above are for all the others."""
    element_limit: int | None = None
    """Elements the sources give together before the flow drains; None is no limit."""
    rebuild: bool = True
    """False ends the flow as failed when an instance becomes unusable, as Torvyn does."""

    def __post_init__(self) -> None:
        """Raise ValueError for a negative number."""
        ErrorRule(self.on_error, self.max_retries, self.back_off_ms)
        if self.element_limit is not None and self.element_limit < 0:
            raise ValueError(f"element_limit must be 0 or more, not {self.element_limit}")

    def rule_of(self, node: str) -> ErrorRule:
        """What follows the failed calls of the node."""
        for name, rule in self.node_rules:
            if name == node:
                return rule
        return ErrorRule(self.on_error, self.max_retries, self.back_off_ms)
