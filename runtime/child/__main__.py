"""A child process that imports what it needs when it is told what to open."""

from __future__ import annotations

from runtime.child.program import run

if __name__ == "__main__":
    run()
