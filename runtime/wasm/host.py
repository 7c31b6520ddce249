"""The wasm engine: its configuration, compiling, and reading what a component is."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from weakref import WeakValueDictionary

from wasmtime import Config, Engine, WasmtimeError, _bindings
from wasmtime.component import Component

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.model.surface import Surface
from runtime.wasm.abi.component_values import ByteLists
from runtime.wasm.cache import CodeCache
from runtime.wasm.declared_memory import Declared, read_declared
from runtime.wasm.direct.surface_reader import read_surface
from runtime.wasm.host_functions.wasi import POLLABLES
from runtime.wasm.sandbox import MAX_WASM_STACK_BYTES

_MAGIC = b"\0asm"
_HEADER_BYTES = 8
_OPEN_FILES = 16
"""Descriptors that wasmtime and its runtime for host functions take, with some to spare."""
_CORE_MODULE = b"\x01\x00\x00\x00"
_CONFIGURATION = (
    "epochs fuel canonical-nan deterministic-relaxed-simd no-concurrency stack-1MiB line-tables 1"
)
"""Part of the key of compiled code; change it whenever `_engine` changes."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A component ready to be instantiated; may be shared by threads."""

    digest: str
    """SHA-256 of the component's bytes, in hexadecimal."""
    surface: Surface
    component: Component
    declared: Declared
    """The memories and tables an instance of it has."""


def surfaces_of(compiled: Mapping[str, Compiled]) -> dict[str, Surface]:
    """What each of the builds imports and exports; both by digest."""
    return {digest: item.surface for digest, item in compiled.items()}


class Host:
    """One engine and its compiled components.

    `compile` and `inspect` may be called from any thread; instances live on the one thread
    that calls components (`WasmInvoker`).
    """

    def __init__(self, cache_dir: Path | None) -> None:
        """`cache_dir` is a folder of the user's own for compiled code, or None for no cache."""
        _check_open_files()
        self.engine = _engine()
        self._cache = CodeCache(cache_dir) if cache_dir is not None else None
        self._known: WeakValueDictionary[str, Compiled] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._pollables: Component | None = None
        self._of_thread = threading.local()
        self.on_compile: Callable[[], None] | None = None
        """Called, on the thread that compiles, before a component that no cache has."""

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the user should know of this host: a cache that is not used."""
        problem = None if self._cache is None else self._cache.problem
        return () if problem is None else (problem,)

    def lists(self) -> ByteLists:
        """The calling thread's writer of byte lists: 2 MiB, shared by all its instances."""
        lists: ByteLists | None = getattr(self._of_thread, "lists", None)
        if lists is None:
            lists = self._of_thread.lists = ByteLists()
        return lists

    def inspect(self, data: bytes) -> Surface:
        """What a component imports and exports. Raises StudioError as `compile`."""
        return self.compile(data).surface

    def compile(self, data: bytes) -> Compiled:
        """Compile a component, or take it from the cache.

        Raises StudioError with E0800 CompilationFailed when `data` is no component.
        """
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            known = self._known.get(digest)
        if known is not None:
            return known
        _check_header(data)
        component = self._load(digest, data)
        surface = read_surface(component, self.engine, digest, data)
        compiled = Compiled(digest, surface, component, read_declared(data))
        with self._lock:
            return self._known.setdefault(digest, compiled)

    def pollables(self) -> Component:
        """The compiled `wasi.POLLABLES`."""
        with self._lock:
            if self._pollables is None:
                self._pollables = Component(self.engine, POLLABLES)
            return self._pollables

    def _load(self, digest: str, data: bytes) -> Component:
        key = f"{digest}-{_configuration_key()}"
        if self._cache is not None:
            path = self._cache.find(key)
            if path is not None:
                try:
                    return Component.deserialize_file(self.engine, str(path))
                except WasmtimeError:
                    self._cache.discard(path)
        if self.on_compile is not None:
            self.on_compile()
        try:
            component = Component(self.engine, data)
        except WasmtimeError as error:
            raise _not_compiled(_cause(str(error))) from None
        if self._cache is not None:
            self._cache.keep(key, bytes(component.serialize()))
        return component


def _check_open_files() -> None:
    """Raise `StudioError` when wasmtime would not get the descriptors that it needs.

    It makes a runtime for its host functions when the first store is made, and aborts the process
    when it cannot (`tokio::runtime::Builder::build`).
    """
    opened: list[int] = []
    try:
        while len(opened) < _OPEN_FILES:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.IO,
                    f"the runtime of the components needs {_OPEN_FILES} open files more than it "
                    f"can have: {error.strerror}",
                    "Allow more open files, e.g. `ulimit -n 1024`.",
                )
            ],
            ExitCode.ENVIRONMENT,
        ) from None
    finally:
        for descriptor in opened:
            os.close(descriptor)


_BACKTRACE_DETAILS = "WASMTIME_BACKTRACE_DETAILS"


def _config() -> Config:
    """A configuration whose traps name source files and lines.

    This binding has no setter for it: wasmtime reads the variable while it makes the
    configuration. It is put back, as a component may be granted the environment.
    """
    before = os.environ.get(_BACKTRACE_DETAILS)
    os.environ[_BACKTRACE_DETAILS] = "1"
    try:
        return Config()
    finally:
        if before is None:
            del os.environ[_BACKTRACE_DETAILS]
        else:
            os.environ[_BACKTRACE_DETAILS] = before


def _engine() -> Engine:
    config = _config()
    config.epoch_interruption = True
    config.consume_fuel = True
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd_deterministic = True
    config.max_wasm_stack = MAX_WASM_STACK_BYTES
    # Calls are synchronous here; without support for concurrent ones each is cheaper.
    _bindings.wasmtime_config_concurrency_support_set(config.ptr(), False)
    return Engine(config)


def _configuration_key() -> str:
    text = f"{version('wasmtime')} {_CONFIGURATION}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_header(data: bytes) -> None:
    """Say in the user's terms what is not a component; the compiler would use its own."""
    if not data:
        raise _not_compiled("the file is empty", "Build the component again.")
    if not data.startswith(_MAGIC[: len(data)]):
        raise _not_compiled("this is not WebAssembly", "Point to the .wasm file of a component.")
    if len(data) < _HEADER_BYTES:
        raise _not_compiled(
            f"the file is cut off after {len(data)} bytes",
            "Wait for the build to finish, or build again.",
        )
    if data[len(_MAGIC) : _HEADER_BYTES] == _CORE_MODULE:
        raise _not_compiled(
            "this is a core module, not a component",
            "Build for wasm32-wasip2, or run `wasm-tools component new` on it.",
        )
    if len(data) == _HEADER_BYTES:
        raise _not_compiled(
            "this component is empty: it imports and exports nothing",
            "Wait for the build to finish, or build again.",
        )


def _cause(text: str) -> str:
    """The innermost cause of a wasmtime error, with what it says first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "Caused by:" in lines:
        return lines[-1].partition(": ")[2] if lines[-1][:1].isdigit() else lines[-1]
    return lines[0] if lines else "unknown error"


def _not_compiled(message: str, advice: str = "Build the component again.") -> StudioError:
    if "unexpected end" in message or "is out of bounds (bound" in message:
        message = f"the file is cut off: {message}"
    return StudioError([Diagnostic(Severity.ERROR, Code.COMPILATION_FAILED, message, advice)])
