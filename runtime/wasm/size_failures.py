"""Failures of calls that ask for, hand over or print more than crosses at once."""

from __future__ import annotations

from runtime.model.call import Failure, FailureKind
from runtime.model.codes import Code
from runtime.model.element import MAX_BUFFER_BYTES


def asked_too_much(size: int, most: int) -> Failure:
    """The component asked for a list that the host does not give at once."""
    return Failure.of(
        FailureKind.LIMIT,
        f"asked for {size:,} bytes at once; the host gives at most {most:,}",
        Code.CAPACITY_EXCEEDED,
        _in_pieces("Read large payloads in several pieces, with `read` of 16 KiB or so", most),
        crashed=True,
    )


def passed_too_much(most: int) -> Failure:
    """The component handed over a list that the host does not take at once."""
    return Failure.of(
        FailureKind.LIMIT,
        f"passed more than {most:,} bytes to the host in one call",
        Code.CAPACITY_EXCEEDED,
        _in_pieces("Write large payloads in several pieces, with `append` of 16 KiB or so", most),
        crashed=True,
    )


def _in_pieces(advice: str, most: int) -> str:
    """What to do about a list that is too long to cross at once."""
    if most >= MAX_BUFFER_BYTES:
        return f"{advice}."
    return (
        f"{advice}. On this call layer each byte takes 80 on its way; the native one takes "
        "whole payloads as they are (`make native`, docs/native-layer.md)."
    )


def configuration_too_long(size: int, most: int) -> Failure:
    """The node's configuration is longer than what crosses at once."""
    return Failure.of(
        FailureKind.LIMIT,
        f"its configuration has {size:,} bytes; the host gives at most {most:,}",
        Code.CAPACITY_EXCEEDED,
        "Shorten the node's config in the manifest, e.g. to the path of a file it may read.",
        crashed=True,
    )


def printed_too_much(limit: int) -> Failure:
    """The component filled the file of a standard stream."""
    return Failure.of(
        FailureKind.LIMIT,
        f"printed {limit:,} bytes or more to one stream in one call; what came after was lost",
        Code.CAPACITY_EXCEEDED,
        "Look for an endless loop that prints; this host takes no more in one call.",
        crashed=True,
    )
