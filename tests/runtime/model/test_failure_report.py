"""What is read out of a failure; the texts are those of real components."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.call import FAILURE_STDERR_BYTES, Failure, FailureKind
from runtime.model.codes import Code
from runtime.model.component.failure_report import MOST_FRAMES, frame_text, report_of
from runtime.model.component.stack import StackFrame

PYTHON = """\
Traceback (most recent call last):
  File "/0/app.py", line 39, in process
  File "/0/orders/parse.py", line 7, in order
  File "/python/json/__init__.py", line 346, in loads
  File "/python/json/decoder.py", line 361, in raw_decode
json.decoder.JSONDecodeError: Expecting ',' delimiter: line 1 column 28 (char 27)

thread '<unnamed>' (1) panicked at runtime/src/lib.rs:1293:29:
Python function threw an unexpected exception
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""
JAVASCRIPT = """\
invalid variant tag value `undefined` (received `TypeError: can't access property "padEnd", \
order.region is undefined`) specified for `ProcessError`
Stack:
  export_processor_0_1_0$process@/tmp/33c9721a6f29/sources/initializer.js:974:17

Redirecting call to abort() to mozalloc_abort

"""
RUST = """\
thread '<unnamed>' (1) panicked at src/lib.rs:31:18:
index out of bounds: the len is 3 but the index is 7
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""
UNREACHABLE = "wasm `unreachable` instruction executed, in wit_dylib_export_call"


def failed(
    stderr: str,
    kind: FailureKind = FailureKind.TRAP,
    code: Code = Code.TRAP,
    frames: tuple[StackFrame, ...] = (),
) -> Failure:
    failure = Failure.of(kind, UNREACHABLE, code, "", crashed=True)
    return failure._replace(stderr=stderr.encode(), frames=frames)


def test_a_python_exception_is_the_headline_with_the_authors_frames() -> None:
    native = (StackFrame("wit_dylib_export_call"),)
    report = report_of(failed(PYTHON, frames=native))
    assert report.headline == (
        "json.decoder.JSONDecodeError: Expecting ',' delimiter: line 1 column 28 (char 27),"
        " in order (orders/parse.py:7)"
    )
    assert [frame_text(frame) for frame in report.frames] == [
        "orders/parse.py:7 in order",
        "app.py:39 in process",
    ]
    assert report.written[0] == "Traceback (most recent call last):"
    assert report.written[-1].startswith("note: run with")


def test_of_chained_exceptions_the_one_nobody_caught_counts() -> None:
    first = PYTHON.partition("\n\nthread")[0]
    text = (
        f"{first}\n\nDuring handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "/0/app.py", line 41, in process\n'
        "KeyError: 'customer'\n"
    )
    report = report_of(failed(text))
    assert report.headline == "KeyError: 'customer', in process (app.py:41)"
    assert [frame.line for frame in report.frames] == [41]


def test_a_traceback_whose_beginning_is_not_kept_has_its_last_frames() -> None:
    report = report_of(failed(PYTHON.partition("\n")[2]))
    assert [frame.line for frame in report.frames] == [7, 39]


def test_a_traceback_that_the_fuel_cut_short_keeps_the_limit_and_has_frames() -> None:
    cut = PYTHON.partition("json.decoder.JSON")[0]
    report = report_of(failed(cut, FailureKind.LIMIT, Code.FUEL))
    assert report.kind == "fuel"
    assert report.headline.startswith(UNREACHABLE)
    assert [frame.line for frame in report.frames] == [7, 39]


def test_what_javascript_threw_is_the_headline_and_generated_bindings_are_no_frames() -> None:
    report = report_of(failed(JAVASCRIPT, frames=(StackFrame("<wasm function 12616>"),)))
    assert report.headline == (
        'TypeError: can\'t access property "padEnd", order.region is undefined'
    )
    assert report.frames == ()
    own = JAVASCRIPT.replace("Stack:\n", "Stack:\n  label@/project/shipping.js:14:40\n")
    assert report_of(failed(own)).frames == (StackFrame("label", "/project/shipping.js", 14, 40),)


def test_a_rust_panic_says_what_and_where_also_without_debug_information() -> None:
    report = report_of(failed(RUST, frames=(StackFrame("lib::pick"),)))
    assert report.headline == (
        "panicked: index out of bounds: the len is 3 but the index is 7, at src/lib.rs:31:18"
    )
    assert [frame_text(frame) for frame in report.frames] == ["src/lib.rs:31:18"]


def test_frames_with_lines_of_the_build_come_before_those_of_the_text() -> None:
    frames = (
        StackFrame("rust_panic", "/rustc/library/std/src/panicking.rs", 3, 4, runtime=True),
        StackFrame("lib::pick", "src/lib.rs", 31, 18),
        StackFrame("lib::process", "src/lib.rs", 12, 5),
    )
    assert report_of(failed(RUST, frames=frames)).frames == frames[1:]


def test_other_failures_have_the_last_line_of_stderr_after_their_message() -> None:
    failure = failed("parsing\nno field 'number'\n\n", FailureKind.INVALID_INPUT)
    assert report_of(failure).headline == f"{UNREACHABLE}; stderr: no field 'number'"
    assert report_of(failed("")).headline == UNREACHABLE
    assert report_of(failed("")).written == ()


def test_only_runtime_frames_are_better_than_none() -> None:
    frames = (StackFrame("rust_panic", runtime=True), StackFrame("abort", runtime=True))
    assert report_of(failed("", frames=frames)).frames == frames[:1]


@pytest.mark.parametrize(
    ("kind", "code", "word"),
    [
        (FailureKind.LIMIT, Code.FUEL, "fuel"),
        (FailureKind.LIMIT, Code.MEMORY, "memory"),
        (FailureKind.LIMIT, Code.INVOCATION_TIMEOUT, "time"),
        (FailureKind.LIMIT, Code.CAPACITY_EXCEEDED, "limit"),
        (FailureKind.DEADLINE_EXCEEDED, Code.DEADLINE_EXCEEDED, "deadline"),
        (FailureKind.INVALID_INPUT, Code.COMPONENT_FAILED, "invalid-input"),
        (FailureKind.TRAP, Code.TRAP, "trap"),
    ],
)
def test_the_kind_names_the_limit(kind: FailureKind, code: Code, word: str) -> None:
    assert failed("", kind, code).counted_as.value == word


HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(max_size=FAILURE_STDERR_BYTES))
def test_any_text_gives_a_harmless_report(text: str) -> None:
    report = report_of(failed(text))
    assert len(report.frames) <= MOST_FRAMES
    for line in (report.headline, *report.written):
        # Controls, formats, surrogates, private and unassigned signs, and line ends other than
        # our own; an unusual space, as U+00A0, is harmless.
        assert not {category(sign) for sign in line if sign != "\t"} & HARMFUL


@given(st.lists(st.sampled_from([*PYTHON.splitlines(), *JAVASCRIPT.splitlines(), "\x1b[2J", ""])))
def test_any_order_of_such_lines_gives_a_bounded_report(lines: list[str]) -> None:
    report = report_of(failed("\n".join(lines * 20)[-FAILURE_STDERR_BYTES:]))
    assert len(report.frames) <= MOST_FRAMES
    assert report.headline.isprintable()
