"""Updates wait for the workbench to read them; what sends them does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import pytest

from runtime.child.update_sender import UpdateSender
from runtime.protocol.logs.printed_chunks import PrintedChunk, PrintedChunks
from runtime.protocol.updates import Health, Update

PATIENCE_SECONDS = 30.0


@pytest.fixture
def pipe() -> Iterator[tuple[Connection, Connection]]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield ours, theirs


def test_what_the_pipe_has_no_room_for_is_sent_when_it_is_read(
    pipe: tuple[Connection, Connection],
) -> None:
    ours, theirs = pipe
    sender = UpdateSender(theirs, lambda: None)
    large = PrintedChunk("sink", "stdout", bytes(5_000_000), 1, None, True)
    printed = PrintedChunks([large, large._replace(node="other", data=b"text", sequence=3)])
    updates = [Update(Health.READY, printed=printed), Update(Health.READY, printed=PrintedChunks())]
    for update in updates:
        sender.send(update)  # would not come back, as nobody reads
    assert [ours.recv() for _ in updates] == updates


def test_it_is_told_when_nobody_is_there_to_read(pipe: tuple[Connection, Connection]) -> None:
    ours, theirs = pipe
    broken = threading.Event()
    sender = UpdateSender(theirs, broken.set)
    ours.close()
    sender.send(Update(Health.READY))
    assert broken.wait(PATIENCE_SECONDS)
