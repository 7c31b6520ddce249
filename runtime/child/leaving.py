"""The way out of a process that has used wasmtime."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn


def leave_process(code: int) -> NoReturn:
    """End the process at once, once what is buffered is written and exit functions have run.

    A thread of wasmtime's may still be about to call into Python, e.g. to free what a store held
    (the finalizer of a callback). In an interpreter that finalizes, such a call ends the thread in
    the midst of Rust code, which panics and may abort the process after all has gone well. Here
    the interpreter is not finalized: no such thread runs on.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
