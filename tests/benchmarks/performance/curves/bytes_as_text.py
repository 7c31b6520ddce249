"""What was tried for payloads on the direct layer: bytes that cross as text.

A function whose result is a string, lowered with `latin1+utf16`, puts each character below 256 into
the component's memory as one byte, as a list of bytes would; and a string crosses the C library as
one block of UTF-8. It is no way for components as they are: it takes another type of `read-all`
in the component, its `realloc` is called with the length in UTF-8 first, so that fuel is another
when there are bytes above 127, and what a component hands over lies at odd addresses too, which
such a string may not. Here a component made for it is called, through wasmtime-py's own binding.
"""

from __future__ import annotations

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

from tests.benchmarks.performance.rounds import Way

TRIED = "tried: bytes as text"
LEAST = 2 << 10
"""Bytes; with less it is the binding's own call that is measured."""
_COMPONENT = """
(component
  (import "host" (instance $host (export "read" (func (result string)))))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $need i32)
      (local.set $need (i32.add (i32.const 2) (i32.shr_u (local.get 3) (i32.const 16))))
      (if (i32.gt_u (local.get $need) (memory.size)) (then
        (drop (memory.grow (i32.sub (local.get $need) (memory.size))))))
      (i32.const 8192)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $read (canon lower (func $host "read")
    (memory $memory) (realloc $realloc) string-encoding=latin1+utf16))
  (core module $guest
    (import "host" "read" (func $read (param i32)))
    (import "libc" "memory" (memory 1))
    (func (export "size") (result i32) (call $read (i32.const 64)) (i32.load (i32.const 68))))
  (core instance $guest (instantiate $guest
    (with "host" (instance (export "read" (func $read))))
    (with "libc" (instance $libc))))
  (alias core export $guest "size" (core func $size))
  (func (export "size") (result u32) (canon lift (core func $size))))
"""


def read_as_text(payload: bytes) -> Way:
    """Calls of a component that is given the payload so, and tells how many bytes it got."""
    engine = Engine()
    linker = Linker(engine)
    with linker.root() as root, root.add_instance("host") as host:
        host.add_func("read", lambda _store: payload.decode("latin-1"))
    store = Store(engine)
    instance = linker.instantiate(store, Component(engine, _COMPONENT))
    size = instance.get_func(store, "size")
    assert size is not None

    def calls(count: int) -> None:
        for _ in range(count):
            assert size(store) == len(payload)
            size.post_return(store)

    return calls
