"""What a node is not granted: every attempt fails, is counted, and names what was tried."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.model.access import DeniedUse
from runtime.model.call import Emitted
from runtime.model.linked import Role
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import component

V = "0.2.3"
IMPORTS = f"""
  (import "wasi:sockets/network@{V}" (instance $network
    (export "network" (type (sub resource)))))
  (alias export $network "network" (type $network-type))
  (import "wasi:sockets/instance-network@{V}" (instance $instance-network
    (alias outer 1 $network-type (type $n)) (export "network" (type $nt (eq $n)))
    (export "instance-network" (func (result (own $nt))))))
  (import "wasi:sockets/ip-name-lookup@{V}" (instance $lookup
    (alias outer 1 $network-type (type $n)) (export "network" (type $nt (eq $n)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (type $e (enum "unknown" "access-denied")) (export "error-code" (type $error (eq $e)))
    (export "resolve-addresses" (func (param "network" (borrow $nt)) (param "name" string)
      (result (result (own $stream) (error $error)))))))
  (import "wasi:filesystem/types@{V}" (instance $files
    (export "descriptor" (type $d (sub resource)))
    (type $e (enum "access" "not-permitted")) (export "error-code" (type $error (eq $e)))
    (type $k (enum "unknown" "directory")) (export "descriptor-type" (type $kind (eq $k)))
    (export "[method]descriptor.get-type" (func (param "self" (borrow $d))
      (result (result $kind (error $error)))))
    (export "[method]descriptor.rename-at" (func (param "self" (borrow $d))
      (param "old-path" string) (param "new-descriptor" (borrow $d)) (param "new-path" string)
      (result (result (error $error)))))))
  (alias export $files "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@{V}" (instance $preopens
    (alias outer 1 $descriptor (type $o)) (export "descriptor" (type $d (eq $o)))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))
"""
MEMORY = "(memory $memory) (realloc $realloc)"
LOWERED = f"""
  (core func $get-network (canon lower (func $instance-network "instance-network")))
  (core func $resolve (canon lower (func $lookup "resolve-addresses") {MEMORY}))
  (core func $type (canon lower (func $files "[method]descriptor.get-type") {MEMORY}))
  (core func $rename (canon lower (func $files "[method]descriptor.rename-at") {MEMORY}))
  (core func $folders (canon lower (func $preopens "get-directories") {MEMORY}))
  (core func $drop-network (canon resource.drop $network-type))
  (core func $drop-descriptor (canon resource.drop $descriptor))
"""
NAMES = ("get-network", "resolve", "type", "rename", "folders", "drop-network", "drop-descriptor")
CORE = """
  (import "wasi" "get-network" (func $get-network (result i32)))
  (import "wasi" "resolve" (func $resolve (param i32 i32 i32 i32)))
  (import "wasi" "type" (func $type (param i32 i32)))
  (import "wasi" "rename" (func $rename (param i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi" "folders" (func $folders (param i32)))
  (import "wasi" "drop-network" (func $drop-network (param i32)))
  (import "wasi" "drop-descriptor" (func $drop-descriptor (param i32)))
  ;; body
  (data (i32.const 900) "hostold/anew")
  (func (export "notify-backpressure") (param i32))
  (func (export "pull") (result i32) (local $h i32)
    (local.set $h (call $get-network))
    (call $resolve (local.get $h) (i32.const 900) (i32.const 4) (i32.const 600))
    (call $drop-network (local.get $h))
    (i32.store8 (i32.const 512) (i32.load8_u (i32.const 600)))
    (i32.store8 (i32.const 513) (i32.load8_u (i32.const 604)))
    (call $folders (i32.const 600))
    (i32.store8 (i32.const 514) (i32.load (i32.const 604)))
    (if (i32.load (i32.const 604)) (then
      (local.set $h (i32.load (i32.load (i32.const 600))))
      (call $type (local.get $h) (i32.const 620))
      (i32.store8 (i32.const 515) (i32.load8_u (i32.const 620)))
      (i32.store8 (i32.const 516) (i32.load8_u (i32.const 621)))
      (call $rename (local.get $h) (i32.const 904) (i32.const 5)
        (local.get $h) (i32.const 909) (i32.const 3) (i32.const 620))
      (i32.store8 (i32.const 517) (i32.load8_u (i32.const 620)))
      (i32.store8 (i32.const 518) (i32.load8_u (i32.const 621)))
      (call $drop-descriptor (local.get $h))))
    (call $some (call $made (i32.const 512) (i32.const 7)) (i32.const 1000) (i32.const 10)))
"""
ERROR_DENIED = (1, 1)
OK_DIRECTORY = (0, 1)


@pytest.fixture(scope="module")
def guest() -> bytes:
    given = " ".join(f'(export "{name}" (func ${name}))' for name in NAMES)
    return component(
        CORE,
        Role.SOURCE,
        imports=IMPORTS,
        lowered=LOWERED,
        instances=f'(with "wasi" (instance {given}))',
    )


def pulled(node: OneNode) -> bytes:
    outcome = node.call().outcome
    assert isinstance(outcome, Emitted), outcome
    return outcome.outputs[0].payload.data


def test_attempts_fail_are_told_and_counted_and_leave_no_handle(host: Host, guest: bytes) -> None:
    told: list[tuple[DeniedUse, int]] = []
    options: dict[str, Any] = {"on_denied": lambda use, count: told.append((use, count))}
    with OneNode(host, guest, Role.SOURCE, **options) as node:
        node.start()
        for _ in range(50):
            assert tuple(pulled(node)) == (*ERROR_DENIED, 1, *OK_DIRECTORY, *ERROR_DENIED)
        assert node.invoker.live_handles("node") == 0
    first = [use for use, count in told if count == 1]
    assert [(use.capability, use.what) for use in first] == [
        ("network:tcp-connect", "look up the host host"),
        ("filesystem:write:/old", "write /old/a"),
    ]
    assert first[1].imported == f"wasi:filesystem/types@{V} [method]descriptor.rename-at"
    assert first[1].paste == ('[security.grants.node]\ncapabilities = ["filesystem:write:/old"]')
    assert [count for use, count in told if use.capability.startswith("file")] == [*range(1, 51)]


READS_ENVIRONMENT = f"""
  (import "wasi:cli/environment@{V}" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
"""
READ_TWICE = """
  (import "wasi" "environment" (func $environment (param i32)))
  ;; body
  (func $twice (call $environment (i32.const 600)) (call $environment (i32.const 600)))
  (func (export "init") (param i32 i32) (result i32) (call $twice) (call $ok))
  (func (export "teardown"))
  (func (export "notify-backpressure") (param i32))
  (func (export "pull") (result i32) (call $twice) (call $nothing (i32.const 0)))
"""


@pytest.mark.parametrize(("interpreter", "counts"), [("Python", [0, 1, 2, 3]), ("", [1, 2, 3, 4])])
def test_what_an_interpreter_asks_when_it_starts_is_nobodys_use(
    host: Host, interpreter: str, counts: list[int]
) -> None:
    guest = component(
        READ_TWICE,
        Role.SOURCE,
        lifecycle=True,
        imports=READS_ENVIRONMENT,
        lowered=f'(core func $e (canon lower (func $environment "get-environment") {MEMORY}))',
        instances='(with "wasi" (instance (export "environment" (func $e))))',
    )
    told: list[tuple[DeniedUse, int]] = []
    options: dict[str, Any] = {"on_denied": lambda use, count: told.append((use, count))}
    with OneNode(
        host, guest, Role.SOURCE, lifecycle=True, interpreter=interpreter, **options
    ) as node:
        node.start()
        node.call()
    assert [count for _, count in told] == counts
    assert [use.interpreter for use, _ in told] == [interpreter, "", "", ""]
    started = f"{interpreter} tried to read the environment when it started in node"
    assert told[0][0].sentence.startswith(started if interpreter else "node tried to read")
