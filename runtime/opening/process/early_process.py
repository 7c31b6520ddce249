"""Starts the process that opens the session, before it is known which; it imports no more."""

from __future__ import annotations

from runtime.child.child_process import ChildProcess

PROGRAM = "runtime.opening.process.session_process"
"""What runs in the child: it imports what opens sessions before it is told which."""


def start_process() -> ChildProcess:
    """A process that gets ready for a session."""
    return ChildProcess(PROGRAM)
