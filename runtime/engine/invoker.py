"""The Protocol through which the engine reaches components."""

from __future__ import annotations

from typing import Protocol

from runtime.model.call import Answer, Call


class Invoker(Protocol):
    """Makes one call at a time. A failure is an answer, never an exception."""

    def invoke(self, call: Call) -> Answer:
        """Make the call and wait for it.

        `init` makes the instance first, and rebuilds it when there is one already; a
        component without lifecycle answers `Finished`. After a failure with `crashed`, the
        node answers nothing but `init` and `teardown`. After a `Relink`, `teardown` is called
        of nodes that the flow does not have any more.
        """
        ...
