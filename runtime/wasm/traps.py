"""What went wrong in a component, as a `Failure` with its code (docs/torvyn-facts.md#codes)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from runtime.model.call import Export, Failure, FailureKind
from runtime.model.codes import Code
from runtime.model.component.stack import own_frame
from runtime.model.linked import Limits
from runtime.wasm.backtrace import read_frames
from runtime.wasm.declared_memory import Declared
from runtime.wasm.size_failures import passed_too_much

_MESSAGE_LIMIT = 2_000
_PROCESS_HELP = {
    FailureKind.INVALID_INPUT: "Look at the element's payload; retry after a reload, or skip it.",
    FailureKind.UNAVAILABLE: "Something the component needs is not there; retry, or skip it.",
    FailureKind.INTERNAL: "The component reports an internal fault; its output may say more.",
    FailureKind.DEADLINE_EXCEEDED: "The component ran out of time; retry, or skip the element.",
    FailureKind.FATAL: "The component cannot continue; its next call gets a new instance.",
}


def process_error(export: Export, case: str, text: str) -> Failure:
    """A `process-error` the component returned."""
    kind = FailureKind(case)
    if export is Export.INIT:
        code = Code.INIT_FAILED
        advice = "Look at the node's config in the manifest: init refused it."
    else:
        late = kind is FailureKind.DEADLINE_EXCEEDED
        code = Code.DEADLINE_EXCEEDED if late else Code.COMPONENT_FAILED
        advice = _PROCESS_HELP[kind]
    return Failure.of(
        kind,
        text[:_MESSAGE_LIMIT] or "deadline exceeded",
        code,
        advice,
        crashed=kind is FailureKind.FATAL,
    )


def foreign_buffer() -> Failure:
    """The component handed back a buffer it does not own."""
    return Failure.of(
        FailureKind.CONTRACT,
        "handed back a buffer it does not own",
        Code.NOT_OWNER,
        "Return a buffer that this component allocated and froze.",
        crashed=True,
    )


def missing_export(export: Export, interface: str) -> Failure:
    """The component does not export the function the call needs."""
    return Failure.of(
        FailureKind.CONTRACT,
        f"does not export {interface}.{export}",
        Code.EXPORT_MISSING,
        "Build the component for the world of its role.",
        crashed=False,
    )


def not_usable(detail: str) -> Failure:
    """A call was made to an instance that is not there or broke before."""
    return Failure.of(
        FailureKind.INTERNAL,
        detail,
        Code.INTERNAL,
        "The instance must be initialised first.",
        crashed=True,
    )


def interrupted() -> Failure:
    """Another thread asked for the end of the call."""
    return Failure.of(
        FailureKind.LIMIT,
        "interrupted: the call was ended while it ran",
        Code.INVOCATION_TIMEOUT,
        "Retry the element: the call was ended on request.",
        crashed=True,
    )


def timed_out(limits: Limits) -> Failure:
    """The call took longer than the manifest allows."""
    return Failure.of(
        FailureKind.LIMIT,
        f"took longer than {limits.call_timeout_ms} ms",
        Code.INVOCATION_TIMEOUT,
        "Look for an endless loop or a long wait; the limit is call_timeout_ms.",
        crashed=True,
    )


def no_output_file(reason: str) -> Failure:
    """The host has no file for what the component prints."""
    return Failure.of(
        FailureKind.INTERNAL,
        reason,
        Code.IO,
        "Allow more open files (`ulimit -n 4096`), or look at the free space for temporary files.",
        crashed=True,
    )


class _Pattern(NamedTuple):
    pattern: re.Pattern[str]
    make: Callable[[str, Limits], Failure]


def _fuel(_text: str, limits: Limits) -> Failure:
    return Failure.of(
        FailureKind.LIMIT,
        f"used up its fuel of {limits.fuel:,}",
        Code.FUEL,
        "Look for an endless loop, or raise fuel_budget of the node in the manifest.",
        crashed=True,
    )


def _memory(_text: str, limits: Limits) -> Failure:
    return Failure.of(
        FailureKind.LIMIT,
        f"needs more than its {limits.memory_bytes:,} bytes of memory",
        Code.MEMORY,
        "Raise max_memory of the node in the manifest, or make the component need less.",
        crashed=True,
    )


def too_many_memories(declared: Declared, limits: Limits) -> Failure:
    """The component's memories or tables do not fit into the limit, all together."""
    least = declared.least_bytes
    count = len(declared.memories)
    if least > limits.memory_bytes or count < 2:
        together = f" in {count} memories" if count > 1 else ""
        message = f"starts with {least:,} bytes of memory{together}, or with too large tables"
    else:
        message = f"has {count} memories that could grow beyond it together"
    return Failure.of(
        FailureKind.LIMIT,
        f"{message}; the limit is {limits.memory_bytes:,} bytes for all of them",
        Code.MEMORY,
        "Raise max_memory of the node in the manifest, or make the component need less.",
        crashed=True,
    )


def _contract(code: Code, message: str, advice: str) -> Callable[[str, Limits], Failure]:
    def make(_text: str, _limits: Limits) -> Failure:
        return Failure.of(FailureKind.CONTRACT, message, code, advice, crashed=True)

    return make


_CALL_PATTERNS = (
    _Pattern(re.compile("all fuel consumed"), _fuel),
    _Pattern(
        re.compile("unknown handle index|resource index|removed from the table"),
        _contract(
            Code.STALE_HANDLE,
            "used a handle that it no longer owns",
            "A handle is gone once it was returned or dropped.",
        ),
    ),
    _Pattern(
        re.compile("cannot lift own resource from a borrow|cannot remove owned resource"),
        _contract(
            Code.NOT_OWNER,
            "handed back a buffer that was only lent to it",
            "Copy the input into a new buffer and return that.",
        ),
    ),
    _Pattern(
        re.compile("borrow handles still remain"),
        _contract(
            Code.BORROWS_OUTSTANDING,
            "kept, or handed back, a handle that was only lent to it",
            "Drop payload and context before returning; copy what is needed or passed on.",
        ),
    ),
    _Pattern(
        re.compile("used with the wrong type|mismatched resource types|resource type mismatch"),
        _contract(
            Code.TYPE_MISMATCH,
            "used a handle of another type",
            "Return a frozen buffer, not the mutable one it came from.",
        ),
    ),
)


def _uncounted(_text: str, _limits: Limits) -> Failure:
    return Failure.of(
        FailureKind.LIMIT,
        "has memories or tables that this host cannot count before it makes them",
        Code.MEMORY,
        "Let the component's own modules define its memories, none that it takes from an instance.",
        crashed=True,
    )


class CallTrouble(NamedTuple):
    """What is known about a call that wasmtime ended with an error."""

    text: str
    """wasmtime's, with the stack."""
    exit_code: int | None
    """What a component exited with, if it did."""
    max_taken_bytes: int
    """What it could hand over at once."""
    fault: Failure | None
    """What a host function of ours says about it."""
    interrupted: bool
    timed_out: bool
    stderr: bytes
    """The end of what the component wrote to stderr during the call."""


def call_failure(trouble: CallTrouble, limits: Limits) -> Failure:
    """Why the call failed."""
    return _call_failure(trouble, limits)._replace(frames=read_frames(trouble.text))


def _call_failure(trouble: CallTrouble, limits: Limits) -> Failure:
    text = trouble.text
    if trouble.fault is not None:
        return trouble.fault
    if "interrupted" in text and trouble.interrupted:
        return interrupted()
    if trouble.timed_out:
        return timed_out(limits)
    if trouble.exit_code is not None:
        return _trap(f"exited with code {trouble.exit_code}")
    if "too much data is being copied" in text:
        return passed_too_much(trouble.max_taken_bytes)
    for pattern, make in _CALL_PATTERNS:
        if pattern.search(text):
            return make(text, limits)
    if re.search(rb"memory allocation of \d+ bytes failed", trouble.stderr):
        return _memory(text, limits)
    return _trap(_short(text))


def _trap(message: str) -> Failure:
    return Failure.of(
        FailureKind.TRAP,
        message[:_MESSAGE_LIMIT],
        Code.TRAP,
        "Look at the component's code and at what it wrote to stderr; skip or retry the element.",
        crashed=True,
    )


def _short(text: str) -> str:
    """The cause, and the innermost function of the component that is not its language's own."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    cause = ""
    if "Caused by:" in lines:
        causes = lines[lines.index("Caused by:") + 1 :]
        cause = next((re.sub(r"^\d+: ", "", line) for line in reversed(causes)), "")
    cause = (cause or (lines[0] if lines else "")).removeprefix("wasm trap: ")
    frame = own_frame(read_frames(text))
    return f"{cause}, in {frame.function}" if frame is not None else cause


_IMPORT = re.compile(
    r"component imports (\w+) `([^`]+)`, but a matching implementation was not found"
)


def instantiation_failure(text: str, limits: Limits) -> Failure:
    """Why a component could not be instantiated, by the text of wasmtime's error."""
    return _instantiation_failure(text, limits)._replace(frames=read_frames(text))


def _instantiation_failure(text: str, limits: Limits) -> Failure:
    missing = _IMPORT.search(text)
    if missing:
        return unresolved_import(missing.group(2))
    if re.search("exceeds memory limits|memory minimum size", text):
        return _memory(text, limits)
    if re.search("(memory|table) count too high", text):
        return _uncounted(text, limits)
    if "all fuel consumed" in text:
        return _fuel(text, limits)
    if "os error 12" in text:
        return _no_addresses()
    return instantiate_failed(_short(text))


def _no_addresses() -> Failure:
    """The system gave no room for a memory: wasmtime reserves 4 GiB of addresses for each."""
    return Failure.of(
        FailureKind.UNAVAILABLE,
        "could not be instantiated: the system gave no address space (os error 12); wasmtime "
        "reserves 4 GiB of addresses for each memory, whatever its limit",
        Code.INSTANTIATION_FAILED,
        "The component is not at fault: raise the limit of addresses (ulimit -v unlimited).",
        crashed=True,
    )


def unresolved_import(name: str) -> Failure:
    """The component imports something this host does not have."""
    if name.startswith("torvyn:"):
        advice = "Build it against version 0.1 of Torvyn's interfaces."
    elif name.startswith("wasi:http"):
        advice = "Torvyn does not provide wasi:http to components either."
    else:
        advice = "Components may import Torvyn's interfaces 0.1 and WASI 0.2, nothing else."
    return Failure.of(
        FailureKind.CONTRACT,
        f"imports {name}, which is not provided",
        Code.IMPORT_NOT_PROVIDED,
        advice,
        crashed=True,
    )


def type_mismatch(function: str, found: str, wanted: str) -> Failure:
    """A function of the component has another type than the contract says."""
    return Failure.of(
        FailureKind.CONTRACT,
        f"{function} is {found}, the contract says {wanted}",
        Code.TYPE_MISMATCH,
        "Build the component against version 0.1 of Torvyn's interfaces.",
        crashed=True,
    )


def instantiate_failed(message: str) -> Failure:
    """Any other reason why there is no instance."""
    return Failure.of(
        FailureKind.TRAP,
        f"could not be instantiated: {message}"[:_MESSAGE_LIMIT],
        Code.INSTANTIATION_FAILED,
        "Look at what the component does when it starts.",
        crashed=True,
    )


def wasi_failed(message: str) -> Failure:
    """A grant could not be given."""
    return Failure.of(
        FailureKind.CONTRACT,
        message,
        Code.WASI_CONFIG,
        "Create the directory, or change the grant in [security.grants] of the manifest.",
        crashed=True,
    )
