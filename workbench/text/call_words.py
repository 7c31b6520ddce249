"""What is said of a call that takes long."""

from __future__ import annotations

from runtime.model.call import CallInProgress
from runtime.model.measures.time_units import NS_PER_S


def seconds_words(call: CallInProgress) -> str:
    """`1.3 s`: how long it has been running."""
    return f"{call.elapsed_ns / NS_PER_S:.1f} s"


def progress_words(call: CallInProgress) -> str:
    """`1.3 s of 5 s`, with the limit that ends it."""
    limit = f" of {call.limit_ns / NS_PER_S:g} s" if call.limit_ns else ""
    return f"{seconds_words(call)}{limit}"


def call_words(call: CallInProgress) -> str:
    """`slow process(#1)`."""
    about = f"(#{call.sequence})" if call.sequence is not None else ""
    return f"{call.node} {call.export.value}{about}"
