"""The README.md of a recorded call's case: what is in it, and how a debugger is pointed at it."""

from __future__ import annotations

import shlex

from runtime.model.component.surface import Surface

READ_ME = "README.md"
DEBUG_PORT = "1234"
_OF_THE_MACHINE = ("wasi:clocks/", "wasi:random/")


def read_me(title: str, earlier: int, recording: str, debugging: str) -> str:
    """`title` names the call, `earlier` are the calls made before it, `recording` is the file;
    `debugging` is what `debugging` gives."""
    before = f", after {earlier:,} earlier calls of its instance" if earlier else ""
    return (
        f"# {title[:1].upper()}{title[1:]}\n\n"
        f"One recorded call of a component{before}. This repeats it with the recorded clock and "
        "random\nnumbers, and says whether the component answers as recorded:\n\n"
        f"    torvyn-studio replay {recording}\n\n{debugging}"
    )


def debugging(component: str, options: tuple[str, ...], surface: Surface, not_composed: str) -> str:
    """How a debugger is pointed at the case's component, and what is not as recorded there."""
    if not_composed:
        return f"There is no component for a debugger: {not_composed}.\n"
    read = [one.name for one in surface.imports if one.name.startswith(_OF_THE_MACHINE)]
    plain = shlex.join(("wasmtime", "run", *options, component))
    stopped = shlex.join(("wasmtime", "run", "-g", DEBUG_PORT, *options, component))
    unlike = (
        "The component imports these, and they give what the machine gives there, not what was\n"
        f"recorded: {', '.join(read)}. Where its answer depends on them it may be another one.\n"
        if read
        else "It reads no clock and no random numbers, so it answers as recorded there.\n"
    )
    return (
        f"`{component}` makes the same calls by itself, and prints what the last one answers:\n\n"
        f"    {plain}\n\n"
        "wasmtime's own debugger stops in it; lldb 22 or later is pointed at it:\n\n"
        f"    {stopped}\n"
        f'    lldb -o "process connect --plugin=wasm connect://127.0.0.1:{DEBUG_PORT}"\n\n'
        f"{unlike}"
    )
