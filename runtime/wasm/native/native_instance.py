"""One node's instance of the extension: what it is made with, and what its failures mean."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple, NoReturn, Protocol

from runtime.model.call import Call, Export, Failed, Failure
from runtime.model.component.surface import InterfaceSurface
from runtime.model.linked import LinkedNode
from runtime.model.measures.time_units import NS_PER_MS
from runtime.wasm import size_failures, traps
from runtime.wasm.call_layer import Compiled, FlowContext, InstanceError
from runtime.wasm.guest_memory import GuestMemory, HandleCount, NotAvailable
from runtime.wasm.host_functions import boundary
from runtime.wasm.host_functions.call_state import frozen_fault, host_bug
from runtime.wasm.host_functions.capabilities import Grants, granted_environment, read_grants
from runtime.wasm.host_functions.denied_uses import NodeDenials, replaces
from runtime.wasm.host_functions.granted_folders import FolderError, opened_folder
from runtime.wasm.host_functions.wasi import SHADOWED
from runtime.wasm.native.extension import Extension, NativeOutput, OpenedInstance
from runtime.wasm.native.native_memory import NativeMemory
from runtime.wasm.node_types import called_exports, check_types
from runtime.wasm.output_follower import FollowedOutput
from runtime.wasm.sandbox import fuel_of, table_elements_of

_MISSING = "missing export: "
"""Begins the error of an export that is not there."""
_STILL_WORKS = frozenset({"process", "foreign", "configuration"})
"""After these the instance is told that it ends; after an error of wasmtime it cannot be."""

_PLAIN = NotAvailable("its code was compiled without --guest-debug")
_INTERPRETED = NotAvailable("it carries an interpreter, which --guest-debug all is for")


class Trouble(NamedTuple):
    """What the extension says of a call that failed."""

    what: tuple[Any, ...]
    """("error", text, exit code or None), ("process", case, text), ("foreign",),
    ("configuration", size) or ("fault",)."""
    fault: tuple[str, Any] | None
    """What a host function says: "frozen", "too long", "panicked" or "host", and more."""
    interrupted: bool
    timed_out: bool
    over_limit: int
    """The limit of what a call prints, when it was reached, else 0."""
    stderr: bytes
    """The end of what the call wrote to stderr."""
    stderr_bytes: int


class FollowedCalls(Protocol):
    """Has the output of a long call shown while it runs."""

    def begin(self, output: FollowedOutput) -> None:
        """Show it from now on."""
        ...

    def end(self) -> None:
        """The call ended."""
        ...


class NativeInstance:
    """An instance in a store of its own. Made and used on one thread."""

    def __init__(
        self,
        node: LinkedNode,
        compiled: Compiled,
        extension: Extension,
        parts: tuple[object, object],
        rules: dict[str, Any],
        context: FlowContext,
        followed: FollowedCalls,
        call: Call,
    ) -> None:
        """Instantiate `compiled` for `node`; `parts` are watch and values.

        Raises InstanceError.
        """
        self.compiled = compiled
        self.crashed: Failure | None = None
        self.runs: dict[Export, int] = {}
        self._node = node
        self._rules = rules
        self._context = context
        self._followed = followed
        self._exports = list(called_exports(node))
        self._uses = NodeDenials(
            node.name,
            context.denied,
            node.grants,
            node.withheld,
            interpreter=node.interpreter,
            made_for=call.number,
            gives_network=True,
        )
        self._number = call.number
        """Of the call whose output is shown while it runs."""
        self._show_problem: Exception | None = None
        self._opened: OpenedInstance | None = None
        self._output: NativeOutput | None = None
        self._memory: NativeMemory | None = None
        self._grants = read_grants(node.grants)
        self._versions = {
            boundary.split_version(item.name)[0]: item.name for item in compiled.surface.imports
        }
        check_types(node, compiled.surface)
        self._check_memory()
        opened, trouble = self._open(extension, parts)
        if trouble is not None:
            failure = self._start_failure(Trouble(*trouble))
            opened.close()
            raise InstanceError(failure)
        self._opened = opened
        self._output = opened.printed_output()
        self.runs = {export: index for index, (export, _) in enumerate(self._exports)}
        self.make: Callable[[int, Call], Any] = opened.make
        if opened.reads_memory:
            self._memory = NativeMemory(opened)
            self.make = self._make_first

    @property
    def live_handles(self) -> int:
        """Buffers the component owns now."""
        return 0 if self._opened is None else self._opened.live_handles

    def handles(self) -> list[HandleCount]:
        """See `NodeInstance.handles`; code that hands out no memory tells the live ones alone."""
        if self._opened is None:
            return []
        if self._memory is None:
            return [HandleCount("buffers", None, None, self._opened.live_handles)]
        return self._memory.handles()

    @property
    def memory(self) -> GuestMemory | NotAvailable:
        """See `NodeInstance.memory`."""
        if self._opened is None:
            return NotAvailable("there is no instance")
        if self._memory is None:
            return _INTERPRETED if self._node.interpreter else _PLAIN
        return self._memory

    # ---- making it

    def _check_memory(self) -> None:
        declared, limits = self.compiled.declared, self._node.limits
        elements = sum(item.least for item in declared.tables)
        if declared.least_bytes > limits.memory_bytes or elements > table_elements_of(limits):
            raise InstanceError(traps.too_many_memories(declared, limits))

    def _open(self, extension: Extension, parts: tuple[object, object]) -> Any:
        try:
            with ExitStack() as stack:
                folders = [
                    (stack.enter_context(opened_folder(path, self._linked())), path, writable)
                    for path, writable in self._grants.directories
                ]
                watch, values = parts
                return extension.Instance.open(
                    self.compiled.code, watch, values, self._rules, self._plan(folders)
                )
        except FolderError as problem:
            raise InstanceError(traps.wasi_failed(str(problem))) from None
        except OSError as problem:
            text = f"the granted directory {str(problem)!r} cannot be opened"
            raise InstanceError(traps.wasi_failed(text)) from None

    def _linked(self) -> dict[str, str]:
        return dict(self._node.folders)

    def _plan(self, folders: list[tuple[str, str, bool]]) -> dict[str, Any]:
        node, grants = self._node, self._grants
        imports = [_replaced(item, grants) for item in self.compiled.surface.imports]
        return {
            "node": node.name,
            "flow_id": self._context.flow_id,
            "fuel": fuel_of(node.limits),
            "timeout_ns": node.limits.call_timeout_ms * NS_PER_MS,
            "memory_bytes": node.limits.memory_bytes,
            "table_elements": table_elements_of(node.limits),
            "granted": (grants.stdout, grants.stderr),
            "environment": granted_environment(grants),
            "folders": folders,
            "network": [
                (item.action, list(item.scope.hosts), list(item.scope.ports))
                for item in grants.network
            ],
            "imports": [item for item in imports if item is not None],
            "exports": [(export.value, interface) for export, interface in self._exports],
            "asks_host": any(item is not None and item[2] == "asked" for item in imports),
            "perf_counter_ns": time.perf_counter_ns(),
            "inputs": self._context.inputs,
            "allows": grants.allows,
            "on_denied": self._denied,
            "on_print": self._context.on_print,
            "on_silent_print": self._uses.note_printed,
            "on_failed": self._failed,
            "on_followed": self._follow,
            "on_unfollowed": self._unfollow,
            "call": self._number,
        }

    def _start_failure(self, trouble: Trouble) -> Failure:
        limits = self._node.limits
        text = str(trouble.what[1]) if trouble.what[0] == "error" else ""
        fault = self._fault(trouble)
        if fault is not None:
            failure = fault
        elif text.startswith(_MISSING):
            function, interface = text.splitlines()[0].removeprefix(_MISSING).split(" ", 1)
            return traps.missing_export(Export(function), interface)
        elif trouble.timed_out:
            failure = traps.timed_out(limits)
        elif trouble.interrupted:
            failure = traps.interrupted()
        else:
            failure = traps.instantiation_failure(text, limits)
        return _with_stderr(failure, trouble)

    # ---- what the extension tells

    def _denied(self, call: int, uses: list[tuple[str, str, str, str | None, list[str]]]) -> None:
        for imported, interface, function, text, flags in uses:
            if imported == interface:
                # Of a socket, which knows no version.
                imported = self._versions.get(interface, interface)
            self._uses.note_call(call, f"{imported} {function}", interface, function, text, flags)

    def _follow(self, call: int) -> None:
        self._number = call
        self._followed.begin(self)

    def _unfollow(self) -> None:
        """Raises what whoever hears of the output raised on the other thread."""
        self._followed.end()
        problem, self._show_problem = self._show_problem, None
        if problem is not None:
            raise problem

    def show(self) -> None:
        """Show what was printed and not shown yet; see `FollowedOutput`."""
        on_print, output = self._context.on_print, self._output
        if on_print is None or output is None:
            return
        granted = {"stdout": self._grants.stdout, "stderr": self._grants.stderr}
        try:
            for stream, data in output.unshown():
                on_print(self._node.name, self._number, stream, data, granted[stream])
        except Exception as problem:
            self._show_problem = problem

    def _failed(self, run: int, trouble: tuple[Any, ...]) -> Failed:
        """The failed outcome; the instance is not called again if it is unusable."""
        facts = Trouble(*trouble)
        failure = _with_stderr(self._failure(self._exports[run][0], facts), facts)
        kind = facts.what[0]
        if kind == "error":
            self.crashed = failure
        if failure.crashed:
            self.crashed = failure
            teardown = self.runs.get(Export.TEARDOWN)
            self.runs = {}
            if kind in _STILL_WORKS and teardown is not None:
                self.runs[Export.TEARDOWN] = teardown
        return Failed(failure)

    def _failure(self, export: Export, trouble: Trouble) -> Failure:
        match trouble.what:
            case ("error", str() as text, code):
                told = traps.CallTrouble(
                    text,
                    code,
                    self._rules["max_taken_bytes"],
                    self._fault(trouble),
                    trouble.interrupted,
                    trouble.timed_out,
                    trouble.stderr,
                )
                return traps.call_failure(told, self._node.limits)
            case ("process", str() as case, str() as text):
                return traps.process_error(export, case, text)
            case ("foreign",):
                return traps.foreign_buffer()
            case ("configuration", int() as size):
                return size_failures.configuration_too_long(size, self._rules["max_given_bytes"])
        return self._fault(trouble) or traps.not_usable("the host failed")

    def _fault(self, trouble: Trouble) -> Failure | None:
        """What a host function, or the host itself, says of the call."""
        match trouble.fault:
            case ("frozen", str() as method):
                return frozen_fault(method)
            case ("too long", int() as size):
                return size_failures.asked_too_much(size, self._rules["max_given_bytes"])
            case ("panicked", str() as text):
                return host_bug(RuntimeError(text))
            case ("host", BaseException() as problem):
                return host_bug(problem)
        return size_failures.printed_too_much(trouble.over_limit) if trouble.over_limit else None

    def _make_first(self, run: int, call: Call) -> Any:
        """Make a call that is one of the first, and is kept."""
        opened, memory = self._opened, self._memory
        assert opened is not None
        assert memory is not None
        answer = opened.make(run, call)
        if not memory.keep(call, answer) and self._opened is not None:
            # The calls after these take no detour.
            self.make = opened.make
        return answer

    def close(self) -> None:
        """See `NodeInstance.close`."""
        self.runs = {}
        # The extension's object holds methods of this one, and Python's collector cannot see that:
        # the circle is opened here.
        self.make = _closed
        self._memory = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def _closed(_run: int, _call: Call) -> NoReturn:
    raise ValueError("the instance is closed")


def _with_stderr(failure: Failure, trouble: Trouble) -> Failure:
    """The failure with the end of what its call wrote to stderr."""
    size = trouble.stderr_bytes
    if not size:
        return failure
    return failure._replace(stderr=trouble.stderr, stderr_cut=size > len(trouble.stderr))


def _replaced(
    interface: InterfaceSurface, grants: Grants
) -> tuple[str, str, str, list[str], list[str]] | None:
    """What an import is replaced by; None when wasmtime's own is given."""
    name, version = boundary.split_version(interface.name)
    functions = [function.name for function in interface.functions]
    if name.startswith("torvyn:"):
        by = "torvyn"
    elif replaces(interface, grants, gives_network=True):
        by = "denied"
    elif name in SHADOWED and boundary.is_wasi_version(version) and functions:
        by = "asked"
    else:
        return None
    return interface.name, name, by, functions, list(interface.resources)
