"""The program: `torvyn-studio`, and `python -m workbench`."""

from __future__ import annotations

import gc

gc.disable()  # what is imported stays: to look for garbage in it takes a tenth of the time

from workbench.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
