"""Payloads as a recording writes them: text when they are UTF-8, base64 otherwise."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b

DIGEST_BYTES = 16
"""Length of a digest: BLAKE2b of 128 bits, what `b2sum --length=128` prints."""

FULL_PAYLOAD_BYTES = 64 * 1024
"""Default size up to which payloads that can be computed again are written, in bytes."""


def digest_of(data: bytes) -> str:
    """BLAKE2b-128 of `data`, in hexadecimal."""
    return blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def digest_of_runs(runs: tuple[tuple[str, bytes], ...]) -> str:
    """Digest of what a call printed: of every run its stream, its length and its bytes."""
    state = blake2b(digest_size=DIGEST_BYTES)
    for stream, data in runs:
        state.update(f"{stream}:{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()


def to_text(data: bytes) -> tuple[str | None, str | None]:
    """`(text, None)` for UTF-8, else `(None, base64)`."""
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return None, base64.b64encode(data).decode("ascii")


def from_text(text: str | None, encoded: str | None) -> bytes | None:
    """The bytes that `to_text` wrote; None when neither is there.

    Raises:
        ValueError: `encoded` is not base64.
    """
    if text is not None:
        return text.encode("utf-8")
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f"payload is not base64: {error}") from error
