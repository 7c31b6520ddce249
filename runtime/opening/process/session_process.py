"""The child process of a workbench: `python -m runtime.opening.process.session_process FD`.

It is `runtime.child.__main__`, which begins by importing what opens sessions.
"""

from __future__ import annotations

import gc

gc.disable()  # what is imported stays: to look for garbage in it takes a tenth of the start

import runtime.opening.process.openers  # noqa: E402, F401 - while the screen is imported
from runtime.child.program import run  # noqa: E402

if __name__ == "__main__":
    run()
