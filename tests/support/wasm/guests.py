"""Components for tests, written as WebAssembly text and compiled by wasmtime.

`component(core, ...)` wraps a core module's text: the module may call every function of
`torvyn:streaming` by the names of `_LOWERED`, and exports the functions of its role by
their WIT names. Memory: results are built at 0, scratch space is 64 to 1023, data from
1024 on, allocations from 8192 on; they are freed after every call.
"""

from __future__ import annotations

from wasmtime import wat2wasm

from runtime.model.call import Export
from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES, Role

_ROLE_EXPORTS = {
    Role.SOURCE: (Export.PULL, Export.NOTIFY_BACKPRESSURE),
    Role.PROCESSOR: (Export.PROCESS,),
    Role.FILTER: (Export.EVALUATE,),
    Role.ROUTER: (Export.ROUTE,),
    Role.AGGREGATOR: (Export.INGEST, Export.FLUSH),
    Role.SINK: (Export.PUSH, Export.COMPLETE),
}

_ELEMENT = '(param "{0}" $stream-element)'
_TYPES = {
    Export.PULL: "(result (result (option $output-element) (error $process-error)))",
    Export.NOTIFY_BACKPRESSURE: '(param "signal" $backpressure-signal)',
    Export.PROCESS: _ELEMENT.format("input")
    + " (result (result $process-result (error $process-error)))",
    Export.EVALUATE: _ELEMENT.format("element") + " (result (result bool (error $process-error)))",
    Export.ROUTE: _ELEMENT.format("element")
    + " (result (result (list string) (error $process-error)))",
    Export.INGEST: _ELEMENT.format("element")
    + " (result (result (option $output-element) (error $process-error)))",
    Export.FLUSH: "(result (result (list $output-element) (error $process-error)))",
    Export.PUSH: _ELEMENT.format("element")
    + " (result (result $backpressure-signal (error $process-error)))",
    Export.COMPLETE: "(result (result (error $process-error)))",
    Export.INIT: '(param "config" string) (result (result (error $process-error)))',
    Export.TEARDOWN: "",
}

_IMPORTS = """
  (import "torvyn:streaming/types{at}" (instance $types
    (export "buffer" (type $buffer (sub resource)))
    (export "mutable-buffer" (type $mutable (sub resource)))
    (export "flow-context" (type $context (sub resource)))
    (type $be (variant (case "capacity-exceeded") (case "out-of-bounds")
      (case "allocation-failed" string)))
    (export "buffer-error" (type $buffer-error (eq $be)))
    (type $em (record (field "sequence" u64) (field "timestamp-ns" u64)
      (field "content-type" string)))
    (export "element-meta" (type $meta (eq $em)))
    (type $se (record (field "meta" $meta) (field "payload" (borrow $buffer))
      (field "context" (borrow $context))))
    (export "stream-element" (type $stream-element (eq $se)))
    (type $oe (record (field "meta" $meta) (field "payload" (own $buffer))))
    (export "output-element" (type $output-element (eq $oe)))
    (type $pr (variant (case "emit" $output-element) (case "drop")))
    (export "process-result" (type $process-result (eq $pr)))
    (type $pe (variant (case "invalid-input" string) (case "unavailable" string)
      (case "internal" string) (case "deadline-exceeded") (case "fatal" string)))
    (export "process-error" (type $process-error (eq $pe)))
    (type $bs (enum "ready" "pause"))
    (export "backpressure-signal" (type $backpressure-signal (eq $bs)))
    (export "[method]buffer.size" (func (param "self" (borrow $buffer)) (result u64)))
    (export "[method]buffer.content-type"
      (func (param "self" (borrow $buffer)) (result string)))
    (export "[method]buffer.read" (func (param "self" (borrow $buffer))
      (param "offset" u64) (param "len" u64) (result (list u8))))
    (export "[method]buffer.read-all"
      (func (param "self" (borrow $buffer)) (result {read_all})))
    (export "[method]mutable-buffer.write" (func (param "self" (borrow $mutable))
      (param "offset" u64) (param "bytes" (list u8)) (result (result (error $buffer-error)))))
    (export "[method]mutable-buffer.append" (func (param "self" (borrow $mutable))
      (param "bytes" (list u8)) (result (result (error $buffer-error)))))
    (export "[method]mutable-buffer.size"
      (func (param "self" (borrow $mutable)) (result u64)))
    (export "[method]mutable-buffer.capacity"
      (func (param "self" (borrow $mutable)) (result u64)))
    (export "[method]mutable-buffer.set-content-type"
      (func (param "self" (borrow $mutable)) (param "content-type" string)))
    (export "[method]mutable-buffer.freeze"
      (func (param "self" (borrow $mutable)) (result (own $buffer))))
    (export "[method]flow-context.trace-id"
      (func (param "self" (borrow $context)) (result string)))
    (export "[method]flow-context.span-id"
      (func (param "self" (borrow $context)) (result string)))
    (export "[method]flow-context.deadline-ns"
      (func (param "self" (borrow $context)) (result u64)))
    (export "[method]flow-context.flow-id"
      (func (param "self" (borrow $context)) (result string)))))
  (alias export $types "buffer" (type $buffer))
  (alias export $types "mutable-buffer" (type $mutable))
  (alias export $types "flow-context" (type $context))
  (alias export $types "buffer-error" (type $buffer-error))
  (alias export $types "stream-element" (type $stream-element))
  (alias export $types "output-element" (type $output-element))
  (alias export $types "process-result" (type $process-result))
  (alias export $types "process-error" (type $process-error))
  (alias export $types "backpressure-signal" (type $backpressure-signal))
  (import "torvyn:streaming/buffer-allocator{at}" (instance $allocator
    (alias outer 1 $mutable (type $m))
    (alias outer 1 $buffer (type $b))
    (alias outer 1 $buffer-error (type $e))
    (export "mutable-buffer" (type $mutable (eq $m)))
    (export "buffer" (type $buffer (eq $b)))
    (export "buffer-error" (type $buffer-error (eq $e)))
    (export "allocate" (func (param "capacity-hint" u64)
      (result (result (own $mutable) (error $buffer-error)))))
    (export "clone-into-mutable" (func (param "source" (borrow $buffer))
      (result (result (own $mutable) (error $buffer-error)))))))
"""

_LOWERED = {
    "size": ("types", "[method]buffer.size", "(param i32) (result i64)"),
    "content_type": ("types", "[method]buffer.content-type", "(param i32 i32)"),
    "read": ("types", "[method]buffer.read", "(param i32 i64 i64 i32)"),
    "read_all": ("types", "[method]buffer.read-all", "(param i32 i32)"),
    "write": ("types", "[method]mutable-buffer.write", "(param i32 i64 i32 i32 i32)"),
    "append": ("types", "[method]mutable-buffer.append", "(param i32 i32 i32 i32)"),
    "mutable_size": ("types", "[method]mutable-buffer.size", "(param i32) (result i64)"),
    "capacity": ("types", "[method]mutable-buffer.capacity", "(param i32) (result i64)"),
    "set_type": ("types", "[method]mutable-buffer.set-content-type", "(param i32 i32 i32)"),
    "freeze": ("types", "[method]mutable-buffer.freeze", "(param i32) (result i32)"),
    "trace_id": ("types", "[method]flow-context.trace-id", "(param i32 i32)"),
    "span_id": ("types", "[method]flow-context.span-id", "(param i32 i32)"),
    "deadline": ("types", "[method]flow-context.deadline-ns", "(param i32) (result i64)"),
    "flow_id": ("types", "[method]flow-context.flow-id", "(param i32 i32)"),
    "allocate": ("allocator", "allocate", "(param i64 i32)"),
    "clone": ("allocator", "clone-into-mutable", "(param i32 i32)"),
}
_DROPS = {"drop_buffer": "$buffer", "drop_mutable": "$mutable", "drop_context": "$context"}

_LIBC = """
  (core module $libc
    (memory (export "memory") {pages})
    (global $at (mut i32) (i32.const 8192))
    (func (export "reset") (global.set $at (i32.const 8192)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32) (local $need i32)
      (local.set $p (i32.and
        (i32.add (global.get $at) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      (global.set $at (i32.add (local.get $p) (local.get 3)))
      (local.set $need (i32.add (i32.shr_u (global.get $at) (i32.const 16)) (i32.const 1)))
      (if (i32.gt_u (local.get $need) (memory.size)) (then
        (if (i32.eq (i32.const -1)
              (memory.grow (i32.sub (local.get $need) (memory.size))))
          (then unreachable))))
      (local.get $p)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
"""

_PRELUDE = """
    ;; result.ok without a value
    (func $ok (result i32) (i32.store8 (i32.const 0) (i32.const 0)) (i32.const 0))
    ;; result.err of functions whose values are aligned to 4, and to 8
    (func $err4 (param $case i32) (param $p i32) (param $n i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 1))
      (i32.store8 (i32.const 4) (local.get $case))
      (i32.store (i32.const 8) (local.get $p))
      (i32.store (i32.const 12) (local.get $n))
      (i32.const 0))
    (func $err8 (param $case i32) (param $p i32) (param $n i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 1))
      (i32.store8 (i32.const 8) (local.get $case))
      (i32.store (i32.const 12) (local.get $p))
      (i32.store (i32.const 16) (local.get $n))
      (i32.const 0))
    ;; ok(emit(output)) and ok(some(output)) differ in the number of their case
    (func $output (param $case i32) (param $handle i32) (param $p i32) (param $n i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store8 (i32.const 8) (local.get $case))
      (i64.store (i32.const 16) (i64.const 77))
      (i64.store (i32.const 24) (i64.const 78))
      (i32.store (i32.const 32) (local.get $p))
      (i32.store (i32.const 36) (local.get $n))
      (i32.store (i32.const 40) (local.get $handle))
      (i32.const 0))
    (func $emit (param i32 i32 i32) (result i32)
      (call $output (i32.const 0) (local.get 0) (local.get 1) (local.get 2)))
    (func $some (param i32 i32 i32) (result i32)
      (call $output (i32.const 1) (local.get 0) (local.get 1) (local.get 2)))
    (func $nothing (param $case i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store8 (i32.const 8) (local.get $case))
      (i32.const 0))
    ;; the payload's bytes; their place is at 64, their number at 68
    (func $load (param $payload i32) (call $read_all (local.get $payload) (i32.const 64)))
    ;; the case of process-error a first byte of I U N D F stands for, else 5
    (func $case_of (param $b i32) (result i32)
      (if (i32.eq (local.get $b) (i32.const 73)) (then (return (i32.const 0))))
      (if (i32.eq (local.get $b) (i32.const 85)) (then (return (i32.const 1))))
      (if (i32.eq (local.get $b) (i32.const 78)) (then (return (i32.const 2))))
      (if (i32.eq (local.get $b) (i32.const 68)) (then (return (i32.const 3))))
      (if (i32.eq (local.get $b) (i32.const 70)) (then (return (i32.const 4))))
      (i32.const 5))
    (func $first (result i32)
      (if (result i32) (i32.load (i32.const 68))
        (then (i32.load8_u (i32.load (i32.const 64)))) (else (i32.const 0))))
    (func $release (param $payload i32) (param $context i32)
      (call $drop_buffer (local.get $payload)) (call $drop_context (local.get $context)))
    ;; a new mutable buffer; traps when it is refused
    (func $new (param $hint i64) (result i32)
      (call $allocate (local.get $hint) (i32.const 80))
      (if (i32.load8_u (i32.const 80)) (then unreachable))
      (i32.load (i32.const 84)))
    ;; a frozen buffer with these bytes, of type text/plain
    (func $made (param $p i32) (param $n i32) (result i32) (local $m i32) (local $b i32)
      (local.set $m (call $new (i64.extend_i32_u (local.get $n))))
      (call $append (local.get $m) (local.get $p) (local.get $n) (i32.const 96))
      (if (i32.load8_u (i32.const 96)) (then unreachable))
      (call $set_type (local.get $m) (i32.const 1000) (i32.const 10))
      (local.set $b (call $freeze (local.get $m)))
      (call $drop_mutable (local.get $m))
      (local.get $b))
    (data (i32.const 1000) "text/plain")
"""


def component(
    core: str,
    role: Role,
    *,
    lifecycle: bool = False,
    version: str = "0.1.0",
    interface: str | None = None,
    pages: int = 2,
    imports: str = "",
    lowered: str = "",
    instances: str = "",
    read_all: str = "(list u8)",
    types: dict[Export, str] | None = None,
) -> bytes:
    """The binary of a component whose core module has the functions of `core`.

    `imports` and `lowered` are component text, put before and after the memory; `instances`
    are more arguments of the core module's instantiation. What stands in `core` before a
    line `;; body` are more imports of the core module. `version` may be empty: a package
    without one. `interface` is an alias of the role's.
    """
    exports = list(_ROLE_EXPORTS[role])
    if lifecycle:
        exports += [Export.INIT, Export.TEARDOWN]
    known = _TYPES | (types or {})
    text = ["(component", _IMPORTS.format(at=_at(version), read_all=read_all), imports]
    text.append(_LIBC.format(pages=pages))
    for name, (instance, function, _) in _LOWERED.items():
        text.append(
            f'(core func ${name} (canon lower (func ${instance} "{function}")'
            " (memory $memory) (realloc $realloc)))"
        )
    text.append(lowered)
    for name, resource in _DROPS.items():
        text.append(f"(core func ${name} (canon resource.drop {resource}))")
    text += [_core_module(core), _core_instance(instances)]
    for export in exports:
        text.append(_lift(export, known[export]))
    text.append(_exported(interface or ROLE_INTERFACES[role], _ROLE_EXPORTS[role], version))
    if lifecycle:
        text.append(_exported(LIFECYCLE_INTERFACE, (Export.INIT, Export.TEARDOWN), version))
    text.append(")")
    return bytes(wat2wasm("\n".join(text)))


def _core_module(core: str) -> str:
    lines = ["(core module $module", '(import "libc" "memory" (memory 1))']
    lines.append('(import "libc" "reset" (func $reset))')
    lines.append('(import "libc" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))')
    for name, (_, _, signature) in _LOWERED.items():
        lines.append(f'(import "host" "{name}" (func ${name} {signature}))')
    for name in _DROPS:
        lines.append(f'(import "host" "{name}" (func ${name} (param i32)))')
    # More imports of the guest come before its first function.
    extra, _, body = core.rpartition(";; body")
    lines += [extra, _PRELUDE, body, '(func (export "post") (param i32) (call $reset)))']
    return "\n".join(lines)


def _core_instance(instances: str) -> str:
    given = " ".join(f'(export "{name}" (func ${name}))' for name in (*_LOWERED, *_DROPS))
    return (
        '(core instance $core (instantiate $module (with "libc" (instance $libc))'
        f' (with "host" (instance {given})) {instances}))'
        '(alias core export $core "post" (core func $post))'
    )


def _lift(export: Export, kind: str) -> str:
    post = " (post-return $post)" if "(result" in kind else ""
    return (
        f'(alias core export $core "{export}" (core func $core-{export}))'
        f"(func ${export} {kind} (canon lift (core func $core-{export})"
        f" (memory $memory) (realloc $realloc){post}))"
    )


def _exported(interface: str, exports: tuple[Export, ...], version: str) -> str:
    label = interface.replace(":", "-").replace("/", "-")
    given = " ".join(f'(export "{export}" (func ${export}))' for export in exports)
    name = f"{interface}{_at(version)}"
    return f'(instance ${label} {given}) (export "{name}" (instance ${label}))'


def _at(version: str) -> str:
    return f"@{version}" if version else ""


# ---- guests

ELEMENT = (
    "(param $seq i64) (param $ts i64) (param $ct i32) (param $ctn i32)"
    " (param $payload i32) (param $context i32) (result i32)"
)

ECHO = f"""
  ;; emits what it gets, drops what is empty, fails on a first byte of I U N D F
  (func (export "process") {ELEMENT} (local $case i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (if (i32.eqz (i32.load (i32.const 68))) (then (return (call $nothing (i32.const 1)))))
    (local.set $case (call $case_of (call $first)))
    (if (i32.ne (local.get $case) (i32.const 5)) (then (return
      (call $err8 (local.get $case) (i32.load (i32.const 64)) (i32.load (i32.const 68))))))
    (call $emit (call $made (i32.load (i32.const 64)) (i32.load (i32.const 68)))
      (local.get $ct) (local.get $ctn)))
"""

ECHO_IN_PARTS = f"""
  ;; emits what it gets, read and written a mebibyte at a time
  (func (export "process") {ELEMENT} (local $m i32) (local $at i64) (local $size i64)
    (local $b i32)
    (local.set $size (call $size (local.get $payload)))
    (local.set $m (call $new (local.get $size)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $at) (local.get $size)))
      (call $read (local.get $payload) (local.get $at) (i64.const 1048576) (i32.const 64))
      (call $append (local.get $m) (i32.load (i32.const 64)) (i32.load (i32.const 68))
        (i32.const 96))
      (if (i32.load8_u (i32.const 96)) (then unreachable))
      (local.set $at (i64.add (local.get $at) (i64.const 1048576)))
      (br $next)))
    (call $release (local.get $payload) (local.get $context))
    (local.set $b (call $freeze (local.get $m)))
    (call $drop_mutable (local.get $m))
    (call $emit (local.get $b) (local.get $ct) (local.get $ctn)))
"""

FACTS = f"""
  ;; emits what every method says about its element and about buffers of its own
  (global $m (mut i32) (i32.const 0))
  (func $word (param $v i64)
    (i64.store (i32.const 512) (local.get $v))
    (call $append (global.get $m) (i32.const 512) (i32.const 8) (i32.const 96)))
  (func $text (param $at i32)
    (call $append (global.get $m) (i32.load (local.get $at))
      (i32.load (i32.add (local.get $at) (i32.const 4))) (i32.const 96)))
  (func (export "process") {ELEMENT} (local $o i32) (local $b i32)
    (global.set $m (call $new (i64.const 5000)))
    (call $word (local.get $seq)) (call $word (local.get $ts))
    (call $word (call $size (local.get $payload)))
    (call $content_type (local.get $payload) (i32.const 64)) (call $text (i32.const 64))
    (call $read (local.get $payload) (i64.const 2) (i64.const 3) (i32.const 64))
    (call $text (i32.const 64))
    (call $read (local.get $payload) (i64.const 1000000) (i64.const 3) (i32.const 64))
    (call $text (i32.const 64))
    (call $read (local.get $payload) (i64.const 1) (i64.const -1) (i32.const 64))
    (call $text (i32.const 64))
    (call $trace_id (local.get $context) (i32.const 64)) (call $text (i32.const 64))
    (call $span_id (local.get $context) (i32.const 64)) (call $text (i32.const 64))
    (call $flow_id (local.get $context) (i32.const 64)) (call $text (i32.const 64))
    (call $word (call $deadline (local.get $context)))
    (call $word (call $capacity (global.get $m)))
    (call $word (call $mutable_size (global.get $m)))
    ;; a second buffer: a gap of zeros, then over its capacity, out of bounds, after freeze
    (local.set $o (call $new (i64.const 10)))
    (call $word (call $capacity (local.get $o)))
    (call $write (local.get $o) (i64.const 4) (i32.const 1000) (i32.const 3) (i32.const 96))
    (call $word (i64.extend_i32_u (i32.load8_u (i32.const 96))))
    (call $word (call $mutable_size (local.get $o)))
    (call $write (local.get $o) (i64.const 1) (i32.const 1000) (i32.const 2) (i32.const 96))
    (call $write (local.get $o) (i64.const 255) (i32.const 1000) (i32.const 2) (i32.const 96))
    (call $word (i64.load (i32.const 96)))
    (call $write (local.get $o) (i64.const 0x100000000) (i32.const 0) (i32.const 0)
      (i32.const 96))
    (call $word (i64.load (i32.const 96)))
    (call $write (local.get $o) (i64.const 3) (i32.const 0) (i32.const 0) (i32.const 96))
    (call $set_type (local.get $o) (i32.const 1100) (i32.const 70))
    (local.set $b (call $freeze (local.get $o)))
    (call $write (local.get $o) (i64.const 0) (i32.const 1000) (i32.const 2) (i32.const 96))
    (call $word (i64.and (i64.load (i32.const 96)) (i64.const 0xff000000ff)))
    (call $text (i32.const 104))
    (call $drop_mutable (local.get $o))
    (call $word (call $size (local.get $b)))
    (call $content_type (local.get $b) (i32.const 64)) (call $text (i32.const 64))
    (call $read_all (local.get $b) (i32.const 64)) (call $text (i32.const 64))
    (call $word (call $size (local.get $payload)))
    (call $drop_buffer (local.get $b))
    ;; a clone of the payload, and allocations that are refused
    (call $clone (local.get $payload) (i32.const 80))
    (local.set $o (i32.load (i32.const 84)))
    (call $word (call $mutable_size (local.get $o)))
    (call $word (call $capacity (local.get $o)))
    (call $append (local.get $o) (i32.const 1000) (i32.const 1) (i32.const 96))
    (local.set $b (call $freeze (local.get $o)))
    (call $drop_mutable (local.get $o))
    (call $content_type (local.get $b) (i32.const 64)) (call $text (i32.const 64))
    (call $read_all (local.get $b) (i32.const 64)) (call $text (i32.const 64))
    (call $drop_buffer (local.get $b))
    (call $allocate (i64.const 16777217) (i32.const 80)) (call $word (i64.load (i32.const 80)))
    (call $allocate (i64.const -1) (i32.const 80)) (call $word (i64.load (i32.const 80)))
    (call $release (local.get $payload) (local.get $context))
    (local.set $b (call $freeze (global.get $m)))
    (call $drop_mutable (global.get $m))
    (call $emit (local.get $b) (i32.const 1000) (i32.const 10)))
  (data (i32.const 1100) "type/0123456789012345678901234567890123456789012345678901234567ü789")
"""

SOURCE = """
  ;; gives a, b, c, then nothing; capital letters while it is paused
  (global $n (mut i32) (i32.const 0))
  (global $paused (mut i32) (i32.const 0))
  (func (export "pull") (result i32)
    (if (i32.eq (global.get $n) (i32.const 3)) (then (return (call $nothing (i32.const 0)))))
    (i32.store8 (i32.const 512) (i32.sub (i32.add (i32.const 97) (global.get $n))
      (i32.mul (global.get $paused) (i32.const 32))))
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (call $some (call $made (i32.const 512) (i32.const 1)) (i32.const 1000) (i32.const 10)))
  (func (export "notify-backpressure") (param i32) (global.set $paused (local.get 0)))
"""

FILTER = f"""
  ;; lets through what has an odd number of bytes
  (func (export "evaluate") {ELEMENT} (local $case i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $case (call $case_of (call $first)))
    (if (i32.ne (local.get $case) (i32.const 5)) (then (return
      (call $err4 (local.get $case) (i32.load (i32.const 64)) (i32.load (i32.const 68))))))
    (i32.store8 (i32.const 4) (i32.and (i32.load (i32.const 68)) (i32.const 1)))
    (call $ok))
"""

ROUTER = f"""
  ;; names as many ports as the first byte says: 0 none, 1 metrics, 2 metrics and lögs
  (func (export "route") {ELEMENT} (local $case i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $case (call $case_of (call $first)))
    (if (i32.ne (local.get $case) (i32.const 5)) (then (return
      (call $err4 (local.get $case) (i32.load (i32.const 64)) (i32.load (i32.const 68))))))
    (i32.store (i32.const 4) (i32.const 256))
    (i32.store (i32.const 8) (i32.sub (call $first) (i32.const 48)))
    (i32.store (i32.const 256) (i32.const 1024))
    (i32.store (i32.const 260) (i32.const 7))
    (i32.store (i32.const 264) (i32.const 1031))
    (i32.store (i32.const 268) (i32.const 5))
    (call $ok))
  (data (i32.const 1024) "metricslögs")
"""

AGGREGATOR = f"""
  ;; keeps a buffer of each element, emits the newest of three, flushes those it has kept
  (global $n (mut i32) (i32.const 0))
  (func (export "ingest") {ELEMENT} (local $case i32) (local $b i32)
    (call $load (local.get $payload))
    (local.set $case (call $case_of (call $first)))
    (if (i32.ne (local.get $case) (i32.const 5)) (then
      (call $release (local.get $payload) (local.get $context))
      (return
        (call $err8 (local.get $case) (i32.load (i32.const 64)) (i32.load (i32.const 68))))))
    (local.set $b (call $made (i32.load (i32.const 64)) (i32.load (i32.const 68))))
    (drop (call $size (local.get $payload)))
    (call $release (local.get $payload) (local.get $context))
    (if (i32.eq (global.get $n) (i32.const 2))
      (then (return (call $some (local.get $b) (i32.const 1000) (i32.const 4)))))
    (i32.store (i32.add (i32.const 2048) (i32.mul (global.get $n) (i32.const 4))) (local.get $b))
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (call $nothing (i32.const 0)))
  (func (export "flush") (result i32) (local $i i32) (local $p i32)
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (global.get $n)))
      (local.set $p (i32.add (i32.const 3072) (i32.mul (local.get $i) (i32.const 32))))
      (i64.store (local.get $p) (i64.const 0))
      (i64.store offset=8 (local.get $p) (i64.const 0))
      (i32.store offset=16 (local.get $p) (i32.const 1000))
      (i32.store offset=20 (local.get $p) (i32.const 10))
      (i32.store offset=24 (local.get $p)
        (i32.load (i32.add (i32.const 2048) (i32.mul (local.get $i) (i32.const 4)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (i32.store (i32.const 4) (i32.const 3072))
    (i32.store (i32.const 8) (global.get $n))
    (global.set $n (i32.const 0))
    (call $ok))
"""

LOOP = f"""
  ;; a sink whose push does not return
  (func (export "push") {ELEMENT} (loop $again (br $again)) (i32.const 0))
  (func (export "complete") (result i32) call $ok)"""
SINK = f"""
  ;; answers pause to what begins with p; complete fails after a push that began with X
  (global $bad (mut i32) (i32.const 0))
  (func (export "push") {ELEMENT} (local $case i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $case (call $case_of (call $first)))
    (if (i32.ne (local.get $case) (i32.const 5)) (then (return
      (call $err4 (local.get $case) (i32.load (i32.const 64)) (i32.load (i32.const 68))))))
    (if (i32.eq (call $first) (i32.const 88)) (then (global.set $bad (i32.const 1))))
    (i32.store8 (i32.const 4) (i32.eq (call $first) (i32.const 112)))
    (call $ok))
  (func (export "complete") (result i32)
    (if (global.get $bad) (then (return (call $err4 (i32.const 2) (i32.const 1000)
      (i32.const 10)))))
    (call $ok))
"""

LIFECYCLE = """
  ;; init fails with the case its configuration's first byte stands for
  (func (export "init") (param $p i32) (param $n i32) (result i32) (local $case i32)
    (if (i32.eqz (local.get $n)) (then (return (call $ok))))
    (local.set $case (call $case_of (i32.load8_u (local.get $p))))
    (if (i32.ne (local.get $case) (i32.const 5)) (then (return
      (call $err4 (local.get $case) (local.get $p) (local.get $n)))))
    (call $ok))
  (func (export "teardown"))
"""


_PRINT_PAYLOAD = f"""
      (func (export "push") {ELEMENT} (local $out i32) (local $err i32)
        (call $load (local.get $payload))
        (call $release (local.get $payload) (local.get $context))
        (local.set $out (call $stdout))
        (local.set $err (call $stderr))
        (block $done (loop $next
          (br_if $done (i64.eqz (local.get $seq)))
          (call $put (local.get $out) (i32.load (i32.const 64)) (i32.load (i32.const 68))
            (i32.const 96))
          (local.set $seq (i64.sub (local.get $seq) (i64.const 1)))
          (br $next)))
        (call $put (local.get $err) (i32.load (i32.const 64)) (i32.load (i32.const 68))
          (i32.const 96))
        (call $put (local.get $out) (i32.load (i32.const 64)) (i32.load (i32.const 68))
          (i32.const 96))
        (call $close (local.get $out)) (call $close (local.get $err))
        (i32.store8 (i32.const 4) (i32.const 0))
        (call $ok))
      (func (export "complete") (result i32) (call $ok))
    """


PRINT_AND_HANG = f"""
  ;; for `printer`: writes its payload to stdout, and never returns
  (func (export "push") {ELEMENT} (local $out i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $out (call $stdout))
    (call $put (local.get $out) (i32.load (i32.const 64)) (i32.load (i32.const 68))
      (i32.const 96))
    (loop $again (br $again))
    (i32.const 0))
  (func (export "complete") (result i32) (call $ok))
"""


def printer(version: str = "0.2.3", body: str | None = None) -> bytes:
    """A sink that writes its payload `sequence` times to stdout, then to stderr, then again.

    `body` is other text for its functions; it may call `$stdout`, `$stderr`, `$put`, `$close`.
    """
    stream = """
      (import "wasi:cli/{0}@{1}" (instance ${0}
        (alias outer 1 $output-stream (type $o)) (export "output-stream" (type $os (eq $o)))
        (export "get-{0}" (func (result (own $os))))))
    """
    imports = f"""
      (import "wasi:io/error@{version}" (instance $io-error
        (export "error" (type (sub resource)))))
      (alias export $io-error "error" (type $error))
      (import "wasi:io/streams@{version}" (instance $streams
        (alias outer 1 $error (type $e)) (export "error" (type $error (eq $e)))
        (export "output-stream" (type $os (sub resource)))
        (type $se (variant (case "last-operation-failed" (own $error)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $se)))
        (export "[method]output-stream.blocking-write-and-flush"
          (func (param "self" (borrow $os)) (param "contents" (list u8))
            (result (result (error $stream-error)))))))
      (alias export $streams "output-stream" (type $output-stream))
      {stream.format("stdout", version)} {stream.format("stderr", version)}
    """
    lowered = """
      (core func $get-stdout (canon lower (func $stdout "get-stdout")))
      (core func $get-stderr (canon lower (func $stderr "get-stderr")))
      (core func $drop-stream (canon resource.drop $output-stream))
      (core func $put (canon lower
        (func $streams "[method]output-stream.blocking-write-and-flush")
        (memory $memory) (realloc $realloc)))
    """
    instances = """(with "wasi" (instance (export "stdout" (func $get-stdout))
      (export "stderr" (func $get-stderr)) (export "put" (func $put))
      (export "drop" (func $drop-stream))))"""
    core = f"""
      (import "wasi" "stdout" (func $stdout (result i32)))
      (import "wasi" "stderr" (func $stderr (result i32)))
      (import "wasi" "put" (func $put (param i32 i32 i32 i32)))
      (import "wasi" "drop" (func $close (param i32)))
      ;; body
      {body or _PRINT_PAYLOAD}
    """
    return component(core, Role.SINK, imports=imports, lowered=lowered, instances=instances)


def asker(version: str = "0.2.3") -> bytes:
    """A source that asks for time and chance, sleeps, and gives the answers as its element.

    Its 48 bytes: seconds, nanoseconds, monotonic time, a random number, 8 random bytes,
    half of the insecure seed. It sleeps for as many nanoseconds as its configuration has
    bytes, times a million.
    """
    imports = f"""
      (import "wasi:io/poll@{version}" (instance $poll
        (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $p))))))
      (alias export $poll "pollable" (type $pollable))
      (import "wasi:clocks/wall-clock@{version}" (instance $wall
        (type $d (record (field "seconds" u64) (field "nanoseconds" u32)))
        (export "datetime" (type $datetime (eq $d)))
        (export "now" (func (result $datetime)))
        (export "resolution" (func (result $datetime)))))
      (import "wasi:clocks/monotonic-clock@{version}" (instance $monotonic
        (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
        (export "now" (func (result u64)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))
        (export "subscribe-instant" (func (param "when" u64) (result (own $pollable))))))
      (import "wasi:random/random@{version}" (instance $random
        (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
        (export "get-random-u64" (func (result u64)))))
      (import "wasi:random/insecure-seed@{version}" (instance $seed
        (export "insecure-seed" (func (result (tuple u64 u64))))))
    """
    memory = "(memory $memory) (realloc $realloc)"
    lowered = f"""
      (core func $now (canon lower (func $wall "now") {memory}))
      (core func $monotonic-now (canon lower (func $monotonic "now")))
      (core func $duration (canon lower (func $monotonic "subscribe-duration")))
      (core func $instant (canon lower (func $monotonic "subscribe-instant")))
      (core func $block (canon lower (func $poll "[method]pollable.block")))
      (core func $drop-pollable (canon resource.drop $pollable))
      (core func $bytes (canon lower (func $random "get-random-bytes") {memory}))
      (core func $u64 (canon lower (func $random "get-random-u64")))
      (core func $insecure (canon lower (func $seed "insecure-seed") {memory}))
    """
    names = {
        "now": "$now",
        "monotonic": "$monotonic-now",
        "duration": "$duration",
        "instant": "$instant",
        "block": "$block",
        "drop": "$drop-pollable",
        "bytes": "$bytes",
        "u64": "$u64",
        "seed": "$insecure",
    }
    given = " ".join(f'(export "{name}" (func {value}))' for name, value in names.items())
    core = """
      (import "wasi" "now" (func $now (param i32)))
      (import "wasi" "monotonic" (func $monotonic (result i64)))
      (import "wasi" "duration" (func $duration (param i64) (result i32)))
      (import "wasi" "instant" (func $instant (param i64) (result i32)))
      (import "wasi" "block" (func $block (param i32)))
      (import "wasi" "drop" (func $close (param i32)))
      (import "wasi" "bytes" (func $bytes (param i64 i32)))
      (import "wasi" "u64" (func $u64 (result i64)))
      (import "wasi" "seed" (func $seed (param i32)))
      ;; body
      (global $sleep (mut i64) (i64.const 0))
      (func (export "init") (param i32 i32) (result i32)
        (global.set $sleep (i64.mul (i64.extend_i32_u (local.get 1)) (i64.const 1000000)))
        (call $ok))
      (func (export "teardown"))
      (func (export "notify-backpressure") (param i32))
      (func (export "pull") (result i32) (local $p i32)
        (call $now (i32.const 512))
        (i64.store (i32.const 520) (i64.extend_i32_u (i32.load (i32.const 520))))
        (i64.store (i32.const 528) (call $monotonic))
        (i64.store (i32.const 536) (call $u64))
        (call $bytes (i64.const 8) (i32.const 64))
        (i64.store (i32.const 544) (i64.load (i32.load (i32.const 64))))
        (call $seed (i32.const 560))
        (i64.store (i32.const 552) (i64.load (i32.const 568)))
        (if (i64.ne (global.get $sleep) (i64.const 0)) (then
          (local.set $p (call $duration (global.get $sleep)))
          (call $block (local.get $p))
          (call $close (local.get $p))
          (local.set $p (call $instant (i64.add (i64.const 1) (i64.load (i32.const 528)))))
          (call $block (local.get $p))
          (call $close (local.get $p))))
        (call $some (call $made (i32.const 512) (i32.const 48)) (i32.const 1000)
          (i32.const 10)))
    """
    return component(
        core,
        Role.SOURCE,
        lifecycle=True,
        imports=imports,
        lowered=lowered,
        instances=f'(with "wasi" (instance {given}))',
    )
