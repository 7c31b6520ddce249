"""How many examples a random test tries."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

THOROUGH = 100
"""Examples of a test that does not say how many, when all are tried."""
GATE = THOROUGH // 10


def register_profiles(*, derandomize: bool) -> None:
    """Make the profiles known: `thorough` tries all examples, `gate` a tenth of them.

    Both print what repeats a failing example. A slow machine fails no test: there is no deadline.
    """
    settings.register_profile(
        "thorough",
        max_examples=THOROUGH,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile(
        "gate", settings.get_profile("thorough"), max_examples=GATE, derandomize=derandomize
    )


def examples(count: int) -> settings:
    """A test's own number of examples when all are tried; the loaded profile scales it."""
    return settings(max_examples=max(1, count * settings().max_examples // THOROUGH))


def repetitions(count: int) -> int:
    """How often to do what is done `count` times when all examples are tried: else a fifth."""
    return count if all_are_tried() else count // 5


def all_are_tried() -> bool:
    """Whether the loaded profile tries every example."""
    return settings().max_examples >= THOROUGH
