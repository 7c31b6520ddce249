"""The stack in the text of a wasmtime error, frame by frame.

wasmtime writes a frame as `0: 0xf8b - name`, functions inlined into it as `- name`, and
below each of them `at file:line:column` when the build has a line table (see `_engine` in
`host.py`). Without one, names carry the module: `module!name`.
"""

from __future__ import annotations

import re

from runtime.model.component.stack import StackFrame

MAX_FRAMES = 64
_MAX_TEXT = 500
"""Characters kept of a name or a file."""

_FRAME = re.compile(r"\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?P<name>\S.*)")
_INLINED = re.compile(r"\s+- (?P<name>\S.*)")
_PLACE = re.compile(r"\s+at (?P<file>.+?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?")
_RUST_HASHES = re.compile(r"(?<=\w)\[[0-9a-f]{5,16}\](?=::)|::h[0-9a-f]{16}$")
"""What tells equally named crates, or functions, apart: `std[390ecf3ee8bcda14]::process::abort` in
Rust's present mangling, `app::run::hb8909c1730863d4b` in its old one."""
_HEADING = "error while executing at wasm backtrace:"
_CAUSE = "Caused by:"

_RUNTIME_NAMES = re.compile(
    r"""
    (?:core|std|alloc|compiler_builtins|wasi|wit_bindgen)::   # Rust
    | _*rust_(?:panic|begin_unwind|start_panic|(?:de|re)?alloc|drop_panic|foreign|eh_) | __rustc
    | abort$ | _?_?assert_fail$ | exit$ | _Exit$ | raise$ | __stack_chk_fail$ | __main_void$
    | (?:m|c|re)alloc$ | free$ | cabi_realloc$ | dl(?:malloc|free|realloc|calloc|memalign)$
    | aligned_alloc$ | posix_memalign$ | mem(?:cpy|move|set|cmp|chr)$ | str(?:len|n?cmp|n?cpy|dup)$
    | __wasi | __libc_ | __wasm_ | __ubsan | __muldi3$ | __multi3$        # wasi-libc, clang
    | __cxa_ | __cxxabi | std::terminate | operator\ (?:new|delete)      # C++
    | (?:debug|builtin|std|start)\.                                      # Zig
    | (?:runtime|internal/\w+|reflect|syscall)\.                         # Go
    | ~lib/rt/ | ~lib/builtins                                           # AssemblyScript
    """,
    re.VERBOSE,
)
_RUNTIME_FILES = re.compile(
    r"/rustc/|/library/(?:core|std|alloc|panic_abort)/|/wasi-libc/|/libc-(?:top|bottom)-half/"
    r"|/lib/zig/|/lib/std/(?:debug|builtin)|/tinygo/src/runtime/|/go/src/runtime/"
)


def read_frames(text: str) -> tuple[StackFrame, ...]:
    """The frames of an error's text, innermost first, at most `MAX_FRAMES`; () without any."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.endswith(_HEADING)), None)
    if start is None:
        return ()
    frames: list[StackFrame] = []
    for line in lines[start + 1 :]:
        if line.strip() == _CAUSE:
            break
        place = _PLACE.fullmatch(line)
        named = _FRAME.fullmatch(line) or _INLINED.fullmatch(line)
        if place and frames:
            frames[-1] = _placed(frames[-1], place)
        elif named:
            if len(frames) == MAX_FRAMES:
                break
            frames.append(_named(named["name"]))
    return tuple(frames)


def _named(text: str) -> StackFrame:
    name = re.sub(r"^[^!<>\s]*!(?=.)", "", text)[:_MAX_TEXT]
    name = _RUST_HASHES.sub("", name)
    return StackFrame(name, runtime=_is_runtime(name))


def _placed(frame: StackFrame, place: re.Match[str]) -> StackFrame:
    file = place["file"][:_MAX_TEXT]
    return frame._replace(
        file=file,
        line=int(place["line"] or 0),
        column=int(place["column"] or 0),
        runtime=frame.runtime or _RUNTIME_FILES.search(file) is not None,
    )


def _is_runtime(name: str) -> bool:
    # `<core::option::Option<T> as my::Trait>::f` belongs to `core`; a leading `&mut` to nobody.
    bare = re.sub(r"^[<&*\s]*(?:mut |const |dyn )*", "", name)
    return _RUNTIME_NAMES.match(bare) is not None
