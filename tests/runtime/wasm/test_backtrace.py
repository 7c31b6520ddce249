"""Stacks in wasmtime's errors, and what a failed call says of itself."""

from __future__ import annotations

import os

import pytest

from runtime.model.call import (
    FAILURE_STDERR_BYTES,
    Accepted,
    Call,
    Export,
    Failed,
    FailureKind,
)
from runtime.model.component.stack import StackFrame, own_frame
from runtime.model.element import Buffer, Element
from runtime.model.linked import Role
from runtime.wasm.backtrace import MAX_FRAMES, read_frames
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ELEMENT, component, printer

PANIC = f"""
  (func $rust_panic unreachable)
  (func $core::panicking::panic_fmt (call $rust_panic))
  (func $my_parser::parse_line (call $core::panicking::panic_fmt))
  (func (export "push") {ELEMENT} (call $my_parser::parse_line) (i32.const 0))
  (func (export "complete") (result i32) call $ok)
"""

_SAY_PAYLOAD = """
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $err (call $stderr))
    (block $done (loop $next
      (call $put (local.get $err) (i32.load (i32.const 64)) (i32.load (i32.const 68))
        (i32.const 96))
      (br_if $done (i64.eqz (local.get $seq)))
      (local.set $seq (i64.sub (local.get $seq) (i64.const 1)))
      (br $next)))
    (call $close (local.get $err))
"""
COMPLAINER = f"""
  ;; writes its payload to stderr, `sequence` times more, and does as the first byte says:
  ;; T traps, I answers invalid-input, anything else is accepted
  (func (export "push") {ELEMENT} (local $err i32)
    {_SAY_PAYLOAD}
    (if (i32.eq (call $first) (i32.const 84)) (then unreachable))
    (if (i32.eq (call $first) (i32.const 73)) (then
      (return (call $err4 (i32.const 0) (i32.const 1000) (i32.const 4)))))
    (i32.store8 (i32.const 4) (i32.const 0))
    (call $ok))
  (func (export "complete") (result i32) (call $ok))
"""

WITH_LINES = """error while executing at wasm backtrace:
    0:    0xf8b - rust_panic
                    at /rustc/abc/library/std/src/panicking.rs:204:21
    1:  0x1f8f - core::option::unwrap_failed
              - my_parser::first<&str>
                    at src/with: colon/lib.rs:42:9
              - <inlined function>
    2:    0xfa1 - stamp.wasm!<wasm function 37>
                    at ./stamp.c:7

Caused by:
    wasm trap: wasm `unreachable` instruction executed
"""


def test_frames_are_read_with_what_was_inlined_and_their_source_lines() -> None:
    assert read_frames(WITH_LINES) == (
        StackFrame("rust_panic", "/rustc/abc/library/std/src/panicking.rs", 204, 21, True),
        StackFrame("core::option::unwrap_failed", runtime=True),
        StackFrame("my_parser::first<&str>", "src/with: colon/lib.rs", 42, 9),
        StackFrame("<inlined function>"),
        StackFrame("<wasm function 37>", "./stamp.c", 7),
    )


def test_a_frame_names_its_place_as_far_as_it_is_known() -> None:
    assert StackFrame("f", "a.c", 3, 4).place == "a.c:3:4"
    assert StackFrame("f", "a.c", 3).place == "a.c:3"
    assert StackFrame("f", "a.c").place == "a.c"
    assert StackFrame("f").place == ""


def test_a_text_without_a_stack_has_no_frames() -> None:
    assert read_frames("wasm trap: all fuel consumed by WebAssembly") == ()
    assert own_frame(()) is None


def test_the_stack_of_a_deep_recursion_is_bounded() -> None:
    lines = [f"   {index}:  0x{index:x} - module!deep" for index in range(1000)]
    text = "\n".join(["error while executing at wasm backtrace:", *lines, "", "Caused by:", "  x"])
    assert read_frames(text) == (StackFrame("deep"),) * MAX_FRAMES


@pytest.mark.parametrize(
    ("written", "frame"),
    [
        (
            "std[390ecf3ee8bcda14]::sys::backtrace::end::<std[390ecf3ee8bcda14]::Closure, !>",
            StackFrame("std::sys::backtrace::end::<std::Closure, !>", runtime=True),
        ),
        (
            "core[9d32bd34692f0159]::panicking::panic_fmt",
            StackFrame("core::panicking::panic_fmt", runtime=True),
        ),
        ("app[9d32bd34692f0159]::second_word", StackFrame("app::second_word")),
        ("app::second_word::hb8909c1730863d4b", StackFrame("app::second_word")),
        ("app::hash::hb89", StackFrame("app::hash::hb89")),
    ],
)
def test_rust_names_are_read_in_both_manglings(written: str, frame: StackFrame) -> None:
    text = f"error while executing at wasm backtrace:\n    0:  0x1 - {written}\n"
    assert read_frames(text) == (frame,)


@pytest.mark.parametrize(
    "name",
    [
        "rust_panic",
        "core::panicking::panic_bounds_check",
        "<core::option::Option<my::Thing>>::unwrap",
        "<&alloc::vec::Vec<T> as core::ops::index::Index<I>>::index",
        "std::process::abort",
        "__rust_start_panic",
        "__rustc[1234]::rust_begin_unwind",
        "abort",
        "__assert_fail",
        "dlmalloc",
        "debug.FullPanic((function 'defaultPanic')).unwrapNull",
        "runtime.runtimePanicAt",
        "operator new(unsigned long)",
    ],
)
def test_the_runtime_of_a_language_is_not_the_author(name: str) -> None:
    (frame,) = read_frames(f"error while executing at wasm backtrace:\n    0:  0x1 - {name}\n")
    assert frame == StackFrame(name, runtime=True)


@pytest.mark.parametrize(
    "name",
    [
        "my_parser::parse_line",
        "<my_parser::Line as core::str::FromStr>::from_str",
        "core_logic",
        "stdlib::parse",
        "process",
        "abort_request",
        "main.runtimeChecks",
        "exit_status",
        "rust_parser_main",
        "allocate",
    ],
)
def test_names_that_only_begin_alike_are_the_author(name: str) -> None:
    (frame,) = read_frames(f"error while executing at wasm backtrace:\n    0:  0x1 - {name}\n")
    assert frame == StackFrame(name)


def test_a_panic_names_the_function_that_panicked_and_keeps_the_whole_stack(host: Host) -> None:
    with OneNode(host, component(PANIC, Role.SINK), Role.SINK) as node:
        node.start()
        failure = node.failure(data=b"x")
    assert failure.kind is FailureKind.TRAP
    assert failure.message == "wasm `unreachable` instruction executed, in my_parser::parse_line"
    names = [frame.function for frame in failure.frames]
    assert names[:3] == ["rust_panic", "core::panicking::panic_fmt", "my_parser::parse_line"]
    assert [frame.runtime for frame in failure.frames] == [True, True, False, False]
    own = own_frame(failure.frames)
    assert own is not None
    assert own.function == "my_parser::parse_line"


@pytest.mark.parametrize("grants", [(), ("stdio:stderr",)])
def test_a_failed_call_carries_what_it_wrote_to_stderr_and_nothing_older(
    host: Host, grants: tuple[str, ...]
) -> None:
    with OneNode(host, printer(body=COMPLAINER), Role.SINK, grants=grants) as node:
        node.start()
        assert isinstance(node.call(data=b"fine\n").outcome, Accepted)
        failure = node.failure(data=b"I say\n")
        assert (failure.kind, failure.stderr) == (FailureKind.INVALID_INPUT, b"I say\n")
        failure = node.failure(data=b"The end\n")
        assert (failure.kind, failure.stderr) == (FailureKind.TRAP, b"The end\n")
        assert not failure.stderr_cut
        again = node.failure(data=b"x")
        assert "crashed before" in again.message
        assert (again.stderr, again.frames) == (b"", ())


def test_of_a_long_stderr_the_end_is_kept_and_it_says_that_it_was_cut(host: Host) -> None:
    with OneNode(host, printer(body=COMPLAINER), Role.SINK) as node:
        node.start()
        node.number += 1
        line = b"T" + b"x" * 999
        element = Element(1, 1, "source", 20, 1, "", Buffer(line))
        answer = node.invoker.invoke(Call(node.number, "node", Export.PUSH, element))
    assert isinstance(answer.outcome, Failed)
    failure = answer.outcome.failure
    assert failure.stderr == (line * 21)[-FAILURE_STDERR_BYTES:]
    assert failure.stderr_cut


def test_the_variable_that_asks_for_lines_does_not_stay_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WASMTIME_BACKTRACE_DETAILS", raising=False)
    DirectLayer()
    assert "WASMTIME_BACKTRACE_DETAILS" not in os.environ
    monkeypatch.setenv("WASMTIME_BACKTRACE_DETAILS", "0")
    DirectLayer()
    assert os.environ["WASMTIME_BACKTRACE_DETAILS"] == "0"
