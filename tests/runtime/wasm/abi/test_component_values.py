"""Lists of bytes as wasmtime's C values."""

from __future__ import annotations

import pytest

from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.component_values import (
    MAX_GIVEN_BYTES,
    MOST_VALUES,
    ByteLists,
    FixedValues,
    ListTooLongError,
)
from runtime.wasm.abi.value_layout import FIRST, SECOND, VALUE_SIZE, WORDS, read_list_u8, word

LONG = MOST_VALUES
"""Longer lists are written in parts."""


@pytest.fixture(scope="module")
def lists() -> ByteLists:
    return ByteLists()


def _written(lists: ByteLists, data: bytes) -> bytes:
    """What a list made of `data` holds; it is freed as wasmtime frees it."""
    place = FixedValues()
    address = place.value(value_layout.BOOL)
    lists.write(address, data)
    assert WORDS[word(address)] == value_layout.LIST
    size, items = WORDS[word(address + FIRST)], WORDS[word(address + SECOND)]
    kinds = {WORDS[word(items + index * VALUE_SIZE)] for index in (0, size // 2, size - 1) if size}
    assert kinds <= {value_layout.U8}
    content = read_list_u8(items, size)
    capi.value_delete(capi.address(address))
    return content


@pytest.mark.parametrize(
    "size", [0, 1, 8, 200, 4_096, 4_097, LONG - 1, LONG, LONG + 1, 2 * LONG + 3]
)
def test_a_list_holds_the_bytes_it_was_made_of(lists: ByteLists, size: int) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    assert _written(lists, data) == data
    assert _written(lists, data) == data


def test_a_list_holds_its_own_bytes_after_longer_and_shorter_ones(lists: ByteLists) -> None:
    short, other, long = b"short", b"other bytes", b"x" * (LONG + 1)
    for data in (short, other, short, long, short, b"", other, long, b""):
        assert _written(lists, data) == data


def test_a_list_that_is_too_long_is_refused_and_leaves_the_place_alone(lists: ByteLists) -> None:
    place = FixedValues()
    address = place.value(value_layout.BOOL, 1)
    with pytest.raises(ListTooLongError):
        lists.write(address, bytes(MAX_GIVEN_BYTES + 1))
    assert (WORDS[word(address)], WORDS[word(address + FIRST)]) == (value_layout.BOOL, 1)
    assert _written(lists, b"after it") == b"after it"
