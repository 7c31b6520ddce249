"""A component that uses the network as each payload says, written as WebAssembly text.

A payload is a letter, an IPv4 address (4 bytes), a port (2 bytes, little end first), and:
`C` connects over TCP, sends what follows, and emits a zero byte and one read of the answer;
`W` connects and waits for an answer without sending; `L` listens there; `U` opens a datagram
stream to there. `N` looks up the name that follows, up to a zero byte, and does `C` with the first
address of it. What fails is emitted as the number of the step (`STEPS`) and of the error code.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from runtime.model.linked import Role
from tests.support.wasm.guests import ELEMENT, component

V = "0.2.3"
STEPS = ("", "create", "connect", "finish", "bind", "listen", "stream", "write", "read", "look up")
ACCESS_DENIED, CONNECTION_REFUSED = 1, 14
"""Numbers of error codes."""
_CODES = (
    "unknown access-denied not-supported invalid-argument out-of-memory timeout "
    "concurrency-conflict not-in-progress would-block invalid-state new-socket-limit "
    "address-not-bindable address-in-use remote-unreachable connection-refused connection-reset "
    "connection-aborted datagram-too-large name-unresolvable temporary-resolver-failure "
    "permanent-resolver-failure"
)


def request(letter: str, address: str, port: int, rest: bytes = b"") -> bytes:
    """A payload."""
    ip = IPv4Address(address).packed if address else bytes(4)
    return letter.encode() + ip + port.to_bytes(2, "little") + rest


def network_guest() -> bytes:
    """The component, a processor."""
    given = " ".join(f'(export "{name}" (func ${name}))' for name in _FUNCTIONS)
    return component(
        _CORE,
        Role.PROCESSOR,
        imports=_IMPORTS,
        lowered=_LOWERED,
        instances=f'(with "wasi" (instance {given}))',
    )


_OUTER = """
    (alias outer 1 $network-type (type $n)) (export "network" (type $nt (eq $n)))
    (alias outer 1 $error-type (type $e)) (export "error-code" (type $error (eq $e)))"""
_ADDRESS = """
    (alias outer 1 $address-type (type $a)) (export "ip-socket-address" (type $address (eq $a)))"""
_POLLABLE = """
    (alias outer 1 $pollable-type (type $p)) (export "pollable" (type $pollable (eq $p)))"""
_FAMILY = """
    (alias outer 1 $family-type (type $f)) (export "ip-address-family" (type $family (eq $f)))"""
_IMPORTS = f"""
  (import "wasi:io/error@{V}" (instance $errors (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $stream-failure))
  (import "wasi:io/poll@{V}" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable-type))
  (import "wasi:io/streams@{V}" (instance $streams
    (alias outer 1 $stream-failure (type $f)) (export "error" (type $failure (eq $f)))
    (type $se (variant (case "last-operation-failed" (own $failure)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $se)))
    (export "input-stream" (type $input (sub resource)))
    (export "output-stream" (type $output (sub resource)))
    (export "[method]input-stream.blocking-read" (func (param "self" (borrow $input))
      (param "len" u64) (result (result (list u8) (error $stream-error)))))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input-type))
  (alias export $streams "output-stream" (type $output-type))
  (import "wasi:sockets/network@{V}" (instance $network
    (export "network" (type (sub resource)))
    (type $e (enum {" ".join(f'"{code}"' for code in _CODES.split())}))
    (export "error-code" (type (eq $e)))
    (type $f (enum "ipv4" "ipv6")) (export "ip-address-family" (type (eq $f)))
    (type $four (tuple u8 u8 u8 u8)) (export "ipv4-address" (type $ip4 (eq $four)))
    (type $eight (tuple u16 u16 u16 u16 u16 u16 u16 u16))
    (export "ipv6-address" (type $ip6 (eq $eight)))
    (type $ip (variant (case "ipv4" $ip4) (case "ipv6" $ip6)))
    (export "ip-address" (type (eq $ip)))
    (type $s4 (record (field "port" u16) (field "address" $ip4)))
    (export "ipv4-socket-address" (type $socket4 (eq $s4)))
    (type $s6 (record (field "port" u16) (field "flow-info" u32) (field "address" $ip6)
      (field "scope-id" u32)))
    (export "ipv6-socket-address" (type $socket6 (eq $s6)))
    (type $s (variant (case "ipv4" $socket4) (case "ipv6" $socket6)))
    (export "ip-socket-address" (type (eq $s)))))
  (alias export $network "network" (type $network-type))
  (alias export $network "error-code" (type $error-type))
  (alias export $network "ip-address-family" (type $family-type))
  (alias export $network "ip-address" (type $ip-type))
  (alias export $network "ip-socket-address" (type $address-type))
  (import "wasi:sockets/instance-network@{V}" (instance $instance-network
    (alias outer 1 $network-type (type $n)) (export "network" (type $nt (eq $n)))
    (export "instance-network" (func (result (own $nt))))))
  (import "wasi:sockets/ip-name-lookup@{V}" (instance $lookup{_OUTER}{_POLLABLE}
    (alias outer 1 $ip-type (type $i)) (export "ip-address" (type $ip (eq $i)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $nt)) (param "name" string)
      (result (result (own $stream) (error $error)))))
    (export "[method]resolve-address-stream.resolve-next-address" (func
      (param "self" (borrow $stream)) (result (result (option $ip) (error $error)))))
    (export "[method]resolve-address-stream.subscribe" (func
      (param "self" (borrow $stream)) (result (own $pollable))))))
  (alias export $lookup "resolve-address-stream" (type $lookup-type))
  (import "wasi:sockets/tcp@{V}" (instance $tcp{_OUTER}{_ADDRESS}{_POLLABLE}
    (alias outer 1 $input-type (type $in)) (export "input-stream" (type $input (eq $in)))
    (alias outer 1 $output-type (type $out)) (export "output-stream" (type $output (eq $out)))
    (export "tcp-socket" (type $socket (sub resource)))
    (export "[method]tcp-socket.start-bind" (func (param "self" (borrow $socket))
      (param "network" (borrow $nt)) (param "local-address" $address)
      (result (result (error $error)))))
    (export "[method]tcp-socket.finish-bind" (func (param "self" (borrow $socket))
      (result (result (error $error)))))
    (export "[method]tcp-socket.start-connect" (func (param "self" (borrow $socket))
      (param "network" (borrow $nt)) (param "remote-address" $address)
      (result (result (error $error)))))
    (export "[method]tcp-socket.finish-connect" (func (param "self" (borrow $socket))
      (result (result (tuple (own $input) (own $output)) (error $error)))))
    (export "[method]tcp-socket.start-listen" (func (param "self" (borrow $socket))
      (result (result (error $error)))))
    (export "[method]tcp-socket.subscribe" (func (param "self" (borrow $socket))
      (result (own $pollable))))))
  (alias export $tcp "tcp-socket" (type $tcp-type))
  (import "wasi:sockets/tcp-create-socket@{V}" (instance $make-tcp{_OUTER}{_FAMILY}
    (alias outer 1 $tcp-type (type $s)) (export "tcp-socket" (type $socket (eq $s)))
    (export "create-tcp-socket" (func (param "address-family" $family)
      (result (result (own $socket) (error $error)))))))
  (import "wasi:sockets/udp@{V}" (instance $udp{_OUTER}{_ADDRESS}
    (export "incoming-datagram-stream" (type $input (sub resource)))
    (export "outgoing-datagram-stream" (type $output (sub resource)))
    (export "udp-socket" (type $socket (sub resource)))
    (export "[method]udp-socket.start-bind" (func (param "self" (borrow $socket))
      (param "network" (borrow $nt)) (param "local-address" $address)
      (result (result (error $error)))))
    (export "[method]udp-socket.finish-bind" (func (param "self" (borrow $socket))
      (result (result (error $error)))))
    (export "[method]udp-socket.stream" (func (param "self" (borrow $socket))
      (param "remote-address" (option $address))
      (result (result (tuple (own $input) (own $output)) (error $error)))))))
  (alias export $udp "udp-socket" (type $udp-type))
  (alias export $udp "incoming-datagram-stream" (type $udp-input-type))
  (alias export $udp "outgoing-datagram-stream" (type $udp-output-type))
  (import "wasi:sockets/udp-create-socket@{V}" (instance $make-udp{_OUTER}{_FAMILY}
    (alias outer 1 $udp-type (type $s)) (export "udp-socket" (type $socket (eq $s)))
    (export "create-udp-socket" (func (param "address-family" $family)
      (result (result (own $socket) (error $error)))))))
"""
_AT = " i32" * 12
_FUNCTIONS = {
    "get-network": ("instance-network", "instance-network", "(result i32)"),
    "resolve": ("lookup", "resolve-addresses", "(param i32 i32 i32 i32)"),
    "next": ("lookup", "[method]resolve-address-stream.resolve-next-address", "(param i32 i32)"),
    "asked": ("lookup", "[method]resolve-address-stream.subscribe", "(param i32) (result i32)"),
    "create-tcp": ("make-tcp", "create-tcp-socket", "(param i32 i32)"),
    "bind": ("tcp", "[method]tcp-socket.start-bind", f"(param i32 i32{_AT} i32)"),
    "bound": ("tcp", "[method]tcp-socket.finish-bind", "(param i32 i32)"),
    "connect": ("tcp", "[method]tcp-socket.start-connect", f"(param i32 i32{_AT} i32)"),
    "connected": ("tcp", "[method]tcp-socket.finish-connect", "(param i32 i32)"),
    "listen": ("tcp", "[method]tcp-socket.start-listen", "(param i32 i32)"),
    "subscribe": ("tcp", "[method]tcp-socket.subscribe", "(param i32) (result i32)"),
    "create-udp": ("make-udp", "create-udp-socket", "(param i32 i32)"),
    "bind-udp": ("udp", "[method]udp-socket.start-bind", f"(param i32 i32{_AT} i32)"),
    "bound-udp": ("udp", "[method]udp-socket.finish-bind", "(param i32 i32)"),
    "stream": ("udp", "[method]udp-socket.stream", f"(param i32 i32{_AT} i32)"),
    "block": ("poll", "[method]pollable.block", "(param i32)"),
    "receive": ("streams", "[method]input-stream.blocking-read", "(param i32 i64 i32)"),
    "send": (
        "streams",
        "[method]output-stream.blocking-write-and-flush",
        "(param i32 i32 i32 i32)",
    ),
    "drop-network": ("network-type", "", "(param i32)"),
    "drop-lookup": ("lookup-type", "", "(param i32)"),
    "drop-pollable": ("pollable-type", "", "(param i32)"),
    "drop-input": ("input-type", "", "(param i32)"),
    "drop-output": ("output-type", "", "(param i32)"),
    "drop-tcp": ("tcp-type", "", "(param i32)"),
    "drop-udp": ("udp-type", "", "(param i32)"),
    "drop-udp-input": ("udp-input-type", "", "(param i32)"),
    "drop-udp-output": ("udp-output-type", "", "(param i32)"),
}
_LOWERED = "\n".join(
    f'(core func ${name} (canon lower (func ${owner} "{function}")'
    " (memory $memory) (realloc $realloc)))"
    if function
    else f"(core func ${name} (canon resource.drop ${owner}))"
    for name, (owner, function, _) in _FUNCTIONS.items()
)
_SIX = "(i32.const 0) " * 6
_THERE = f"""(i32.const 0) (call $port) (call $ip (i32.const 0)) (call $ip (i32.const 1))
      (call $ip (i32.const 2)) (call $ip (i32.const 3)) {_SIX} (i32.const 600)"""
_ANYWHERE = f"{'(i32.const 0) ' * 12} (i32.const 600)"
_IMPORTED = "\n".join(
    f'(import "wasi" "{name}" (func ${name} {signature}))'
    for name, (_, _, signature) in _FUNCTIONS.items()
)
_CORE = f"""
  {_IMPORTED}
  ;; body
  (global $ip-at (mut i32) (i32.const 0))
  (func $at (param $n i32) (result i32) (i32.add (i32.load (i32.const 64)) (local.get $n)))
  (func $ip (param $n i32) (result i32)
    (i32.load8_u (i32.add (global.get $ip-at) (local.get $n))))
  (func $port (result i32) (i32.load16_u align=1 (call $at (i32.const 5))))
  ;; remembers the step and its error code at 700; whether it failed
  (func $failed (param $step i32) (param $code i32) (result i32)
    (if (i32.load8_u (i32.const 600)) (then
      (i32.store8 (i32.const 700) (local.get $step))
      (i32.store8 (i32.const 701)
        (i32.load8_u (i32.add (i32.const 600) (local.get $code))))))
    (i32.load8_u (i32.const 600)))
  (func $wait (param $pollable i32)
    (call $block (local.get $pollable)) (call $drop-pollable (local.get $pollable)))
  ;; the number of bytes at 700
  (func $talk (param $input i32) (param $output i32) (param $from i32) (param $size i32)
    (result i32)
    (if (local.get $size) (then
      (call $send (local.get $output) (local.get $from) (local.get $size) (i32.const 600))
      (if (call $failed (i32.const 7) (i32.const 4)) (then (return (i32.const 2))))))
    (call $receive (local.get $input) (i64.const 64) (i32.const 600))
    (if (call $failed (i32.const 8) (i32.const 4)) (then (return (i32.const 2))))
    (i32.store8 (i32.const 700) (i32.const 0))
    (memory.copy (i32.const 701) (i32.load (i32.const 604)) (i32.load (i32.const 608)))
    (i32.add (i32.load (i32.const 608)) (i32.const 1)))
  (func $call-there (param $network i32) (param $from i32) (param $size i32) (result i32)
    (local $socket i32) (local $input i32) (local $output i32) (local $made i32)
    (call $create-tcp (i32.const 0) (i32.const 600))
    (if (call $failed (i32.const 1) (i32.const 4)) (then (return (i32.const 2))))
    (local.set $socket (i32.load (i32.const 604)))
    (local.set $made (i32.const 2))
    (call $connect (local.get $socket) (local.get $network) {_THERE})
    (if (i32.eqz (call $failed (i32.const 2) (i32.const 1))) (then
      (call $wait (call $subscribe (local.get $socket)))
      (call $connected (local.get $socket) (i32.const 600))
      (if (i32.eqz (call $failed (i32.const 3) (i32.const 4))) (then
        (local.set $input (i32.load (i32.const 604)))
        (local.set $output (i32.load (i32.const 608)))
        (local.set $made (call $talk (local.get $input) (local.get $output)
          (local.get $from) (local.get $size)))
        (call $drop-input (local.get $input))
        (call $drop-output (local.get $output))))))
    (call $drop-tcp (local.get $socket))
    (local.get $made))
  (func $listen-there (param $network i32) (result i32) (local $socket i32)
    (call $create-tcp (i32.const 0) (i32.const 600))
    (if (call $failed (i32.const 1) (i32.const 4)) (then (return (i32.const 2))))
    (local.set $socket (i32.load (i32.const 604)))
    (i32.store8 (i32.const 700) (i32.const 0))
    (i32.store8 (i32.const 701) (i32.const 0))
    (call $bind (local.get $socket) (local.get $network) {_THERE})
    (if (i32.eqz (call $failed (i32.const 4) (i32.const 1))) (then
      (call $bound (local.get $socket) (i32.const 600))
      (if (i32.eqz (call $failed (i32.const 4) (i32.const 1))) (then
        (call $listen (local.get $socket) (i32.const 600))
        (drop (call $failed (i32.const 5) (i32.const 1)))))))
    (call $drop-tcp (local.get $socket))
    (i32.const 2))
  (func $stream-there (param $network i32) (result i32) (local $socket i32)
    (call $create-udp (i32.const 0) (i32.const 600))
    (if (call $failed (i32.const 1) (i32.const 4)) (then (return (i32.const 2))))
    (local.set $socket (i32.load (i32.const 604)))
    (call $bind-udp (local.get $socket) (local.get $network) {_ANYWHERE})
    (if (i32.eqz (call $failed (i32.const 4) (i32.const 1))) (then
      (call $bound-udp (local.get $socket) (i32.const 600))
      (call $stream (local.get $socket) (i32.const 1) {_THERE})
      (if (i32.eqz (call $failed (i32.const 6) (i32.const 4))) (then
        (call $drop-udp-input (i32.load (i32.const 604)))
        (call $drop-udp-output (i32.load (i32.const 608)))
        (i32.store8 (i32.const 700) (i32.const 0))
        (i32.store8 (i32.const 701) (i32.const 0))))))
    (call $drop-udp (local.get $socket))
    (i32.const 2))
  (func $look-up (param $network i32) (result i32)
    (local $from i32) (local $end i32) (local $lookup i32) (local $made i32)
    (local.set $from (call $at (i32.const 7)))
    (local.set $end (local.get $from))
    (block $found (loop $more
      (br_if $found (i32.eqz (i32.load8_u (local.get $end))))
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br $more)))
    (call $resolve (local.get $network) (local.get $from)
      (i32.sub (local.get $end) (local.get $from)) (i32.const 600))
    (if (call $failed (i32.const 9) (i32.const 4)) (then (return (i32.const 2))))
    (local.set $lookup (i32.load (i32.const 604)))
    (call $wait (call $asked (local.get $lookup)))
    (call $next (local.get $lookup) (i32.const 600))
    (local.set $made (call $failed (i32.const 9) (i32.const 2)))
    (if (i32.or (i32.eqz (i32.load8_u (i32.const 602))) (i32.load8_u (i32.const 604))) (then
      (local.set $made (i32.const 1))))
    (call $drop-lookup (local.get $lookup))
    (if (local.get $made) (then (return (i32.const 2))))
    (i32.store (i32.const 720) (i32.load align=2 (i32.const 606)))
    (global.set $ip-at (i32.const 720))
    (local.set $end (i32.add (local.get $end) (i32.const 1)))
    (call $call-there (local.get $network) (local.get $end)
      (i32.sub (call $at (i32.load (i32.const 68))) (local.get $end))))
  (func (export "process") {ELEMENT} (local $network i32) (local $made i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (global.set $ip-at (call $at (i32.const 1)))
    (local.set $network (call $get-network))
    (if (i32.eq (call $first) (i32.const {ord("L")})) (then
      (local.set $made (call $listen-there (local.get $network)))))
    (if (i32.eq (call $first) (i32.const {ord("U")})) (then
      (local.set $made (call $stream-there (local.get $network)))))
    (if (i32.eq (call $first) (i32.const {ord("N")})) (then
      (local.set $made (call $look-up (local.get $network)))))
    (if (i32.eq (call $first) (i32.const {ord("C")})) (then
      (local.set $made (call $call-there (local.get $network) (call $at (i32.const 7))
        (i32.sub (i32.load (i32.const 68)) (i32.const 7))))))
    (if (i32.eq (call $first) (i32.const {ord("W")})) (then
      (local.set $made (call $call-there (local.get $network) (i32.const 0) (i32.const 0)))))
    (call $drop-network (local.get $network))
    (call $emit (call $made (i32.const 700) (local.get $made)) (i32.const 1000) (i32.const 10)))
"""


def requesting_source(payload: bytes, elements: int) -> bytes:
    """A source that gives the same payload so many times."""
    data = "".join(f"\\{byte:02x}" for byte in payload)
    return component(
        f"""
        (global $n (mut i32) (i32.const 0))
        (func (export "pull") (result i32)
          (if (i32.eq (global.get $n) (i32.const {elements}))
            (then (return (call $nothing (i32.const 0)))))
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (call $some (call $made (i32.const 2048) (i32.const {len(payload)}))
            (i32.const 1000) (i32.const 10)))
        (func (export "notify-backpressure") (param i32))
        (data (i32.const 2048) "{data}")
        """,
        Role.SOURCE,
    )
