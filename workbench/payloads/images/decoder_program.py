"""The program that decodes one image, in a process of its own that may not take much.

Its arguments are the limits: pixels, bytes of address space, seconds of processor time. It reads
the image from its standard input and writes one line of JSON, then pixels: RGB, the finest level
first. It imports nothing of ours. Images come from components and recordings of strangers:
whatever one of them does to the decoder ends here, at one of the limits.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any, BinaryIO

FINEST = 512
"""Pixels of the longer side of the finest level; a small image is its own finest level."""

COARSEST = 16
"""Levels are halved down to about this."""

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""What is decoded: the kinds whose headers `image_facts` reads."""

CHECKERS = (0x66, 0x99)
"""Greys of the squares that are seen through what is transparent."""

CHECKER_PIXELS = 4

TOO_MUCH = "it needs more memory than a picture may"


def main() -> None:
    """Decode standard input to standard output."""
    most_pixels, most_bytes, most_seconds = map(int, sys.argv[1:])
    _limit(resource.RLIMIT_AS, most_bytes)
    _limit(resource.RLIMIT_CPU, most_seconds)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    try:
        levels, note = _levels(sys.stdin.buffer, most_pixels)
    except MemoryError:
        _answer({"fault": TOO_MUCH})
    except Exception as error:
        # Decoders raise what they like: OSError, SyntaxError, struct.error, ValueError.
        _answer({"fault": str(error) or type(error).__name__})
    else:
        _answer({"sizes": [level.size for level in levels], "note": note})
        for level in levels:
            sys.stdout.buffer.write(level.tobytes())
    sys.stdout.buffer.flush()


def _limit(what: int, most: int) -> None:
    """Lower a limit, unless it is lower already."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _answer(value: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(value).encode() + b"\n")


def _levels(file: BinaryIO, most_pixels: int) -> tuple[list[Any], str]:
    """The image, upright, at half the size again and again; and what is left out of it."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and an error rather than a warning
    image: Any = Image.open(file, formats=FORMATS)
    width, height = image.size
    if width * height > most_pixels:
        raise ValueError(f"it has {width:,}x{height:,} pixels, more than {most_pixels:,}")
    note = "first picture of several" if getattr(image, "is_animated", False) else ""
    image.draft("RGB", (FINEST, FINEST))
    factor = max(image.size) // (2 * FINEST)
    image = _with_colours(image)
    if factor > 1:
        image = image.reduce(factor)
    image.thumbnail((FINEST, FINEST))
    ImageOps.exif_transpose(image, in_place=True)
    levels = [image]
    while max(levels[-1].size) > COARSEST:
        levels.append(levels[-1].reduce(2))
    return [_opaque(one) for one in levels], note


def _with_colours(image: Any) -> Any:
    """The image with three or four bytes a pixel."""
    if image.mode.startswith("I"):  # sixteen bits of grey
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    mode = "RGBA" if see_through else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _opaque(image: Any) -> Any:
    """The image over a ground of squares, where it is transparent."""
    if image.mode != "RGBA":
        return image
    from PIL import Image

    width, height = image.size
    dark, light = (bytes([grey] * CHECKER_PIXELS) for grey in CHECKERS)
    squares = -(-width // (2 * CHECKER_PIXELS))
    rows = ((dark + light) * squares, (light + dark) * squares)
    ground = b"".join(rows[y // CHECKER_PIXELS % 2][:width] for y in range(height))
    below: Any = Image.frombytes("L", (width, height), ground).convert("RGBA")
    below.alpha_composite(image)
    return below.convert("RGB")


if __name__ == "__main__":
    main()
