"""Components in WAT that the tests of recordings need besides those of `wasm_guests`."""

from __future__ import annotations

from runtime.model.linked import Role
from tests.support.wasm.guests import ELEMENT, component

EVENTS = (
    '{"type":"metric","name":"cpu_usage","value":72.5}',
    '{"type":"log","level":"info","message":"user login successful"}',
)


def counting_source(elements: int) -> bytes:
    """A source of metrics and logs in turn."""
    data = [event.replace('"', '\\"') for event in EVENTS]
    some = [
        f"(call $some (call $made (i32.const {2048 + 256 * index}) (i32.const {len(event)}))"
        " (i32.const 1000) (i32.const 10))"
        for index, event in enumerate(EVENTS)
    ]
    return component(
        f"""
        (global $n (mut i32) (i32.const 0))
        (func (export "pull") (result i32)
          (if (i32.eq (global.get $n) (i32.const {elements}))
            (then (return (call $nothing (i32.const 0)))))
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (if (result i32) (i32.and (global.get $n) (i32.const 1))
            (then {some[0]}) (else {some[1]})))
        (func (export "notify-backpressure") (param i32))
        (data (i32.const 2048) "{data[0]}")
        (data (i32.const 2304) "{data[1]}")
        """,
        Role.SOURCE,
    )


def stamper() -> bytes:
    """A processor that emits its payload, the seconds of the wall clock, and a random number."""
    imports = """
      (import "wasi:clocks/wall-clock@0.2.3" (instance $wall
        (type $d (record (field "seconds" u64) (field "nanoseconds" u32)))
        (export "datetime" (type $datetime (eq $d)))
        (export "now" (func (result $datetime)))))
      (import "wasi:random/random@0.2.3" (instance $random
        (export "get-random-u64" (func (result u64)))))
    """
    lowered = """
      (core func $now (canon lower (func $wall "now") (memory $memory) (realloc $realloc)))
      (core func $u64 (canon lower (func $random "get-random-u64")))
    """
    core = f"""
      (import "wasi" "now" (func $now (param i32)))
      (import "wasi" "u64" (func $u64 (result i64)))
      ;; body
      (func (export "process") {ELEMENT} (local $m i32) (local $b i32)
        (call $load (local.get $payload))
        (call $release (local.get $payload) (local.get $context))
        (call $now (i32.const 512))
        (i64.store (i32.const 520) (call $u64))
        (local.set $m (call $new (i64.const 64)))
        (call $append (local.get $m) (i32.load (i32.const 64)) (i32.load (i32.const 68))
          (i32.const 96))
        (call $append (local.get $m) (i32.const 512) (i32.const 16) (i32.const 96))
        (local.set $b (call $freeze (local.get $m)))
        (call $drop_mutable (local.get $m))
        (call $emit (local.get $b) (local.get $ct) (local.get $ctn)))
    """
    given = '(with "wasi" (instance (export "now" (func $now)) (export "u64" (func $u64))))'
    return component(core, Role.PROCESSOR, imports=imports, lowered=lowered, instances=given)
