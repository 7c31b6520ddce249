"""Buffers a component owns: a model of bytes against the real thing; and the layout check."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.element import MAX_BUFFER_BYTES, Buffer
from runtime.wasm.abi import value_layout
from runtime.wasm.abi.buffers import (
    BUDGET_BYTES,
    CAPACITY_EXCEEDED,
    FROZEN,
    OUT_OF_BOUNDS,
    FrozenError,
    MutableBuffer,
    OwnedBuffers,
    kept_content_type,
    tier_capacity,
)


@pytest.mark.parametrize(
    ("hint", "capacity"),
    [
        (0, 256),
        (10, 256),
        (256, 256),
        (257, 4_096),
        (4_097, 65_536),
        (65_537, 1_048_576),
        (1_048_577, 1_048_577),
        (MAX_BUFFER_BYTES, MAX_BUFFER_BYTES),
    ],
)
def test_capacity_is_the_tiers_or_exact_above_them(hint: int, capacity: int) -> None:
    assert tier_capacity(hint) == capacity


writes = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 40)), st.binary(max_size=20)), max_size=12
)


@given(writes)
def test_writing_does_what_it_does_to_a_list_of_bytes(
    steps: list[tuple[int | None, bytes]],
) -> None:
    buffer = MutableBuffer(32)
    model = b""
    for offset, data in steps:
        start = len(model) if offset is None else offset
        refusal = buffer.append(data) if offset is None else buffer.write(offset, data)
        if start + len(data) > 32:
            assert refusal == CAPACITY_EXCEEDED
            continue
        assert refusal is None
        model = model.ljust(start, b"\0")[:start] + data + model[start + len(data) :]
        assert buffer.size() == len(model)
    assert buffer.freeze() == Buffer(model, "")


def test_frozen_bytes_are_those_appended_and_never_change() -> None:
    buffer = MutableBuffer(256)
    data = b"the very bytes"
    buffer.append(data)
    assert buffer.freeze().data is data
    assert buffer.write(0, b"x") == FROZEN
    for use in (buffer.size, buffer.freeze, lambda: buffer.append(b"")):
        with pytest.raises(FrozenError):
            use()
    assert MutableBuffer(256).write(1 << 32, b"") == OUT_OF_BOUNDS


def test_what_is_owned_is_counted_at_tier_capacity_until_it_is_given_away() -> None:
    owned = OwnedBuffers()
    assert owned.allocate(MAX_BUFFER_BYTES + 1) == CAPACITY_EXCEEDED
    numbers = [owned.allocate(MAX_BUFFER_BYTES) for _ in range(4)]
    assert owned.used == BUDGET_BYTES
    assert owned.allocate(1) == CAPACITY_EXCEEDED
    assert owned.clone(Buffer(b"x")) == CAPACITY_EXCEEDED
    first = numbers[0]
    assert isinstance(first, int)
    frozen = owned.freeze(owned.mutable[first])
    owned.drop_mutable(first)
    assert owned.used == BUDGET_BYTES
    assert owned.take_frozen(frozen) == Buffer(b"", "")
    assert owned.take_frozen(frozen) is None
    again = owned.clone(Buffer(b"abc", "kept/not"))
    assert isinstance(again, int)
    assert owned.frozen == {}
    made = owned.freeze(owned.mutable[again])
    assert owned.take_frozen(made) == Buffer(b"abc", "")


def test_content_types_are_cut_at_a_character() -> None:
    assert kept_content_type(b"text/plain") == "text/plain"
    assert kept_content_type(b"x" * 70) == "x" * 63
    assert kept_content_type(("x" * 62 + "ü").encode()) == "x" * 62


def test_a_wasmtime_with_another_layout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    value_layout.check_layout()
    monkeypatch.setattr(value_layout, "ENTRY_SIZE", 40)
    with pytest.raises(ImportError, match="entry is 48"):
        value_layout.check_layout()


@given(st.binary(max_size=300))
def test_memory_is_read_where_it_lies(data: bytes) -> None:
    memory = ctypes.create_string_buffer(data, len(data) + 1)
    at = ctypes.addressof(memory)
    assert value_layout.read_bytes(at, len(data)) == data
    values = bytearray((len(data) + 1) * value_layout.VALUE_SIZE)
    values[8 : 8 + len(data) * 32 : 32] = data
    block = (ctypes.c_char * len(values)).from_buffer(values)
    assert value_layout.read_list_u8(ctypes.addressof(block), len(data)) == data
