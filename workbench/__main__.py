"""The program: `torvyn-studio`, and `python -m workbench`."""

from __future__ import annotations

import gc
import os
import signal

gc.disable()  # what is imported stays: to look for garbage in it takes a tenth of the time

# Until `main` looks after signals, Ctrl-C would end the imports with a traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))

from workbench.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
