"""Compiles components, keeps their code between runs, and reads what they are."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from runtime.model.codes import Code
from runtime.model.component.surface import Surface
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.wasm.cache import CodeCache
from runtime.wasm.call_layer import CallLayer, Compiled, NotCompiledError
from runtime.wasm.declared_memory import Declared, read_declared
from runtime.wasm.layer_choice import preferred_layer

_MAGIC = b"\0asm"
_HEADER_BYTES = 8
_CORE_MODULE = b"\x01\x00\x00\x00"
DESCRIPTION_VERSION = "description 1"
"""Part of the key of what is kept; change it whenever what is read from a component changes."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is read from a component's bytes, as it is kept with its code."""

    surface: Surface
    declared: Declared


def surfaces_of(compiled: Mapping[str, Compiled]) -> dict[str, Surface]:
    """What each of the builds imports and exports; both by digest."""
    return {digest: item.surface for digest, item in compiled.items()}


class Host:
    """One call layer and the components it compiled.

    `compile` and `inspect` may be called from any thread; instances live on the one thread
    that calls components (`WasmInvoker`).
    """

    def __init__(self, cache_dir: Path | None, layer: CallLayer | None = None) -> None:
        """`cache_dir` is a folder of the user's own for compiled code, or None for no cache.

        Without `layer`, it is that of `layer_choice.preferred_layer`.
        """
        self.layer = layer or preferred_layer()
        settings = f"{self.layer.settings} {DESCRIPTION_VERSION}"
        self._key = hashlib.sha256(settings.encode()).hexdigest()[:16]
        self._cache = CodeCache(cache_dir) if cache_dir is not None else None
        self._known: WeakValueDictionary[str, Compiled] = WeakValueDictionary()
        self._lock = threading.Lock()
        self.on_compile: Callable[[], None] | None = None
        """Called, on the thread that compiles, before a component that no cache has."""

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the user should know of this host: a cache that is not used."""
        problem = None if self._cache is None else self._cache.problem
        return () if problem is None else (problem,)

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
        mode = self.layer.mode(data)
        key = f"{digest}-{self._key}{mode}"
        code = self._load(key, data, mode)
        description = self._description(key, code, digest, data)
        compiled = Compiled(digest, description.surface, code, description.declared)
        with self._lock:
            return self._known.setdefault(digest, compiled)

    def _description(self, key: str, code: Any, digest: str, data: bytes) -> Description:
        """What the component's bytes say; reading it takes longer than loading the code."""
        kept = None if self._cache is None else self._cache.find_description(key)
        if kept is not None:
            with contextlib.suppress(msgspec.DecodeError):
                return msgspec.json.decode(kept, type=Description)
        made = Description(self.layer.surface(code, digest, data), read_declared(data))
        if self._cache is not None:
            self._cache.keep_description(key, msgspec.json.encode(made))
        return made

    def _load(self, key: str, data: bytes, mode: str) -> Any:
        if self._cache is not None:
            path = self._cache.find(key)
            if path is not None:
                code = self.layer.load(path, mode)
                if code is not None:
                    return code
                self._cache.discard(path)
        if self.on_compile is not None:
            self.on_compile()
        try:
            code = self.layer.compile(data, mode, self._cache)
        except NotCompiledError as error:
            raise _not_compiled(_cause(str(error))) from None
        if self._cache is not None:
            self._cache.keep(key, self.layer.serialize(code))
        return code


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
