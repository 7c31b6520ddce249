"""How often the session is asked what happened: so that keys come first, also on a busy machine."""

from __future__ import annotations

POLL_S = 0.05
"""How often it is asked while the flow stands."""

RUNNING_POLL_S = 0.1
"""How often while the flow runs: more pictures a second help no reader, and cost key time."""

KEY_S = 0.05
"""For so long after a key the picture belongs to what the key does."""

LONGEST_REST_S = 0.5
"""It is asked at least so often, however slow the machine is, and whatever is typed."""


class PollPace:
    """Says when to ask again. All times are of one monotonic clock, in seconds.

    While the flow runs, pictures take no more than half of the time: where the machine is too slow
    for ten a second there are fewer, or every key would wait for a picture that nobody asked for.
    """

    def __init__(self) -> None:
        self._polled_at = 0.0
        self._picture_s = 0.0
        self._typed_at = -KEY_S

    def typed(self, at: float) -> None:
        """A key came."""
        self._typed_at = at

    def polled(self, at: float) -> None:
        """It was asked, and what it said is being shown."""
        self._polled_at = at

    def painted(self, polled_at: float, at: float) -> None:
        """What it said then is on the screen."""
        self._picture_s = at - polled_at

    def typing(self, now: float) -> bool:
        """Whether a key came just now, for which the next picture is."""
        return now < self._typed_at + KEY_S

    def is_due(self, now: float, *, running: bool) -> bool:
        """Whether to ask now; to be called every `POLL_S`."""
        rested = now - self._polled_at + POLL_S / 2
        if not running:
            return rested > POLL_S
        if rested > LONGEST_REST_S:
            return True
        return rested > max(RUNNING_POLL_S, 2 * self._picture_s) and not self.typing(now)
