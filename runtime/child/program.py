"""The child process's life, from its command line on: `python -m … FD`, FD being its pipe."""

from __future__ import annotations

import sys
import traceback
from multiprocessing.connection import Connection

from runtime.child.leaving import leave_process
from runtime.child.server import serve


def run() -> None:
    """Serve the session, and end the process."""
    try:
        serve(Connection(int(sys.argv[1])))
    except BaseException:
        traceback.print_exc()
        leave_process(1)
    leave_process(0)
