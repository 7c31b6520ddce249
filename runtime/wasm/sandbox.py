"""Limits of a call: fuel, time, memory; and the way to stop one from another thread.

Time is enforced by epochs: while calls are made a thread advances the engine's epoch every
`TICK_SECONDS`, and wasmtime then asks `CallWatch.on_epoch` in the middle of wasm code
whether the call may go on. Facts: docs/torvyn-facts.md#limits.
"""

from __future__ import annotations

import resource
import threading
import time
from typing import Any, NamedTuple

from wasmtime import Engine, Store

from runtime.model.call import Call, CallInProgress
from runtime.model.interruption import CALLED_FROM_C, taken
from runtime.model.linked import Limits
from runtime.wasm.abi import capi
from runtime.wasm.declared_memory import Declared, limit_of_each
from runtime.wasm.output_follower import FollowedOutput, OutputFollower

TICK_SECONDS = 0.01
"""Precision of call timeouts."""
_QUIET_TICKS = 100
"""The ticking thread sleeps after this many ticks without a call."""
_TABLE_ELEMENTS = 10_000
_TABLE_ELEMENT_BYTES = 8
_TABLE_SHARE = 8
"""All tables together may take this part of what the memories may."""
_CORE_INSTANCES = 100
"""Torvyn allows 10; a component made from Python has more than 12 of its own."""
_FOLLOWED_TICKS = 20
"""After so many ticks what a call prints is shown while it runs."""
MAX_WASM_STACK_BYTES = 1024 * 1024
UNLIMITED_FUEL = 0x7FFF_FFFF_FFFF_FFFF
"""Fuel of a call when the manifest says 0."""
_FOREVER_NS = 1 << 62
_CONTINUE = 0


class StoreLimits(NamedTuple):
    """What the store of one component allows; see `declared_memory`."""

    memory_bytes: int
    """Each memory may have so much: all together no more than the node's limit."""
    table_elements: int
    memories: int
    tables: int

    @classmethod
    def of(cls, declared: Declared, limits: Limits) -> StoreLimits | None:
        """None when the component's memories or tables do not fit into the limits."""
        memory_bytes = limit_of_each(declared.memories, limits.memory_bytes)
        table_elements = limit_of_each(declared.tables, table_elements_of(limits))
        if memory_bytes is None or table_elements is None:
            return None
        return cls(
            memory_bytes,
            min(table_elements, _TABLE_ELEMENTS),
            len(declared.memories),
            len(declared.tables),
        )

    def apply(self, store: Store) -> None:
        """Set what the store's instances may take."""
        store.set_limits(
            memory_size=self.memory_bytes,
            table_elements=self.table_elements,
            instances=_CORE_INSTANCES,
            tables=self.tables,
            memories=self.memories,
        )


def table_elements_of(limits: Limits) -> int:
    """Elements that all tables of a component may have together."""
    return limits.memory_bytes // _TABLE_SHARE // _TABLE_ELEMENT_BYTES


def fuel_of(limits: Limits) -> int:
    """Fuel for one call."""
    return limits.fuel or UNLIMITED_FUEL


def shares_memory_images() -> bool:
    """Whether an engine made now has the instances of a component share what memory begins with.

    wasmtime keeps that in a file in memory, unless it maps a file of compiled code. Where files may
    not be large (`ulimit -f`), no component with more data would start: each instance then gets
    a copy of its own, and nothing is written.
    """
    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def code_settings(settings: str, shares_images: bool) -> str:
    """Part of the key of compiled code: an engine loads none that was made for the other way."""
    return settings if shares_images else f"{settings} copied-memory"


class CallWatch:
    """Watches the one call that runs. Methods are for the wasm thread unless they say otherwise."""

    __slots__ = (
        "_closed",
        "_engine",
        "_follower",
        "_thread",
        "_wakened",
        "began_ns",
        "call",
        "ended",
        "followed_ns",
        "idle",
        "interrupted",
        "output",
        "running",
        "timed_out",
        "timeout_ns",
    )

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread: threading.Thread | None = None
        self._wakened = threading.Event()
        self._closed = False
        self.running = False
        self.idle = True
        """True while the ticking thread sleeps: `wake` must be called with the next call."""
        self.interrupted = False
        self.timed_out = False
        self.ended: KeyboardInterrupt | None = None
        """Raised here, where it cannot leave: whoever made the call gets it."""
        self.call: Call | None = None
        """The last call that was begun."""
        self.began_ns = 0
        """`perf_counter_ns` when the call began."""
        self.timeout_ns = 0
        """Longest duration of the call; 0 is no limit."""
        self.output: FollowedOutput | None = None
        """What the call prints."""
        self.followed_ns = 0
        """`began_ns` of the call whose output is followed: `end` must be called. Else 0."""
        self._follower = OutputFollower(self)

    def attach(self, store: Store) -> Any:
        """Watch the wasm code of a store; keep the result as long as the store lives."""
        callback = capi.EpochCallback(self.on_epoch)
        capi.epoch_callback(
            capi.address(capi.pointer_value(store.ptr())), callback, capi.NULL, capi.NULL
        )
        store.set_epoch_deadline(1)
        return callback

    def on_epoch(self, _context: int, _data: int, delta: Any, kind: Any) -> int:
        """Called by wasmtime when the epoch passed the store's deadline."""
        try:
            if (kept := taken()) is not None:
                raise kept
            if self.interrupted:
                return capi.new_error("interrupted")
            if self.left_ns() <= 0:
                self.timed_out = True
                return capi.new_error("timed out")
            delta[0] = 1
            kind[0] = _CONTINUE
        except KeyboardInterrupt as problem:
            self.ended = problem
            return capi.new_error("interrupted")
        except BaseException as problem:
            return capi.new_error(f"host failed: {problem}")
        return 0

    def left_ns(self) -> int:
        """Nanoseconds the running call may still take."""
        if not self.timeout_ns:
            return _FOREVER_NS
        return max(0, self.began_ns + self.timeout_ns - time.perf_counter_ns())

    def begin(self, timeout_ns: int, output: FollowedOutput) -> int:
        """A call begins; returns when, as `perf_counter_ns`.

        Raises the `KeyboardInterrupt` that arrived too late for the call before.
        """
        if (kept := taken()) is not None:
            raise kept
        self.interrupted = self.timed_out = False
        self.timeout_ns = timeout_ns
        self.output = output
        self.running = True
        if self.idle:
            self.wake()
        self.began_ns = began = time.perf_counter_ns()
        return began

    def end(self) -> None:
        """The call ended; nothing of its output is shown by another thread after this."""
        self.running = False
        if self.followed_ns:
            with self._follower.lock:
                self.followed_ns = 0

    def interrupt(self) -> None:
        """End the running call promptly. For any thread; does nothing between calls."""
        self.interrupted = True
        if not self._closed:
            self._engine.increment_epoch()

    def in_progress(self) -> CallInProgress | None:
        """The running call, None between calls. For any thread.

        For some microseconds after a call began, its time may still be that of the call before.
        """
        call, began_ns = self.call, self.began_ns
        if call is None or not self.running:
            return None
        sequence = None if call.element is None else call.element.sequence
        elapsed_ns = time.perf_counter_ns() - began_ns
        return CallInProgress(
            call.number, call.node, call.export, sequence, elapsed_ns, self.timeout_ns
        )

    def wake(self) -> None:
        """Start the ticking thread, or let it go on."""
        if self._closed:
            return
        self.idle = False
        if self._thread is None:
            self._thread = threading.Thread(target=self._tick, name="epoch", daemon=True)
            self._thread.start()
        else:
            self._wakened.set()

    def close(self) -> None:
        """Stop the ticking thread. Idempotent."""
        self._closed = True
        self._wakened.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._follower.close()

    def _tick(self) -> None:
        quiet = ticks = 0
        last = -1
        while not self._closed:
            time.sleep(TICK_SECONDS)
            self._engine.increment_epoch()
            if self.running or self.began_ns != last:
                if self.began_ns != last:
                    last = self.began_ns
                    ticks = 0
                elif self.running:
                    ticks += 1
                    if ticks == _FOLLOWED_TICKS:
                        self._follower.follow(last)
                quiet = 0
                continue
            quiet += 1
            if quiet < _QUIET_TICKS:
                continue
            quiet = 0
            self._wakened.clear()
            self.idle = True
            # A call may have begun just before `idle` was set: look once more, then sleep.
            if not self.running and self.began_ns == last and not self._closed:
                self._wakened.wait()
            self.idle = False


CALLED_FROM_C.add(CallWatch.on_epoch.__code__)
