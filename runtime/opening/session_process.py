"""The child process of a workbench: `python -m runtime.opening.session_process FD`.

It is `runtime.child.__main__`, which begins by importing what opens sessions.
"""

from __future__ import annotations

import runtime.opening.openers  # noqa: F401 - while the screen is imported in the other process
from runtime.child.program import run

if __name__ == "__main__":
    run()
