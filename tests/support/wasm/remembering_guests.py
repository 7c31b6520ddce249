"""Components in WAT that remember something from call to call."""

from __future__ import annotations

from tests.support.wasm.guests import ELEMENT

REMEMBERS = f"""
  ;; counts its elements at 4096, mixes their first bytes at 4100, and works longer and longer;
  ;; every third gives both, every eighth takes a page of memory more, up to
  ;; twelve, and writes into it
  (global $seen (mut i32) (i32.const 0))
  (func (export "ingest") {ELEMENT} (local $n i32) (local $i i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $n (i32.add (i32.load (i32.const 4096)) (i32.const 1)))
    (i32.store (i32.const 4096) (local.get $n))
    (global.set $seen (i32.add (global.get $seen) (i32.const 2)))
    (local.set $i (i32.rem_u (local.get $n) (i32.const 11)))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $i)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (br $next)))
    (i32.store (i32.const 4100) (i32.add (call $first)
      (i32.add (global.get $seen) (i32.mul (i32.load (i32.const 4100)) (i32.const 31)))))
    (if (i32.and (i32.eqz (i32.rem_u (local.get $n) (i32.const 8)))
          (i32.lt_u (memory.size) (i32.const 12))) (then
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then
        (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))
          (local.get $n))))))
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 3))) (then (return (call $some
      (call $made (i32.const 4096) (i32.const 8)) (i32.const 1000) (i32.const 4)))))
    (call $nothing (i32.const 0)))
  (func (export "flush") (result i32) (i32.store (i32.const 8) (i32.const 0)) (call $ok))
"""
KEEPS_STDOUT = f"""
  ;; asks for stdout once, counts at 4096, and prints a letter for the count and the payload
  (func (export "push") {ELEMENT} (local $n i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $n (i32.load (i32.const 4096)))
    (if (i32.eqz (local.get $n)) (then (i32.store (i32.const 4104) (call $stdout))))
    (i32.store (i32.const 4096) (i32.add (local.get $n) (i32.const 1)))
    (i32.store8 (i32.const 4112)
      (i32.add (i32.const 97) (i32.rem_u (local.get $n) (i32.const 26))))
    (call $put (i32.load (i32.const 4104)) (i32.const 4112) (i32.const 1) (i32.const 128))
    (call $put (i32.load (i32.const 4104)) (i32.load (i32.const 64)) (i32.load (i32.const 68))
      (i32.const 128))
    (i32.store8 (i32.const 4) (i32.const 0))
    (call $ok))
  (func (export "complete") (result i32) call $ok)
"""
TRAPS_AT_SEVEN = f"""
  (func (export "ingest") {ELEMENT} (local $n i32)
    (call $release (local.get $payload) (local.get $context))
    (local.set $n (i32.add (i32.load (i32.const 4096)) (i32.const 1)))
    (i32.store (i32.const 4096) (local.get $n))
    (if (i32.eq (local.get $n) (i32.const 7)) (then unreachable))
    (call $nothing (i32.const 0)))
  (func (export "flush") (result i32) (i32.store (i32.const 8) (i32.const 0)) (call $ok))
"""
