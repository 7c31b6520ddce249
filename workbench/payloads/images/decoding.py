"""Decoding an image in a process of its own, within limits of pixels, memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from threading import Timer
from typing import IO, NamedTuple

from workbench.payloads.images.image_facts import ImageFacts
from workbench.payloads.images.picture import Level, Picture
from workbench.text.excerpt import excerpt

PROGRAM = Path(__file__).with_name("decoder_program.py")


class DecoderLimits(NamedTuple):
    """What decoding one image may take."""

    pixels: int = 40_000_000
    """Of the image; what its header says is asked before a process is started."""
    memory_bytes: int = 768 * 1024 * 1024
    """Address space of the process."""
    seconds: float = 5.0
    """Until it is ended; it may take as much processor time, too."""


LIMITS = DecoderLimits()
MOST_ANSWER = 4 * 1024 * 1024
"""Bytes read of an answer: the largest there can be has about 1 MiB."""

DECODER = "PIL"

NO_DECODER = "pip install 'torvyn-studio[images]' brings the decoder"


class NotDecodedError(Exception):
    """The image cannot be drawn; the text says why, to follow "not drawn: "."""


def decode(data: bytes, facts: ImageFacts, limits: DecoderLimits = LIMITS) -> Picture:
    """The picture, for any thread; raises `NotDecodedError` as soon as a limit is reached."""
    if find_spec(DECODER) is None:
        raise NotDecodedError(NO_DECODER)
    if facts.width * facts.height > limits.pixels:
        size = f"{facts.width:,}x{facts.height:,}"
        raise NotDecodedError(f"its header says {size} pixels; up to {limits.pixels:,} are decoded")
    # A file, since a pipe would have to be fed and read at once; no name leads to it.
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return _read(_answer_for(file, limits))


def _answer_for(image: IO[bytes], limits: DecoderLimits) -> bytes:
    """What the program says; raises `NotDecodedError`."""
    late: list[bool] = []
    seconds = ceil(limits.seconds)
    arguments = map(str, (limits.pixels, limits.memory_bytes, seconds))
    # -P: the folder of the program is no place to import from.
    with subprocess.Popen(
        [sys.executable, "-P", str(PROGRAM), *arguments],
        stdin=image,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:

        def end() -> None:
            late.append(True)
            process.kill()

        timer = Timer(limits.seconds, end)
        timer.start()
        assert process.stdout is not None
        try:
            answer = process.stdout.read(MOST_ANSWER)
        finally:
            timer.cancel()
            process.kill()
    if late:
        raise NotDecodedError(f"it took longer than {limits.seconds:g} s")
    if not answer:
        raise NotDecodedError(f"the decoder ended with code {process.returncode}")
    return answer


def _read(answer: bytes) -> Picture:
    """The picture in an answer, which is believed no more than the image is."""
    head, _, pixels = answer.partition(b"\n")
    said: object = None
    with suppress(ValueError):
        said = json.loads(head)
    if not isinstance(said, dict):
        raise NotDecodedError("the decoder ended before it was done")
    if "fault" in said:
        raise NotDecodedError(excerpt(str(said["fault"]), 200))
    levels = []
    for width, height in said["sizes"]:
        size = width * height * 3
        levels.append(Level(width, height, pixels[:size]))
        pixels = pixels[size:]
    if not levels or any(len(one.pixels) != one.width * one.height * 3 for one in levels):
        raise NotDecodedError("the decoder ended before it was done")
    return Picture(tuple(levels), said["note"])
