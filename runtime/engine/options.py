"""What a run of the engine is set to."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.model.linked import ErrorPolicy, SchedulePolicy

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
    element_limit: int | None = None
    """Elements the sources give together before the flow drains; None is no limit."""
    rebuild: bool = True
    """False ends the flow as failed when an instance becomes unusable, as Torvyn does."""

    def __post_init__(self) -> None:
        """Raise ValueError for a negative number."""
        if self.max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {self.max_retries}")
        if self.element_limit is not None and self.element_limit < 0:
            raise ValueError(f"element_limit must be 0 or more, not {self.element_limit}")
