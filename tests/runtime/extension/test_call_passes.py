"""What is done natively to many calls at once comes to the same as in Python, errors included."""

from __future__ import annotations

import random
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.execution.call_inputs import inputs_of_calls
from runtime.execution.call_timing import CallTiming
from runtime.extension.call_passes import CallPasses, native_passes
from runtime.extension.installed import MODULE
from runtime.model.call import (
    PRINTED_KEPT_BYTES,
    Absorbed,
    Accepted,
    Answer,
    Call,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Failure,
    FailureKind,
    Finished,
    HostInput,
    Outcome,
    Output,
    Ports,
    Printed,
    Signal,
    Verdict,
)
from runtime.model.element import Buffer, Element, Hop
from runtime.model.events import CallFinished
from runtime.recording.ring.compact import chunk_of
from runtime.recording.ring.compact_columns import CallKinds, columns_of_calls, numbers_of
from runtime.recording.ring.sizes import bytes_of_calls
from tests.support.examples import examples
from tests.support.narrow import present
from tests.support.wasm.layers import needs_native, use_layer

pytestmark = needs_native

FAILURE = Failure(FailureKind.TRAP, "no", "E0804", "Trap", "look", True)
OUTCOMES: tuple[Outcome, ...] = (
    Emitted((Output(Buffer(b"made", "a/b"), "c/d"),)),
    Exhausted(),
    Discarded(),
    Absorbed(),
    Verdict(True),
    Ports(("output", "\u00e4")),
    Accepted(Signal.PAUSE),
    Finished(),
    Failed(FAILURE),
)
WIDE = 2**64
NUMBER_PARTS = 11
"""Parts of numbers behind the codes of the outcomes."""


def named(text: str) -> str:
    """A string of its own: names out of a recording are the same text in other objects."""
    return (text + " ")[:-1]


NAMES = st.sampled_from(("source", "work", "sink", "\u00fc", "")) | st.just("sink").map(named)
TYPES = st.sampled_from(("text/plain", "", "\u4e00")) | st.just("text/plain").map(named)
NUMBERS = st.integers(0, 90) | st.integers(0, 2**40) | st.sampled_from((2**62, 2**63 - 1))
TIMES = st.integers(0, 90) | st.integers(0, 2**40)
HOPS = st.builds(Hop, NAMES, st.just("pull"), NUMBERS, TIMES, TIMES)
PAYLOADS = st.builds(Buffer, st.sampled_from((b"", b"four", bytes(100_000))), TYPES)
ELEMENTS = st.builds(
    Element,
    NUMBERS,
    NUMBERS,
    NAMES,
    NUMBERS,
    NUMBERS,
    TYPES,
    PAYLOADS,
    st.lists(HOPS, max_size=3).map(tuple),
)
ANSWERS = st.builds(
    Answer,
    st.sampled_from(OUTCOMES),
    TIMES,
    printed=st.lists(st.just(Printed("stdout", b"said", True)), max_size=2).map(tuple),
    printed_bytes=st.sampled_from((0, 3, PRINTED_KEPT_BYTES + 1, 2**40)),
    host=st.lists(st.just(HostInput("clock", "now", 5)), max_size=2).map(tuple),
    fuel=NUMBERS,
)
CALLS = st.builds(
    Call,
    NUMBERS,
    NAMES,
    st.sampled_from(Export),
    st.none() | ELEMENTS,
    st.sampled_from(("", "{}")),
    st.none() | st.integers(0, 3),
)
FINISHED = st.builds(CallFinished, CALLS, ANSWERS, TIMES, st.lists(ELEMENTS, max_size=2).map(tuple))


def passes() -> CallPasses:
    with pytest.MonkeyPatch.context() as patch:
        use_layer("native", patch)
        return present(native_passes())


def both(work: Callable[[], object]) -> tuple[object, object]:
    """What comes of it natively, and in Python."""
    found: list[object] = []
    for layer in ("native", "direct"):
        with pytest.MonkeyPatch.context() as patch:
            use_layer(layer, patch)
            assert (native_passes() is not None) == (layer == "native")
            try:
                found.append(work())
            except (ValueError, OverflowError, struct.error) as error:
                found.append(type(error))
    native, python = found
    return native, python


def times_of(batches: list[list[CallFinished]]) -> list[object]:
    timing = CallTiming()
    found: list[object] = []
    for batch in batches:
        before = timing.before()
        timing.add_all(batch)
        found += [dict(timing.times().nodes), dict(timing.times_since(before).nodes)]
    times, (calls, waits, ends) = timing.times(), timing.histograms()
    shares = [share / 20 for share in range(21)]
    quantiles = {name: histogram.quantiles(shares) for name, histogram in calls.items()}
    waited = {name: histogram.quantiles(shares) for name, histogram in waits.items()}
    assert ends is not None
    found += [quantiles, waited, ends.quantiles(shares), dict(times.waits), list(calls)]
    return [*found, times.nodes, times.end_to_end, times.in_calls_ns]


def columns_of(calls: list[CallFinished]) -> tuple[object, ...]:
    kinds = CallKinds()
    (codes, *parts), answers = columns_of_calls(calls, kinds)
    # Natively the numbers are in narrower types.
    numbers = [list(numbers_of(part)) for part in parts[:NUMBER_PARTS]]
    return codes, numbers, parts[NUMBER_PARTS:], answers, kinds


def read_again(calls: list[CallFinished]) -> tuple[object, ...]:
    """What a chunk of the calls says of them."""
    numbered = [
        finished._replace(call=finished.call._replace(number=9 + place))
        for place, finished in enumerate(calls)
    ]
    chunk = chunk_of(numbered, 9, CallKinds())
    columns = chunk.columns()
    shown = list(columns.sequence), list(columns.size), columns.content_types
    return list(chunk.read()), *shown, list(columns.element_id), list(columns.output_ids)


@examples(40)
@given(st.lists(FINISHED, min_size=1, max_size=8))
def test_any_calls_come_to_the_same_natively_and_in_python(calls: list[CallFinished]) -> None:
    native, python = both(lambda: times_of([calls[:3], [], calls[3:]]))
    assert native == python
    native_size, python_size = both(lambda: bytes_of_calls(calls))
    assert native_size == python_size
    native_inputs, python_inputs = both(lambda: inputs_of_calls(calls))
    assert native_inputs == python_inputs
    native_columns, python_columns = both(lambda: columns_of(calls))
    assert native_columns == python_columns
    native_chunk, python_chunk = both(lambda: read_again(calls))
    assert native_chunk == python_chunk


def plain(**changed: Any) -> CallFinished:
    """A call that every pass takes, but for what is changed in it."""
    hop = Hop("work", "process", 7, at_ns=100, duration_ns=20)
    element = Element(5, 5, "source", 4, 0, "text/plain", Buffer(b"four"), (hop,))
    element = element._replace(**{key: changed[key] for key in changed if key in Element._fields})
    call = Call(9, "sink", Export.PUSH, element)
    answer = Answer(OUTCOMES[6], 30, fuel=8)
    answer = answer._replace(**{key: changed[key] for key in changed if key in Answer._fields})
    return CallFinished(call, answer, changed.get("at_ns", 150))


def test_natively_every_kind_of_call_is_taken() -> None:
    calls = [plain(outcome=outcome) for outcome in OUTCOMES]
    native = passes()
    assert native.CallTimes(Failed, Accepted).add_all(calls)
    assert native.sums_of_calls(calls, PRINTED_KEPT_BYTES) == (0, 0, 0)
    elements = [call.call.element for call in calls]
    assert native.inputs_of_calls(calls, Export.PULL) == ({"sink": elements}, {}, {})
    parts, groups = present(native.columns_of_calls(calls, CallKinds(), tuple(map(type, OUTCOMES))))
    assert list(parts[0]) == list(range(len(OUTCOMES)))
    assert groups == [[call.answer] for call in calls]
    payload = Buffer(bytes(16 * 1024 * 1024))
    large = plain()._replace(outputs=(present(plain().call.element)._replace(payload=payload),))
    assert present(native.sums_of_calls([large], 0))[0] == len(payload.data)


@pytest.mark.parametrize(
    "changed",
    [
        {"duration_ns": WIDE},
        {"fuel": WIDE},
        {"at_ns": WIDE},
        {"id": WIDE},
        {"sequence": 2**63},
        {"at_ns": 2**63 - 1, "duration_ns": 90},
        {"at_ns": 90},
        {"printed_bytes": WIDE},
        {"content_type": "\ud800"},
        {"source": "\ud800"},
        {"path": (Hop("\ud800", "process", 7, 0, 9),)},
        {"path": (Hop("work", "process", 7, -WIDE, 9),)},
        {"memory_bytes": WIDE},
        {"outcome": Ports(("\ud800",))},
    ],
)
def test_what_does_not_fit_ends_as_it_does_in_python(changed: dict[str, Any]) -> None:
    calls = [plain(), plain(**changed), plain()]
    native, python = both(lambda: times_of([[plain()], calls, [plain()]]))
    assert native == python
    native_size, python_size = both(lambda: bytes_of_calls(calls))
    assert native_size == python_size
    native_inputs, python_inputs = both(lambda: inputs_of_calls(calls))
    assert native_inputs == python_inputs
    native_columns, python_columns = both(lambda: columns_of(calls))
    assert native_columns == python_columns
    native_chunk, python_chunk = both(lambda: read_again(calls))
    assert native_chunk == python_chunk


@pytest.mark.parametrize(
    "odd", [None, (), [None], [()], [(1, 2, 3, 4, 5)], [plain()[:1]], [(None, *plain()[1:])]]
)
def test_what_is_no_list_of_calls_is_declined(odd: list[CallFinished]) -> None:
    native = passes()
    times = native.CallTimes(Failed, Accepted)
    assert not times.add_all(odd)
    assert times.take() == ([], None, 0)
    assert native.inputs_of_calls(odd, Export.PULL) is None
    assert native.columns_of_calls(odd, CallKinds(), (Accepted,)) is None
    assert native.columns_of_calls([plain()], CallKinds(), (Failed,)) is None
    assert native.sums_of_calls([cast(CallFinished, (*plain()[:3], (None,), ()))], 0) is None


@pytest.mark.parametrize("data", [b"", b"again " * 20_000, random.Random(5).randbytes(60_000)])
def test_what_is_compressed_natively_is_read_in_python(data: bytes) -> None:
    assert zlib.decompress(present(passes().compressed(data))) == data


def test_it_is_not_used_where_it_is_refused_or_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    use_layer("direct", monkeypatch)
    assert native_passes() is None
    use_layer("native", monkeypatch)
    assert native_passes() is not None
    monkeypatch.setitem(sys.modules, MODULE, None)
    assert native_passes() is None
