"""The smallest components of two roles, for flows in which one component alone matters."""

from __future__ import annotations

from functools import cache

from wasmtime import wat2wasm

_TYPES = """
  (import "torvyn:streaming/types@0.1.0" (instance $types
    (export "buffer" (type $buffer (sub resource)))
    (export "flow-context" (type $context (sub resource)))
    (type $em (record (field "sequence" u64) (field "timestamp-ns" u64)
      (field "content-type" string)))
    (export "element-meta" (type $meta (eq $em)))
    (type $se (record (field "meta" $meta) (field "payload" (borrow $buffer))
      (field "context" (borrow $context))))
    (export "stream-element" (type $stream-element (eq $se)))
    (type $oe (record (field "meta" $meta) (field "payload" (own $buffer))))
    (export "output-element" (type $output-element (eq $oe)))
    (type $pe (variant (case "invalid-input" string) (case "unavailable" string)
      (case "internal" string) (case "deadline-exceeded") (case "fatal" string)))
    (export "process-error" (type $process-error (eq $pe)))
    (type $bs (enum "ready" "pause"))
    (export "backpressure-signal" (type $backpressure-signal (eq $bs)))))
  (alias export $types "buffer" (type $buffer))
  (alias export $types "flow-context" (type $context))
  (alias export $types "stream-element" (type $stream-element))
  (alias export $types "output-element" (type $output-element))
  (alias export $types "process-error" (type $process-error))
  (alias export $types "backpressure-signal" (type $backpressure-signal))
"""

_SOURCE = f"""(component {_TYPES}
  (core module $module
    (memory (export "memory") 1)
    ;; every byte from 0 on is 0: the result is `ok`, and the option in it `none`
    (func (export "pull") (result i32) (i32.const 0))
    (func (export "notify-backpressure") (param i32)))
  (core instance $core (instantiate $module))
  (func $pull (result (result (option $output-element) (error $process-error)))
    (canon lift (core func $core "pull") (memory (core memory $core "memory"))))
  (func $notify (param "signal" $backpressure-signal)
    (canon lift (core func $core "notify-backpressure")))
  (instance $source (export "pull" (func $pull)) (export "notify-backpressure" (func $notify)))
  (export "torvyn:streaming/source@0.1.0" (instance $source)))"""

_SINK = f"""(component {_TYPES}
  (core func $drop-buffer (canon resource.drop $buffer))
  (core func $drop-context (canon resource.drop $context))
  (core module $module
    (import "host" "drop-buffer" (func $drop-buffer (param i32)))
    (import "host" "drop-context" (func $drop-context (param i32)))
    (memory (export "memory") 1)
    ;; the content type is the only text that comes in: its place is taken again by the next one
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "push") (param i64 i64 i32 i32 i32 i32) (result i32)
      (call $drop-buffer (local.get 4))
      (call $drop-context (local.get 5))
      (i32.const 0))
    (func (export "complete") (result i32) (i32.const 0)))
  (core instance $core (instantiate $module (with "host" (instance
    (export "drop-buffer" (func $drop-buffer)) (export "drop-context" (func $drop-context))))))
  (func $push (param "element" $stream-element)
    (result (result $backpressure-signal (error $process-error)))
    (canon lift (core func $core "push") (memory (core memory $core "memory"))
      (realloc (core func $core "realloc"))))
  (func $complete (result (result (error $process-error)))
    (canon lift (core func $core "complete") (memory (core memory $core "memory"))))
  (instance $sink (export "push" (func $push)) (export "complete" (func $complete)))
  (export "torvyn:streaming/sink@0.1.0" (instance $sink)))"""


@cache
def stand_in_source() -> bytes:
    """A component that is a source without elements."""
    return bytes(wat2wasm(_SOURCE))


@cache
def stand_in_sink() -> bytes:
    """A component that is a sink and takes everything."""
    return bytes(wat2wasm(_SINK))
