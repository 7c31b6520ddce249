"""The child process's first lines: `python -m runtime.child.__main__ FD`, FD being its pipe.

A module of its own, because the messages of `server` must have one identity in both processes.
"""

from __future__ import annotations

import sys
import traceback
from multiprocessing.connection import Connection

from runtime.child.leaving import leave_process
from runtime.child.server import serve

if __name__ == "__main__":
    try:
        serve(Connection(int(sys.argv[1])))
    except BaseException:
        traceback.print_exc()
        leave_process(1)
    leave_process(0)
