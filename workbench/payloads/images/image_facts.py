"""What the first bytes of an image say of it. Nothing is decoded.

Sources: the chapters on IHDR of PNG 1.2, on the logical screen of GIF89a, on the frame header of
ITU-T T.81 (JPEG), RFC 9649 (WebP), and Windows' BITMAPINFOHEADER. Bytes may be made to mislead:
every number is only shown, and bounds how much a decoder may do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class ImageFacts(NamedTuple):
    """An image, as its header describes it."""

    kind: str
    """`PNG`, `GIF`, `JPEG`, `WebP` or `BMP`."""
    width: int
    height: int
    """Pixels; 0 where the header does not say."""
    details: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """`PNG  640x480  8 bit RGBA  not interlaced`."""
        measures = (f"{self.width}x{self.height}",) if self.width else ()
        return "  ".join((self.kind, *measures, *self.details))


def image_facts(data: bytes) -> ImageFacts | None:
    """What the bytes are, if they begin like an image."""
    for begins, read in _KINDS:
        if data.startswith(begins):
            return read(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None


_PNG_COLOURS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with alpha", 6: "RGBA"}


def _png(data: bytes) -> ImageFacts | None:
    if data[12:16] != b"IHDR" or len(data) < 29:
        return ImageFacts("PNG", 0, 0, ("cut off in its header",))
    width, height = _big(data, 16, 4), _big(data, 20, 4)
    depth, colour, interlaced = data[24], data[25], data[28]
    colours = _PNG_COLOURS.get(colour, f"colour type {colour}")
    return ImageFacts(
        "PNG",
        width,
        height,
        (f"{depth} bit {colours}", "interlaced" if interlaced else "not interlaced"),
    )


def _gif(data: bytes) -> ImageFacts | None:
    if len(data) < 11:
        return ImageFacts("GIF", 0, 0, ("cut off in its header",))
    colours = 2 << (data[10] & 7) if data[10] & 0x80 else 0
    return ImageFacts(
        "GIF",
        _little(data, 6, 2),
        _little(data, 8, 2),
        (f"{colours} colours" if colours else "no global palette",),
    )


_FRAMES = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "differential",
    0xC6: "differential progressive",
    0xC9: "arithmetic",
    0xCA: "arithmetic progressive",
}


def _jpeg(data: bytes) -> ImageFacts | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            parts = {1: "grey", 3: "colour", 4: "CMYK"}.get(data[at + 9], f"{data[at + 9]} parts")
            details = (f"{data[at + 4]} bit {parts}", _FRAMES[marker])
            return ImageFacts("JPEG", _big(data, at + 7, 2), _big(data, at + 5, 2), details)
        if marker == 0xFF:
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + max(_big(data, at + 2, 2), 2)
    return ImageFacts("JPEG", 0, 0, ("no frame header in the part that was read",))


def _webp(data: bytes) -> ImageFacts | None:
    form = data[12:16]
    if form == b"VP8X" and len(data) >= 30:
        flags = data[20]
        details = ("alpha",) * bool(flags & 0x10) + ("animated",) * bool(flags & 0x02)
        return ImageFacts("WebP", 1 + _little(data, 24, 3), 1 + _little(data, 27, 3), details)
    if form == b"VP8L" and len(data) >= 25:
        bits = _little(data, 21, 4)
        return ImageFacts("WebP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), ("lossless",))
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a" and len(data) >= 30:
        width, height = _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
        return ImageFacts("WebP", width, height, ("lossy",))
    return ImageFacts("WebP", 0, 0, ("cut off in its header",))


def _bmp(data: bytes) -> ImageFacts | None:
    if len(data) < 30 or _little(data, 14, 4) < 40:
        return None
    height = int.from_bytes(data[22:26], "little", signed=True)
    return ImageFacts("BMP", _little(data, 18, 4), abs(height), (f"{_little(data, 28, 2)} bit",))


_KINDS: tuple[tuple[bytes, Callable[[bytes], ImageFacts | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"\xff\xd8\xff", _jpeg),
    (b"BM", _bmp),
)


def _big(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(data[at : at + count], "big")


def _little(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(data[at : at + count], "little")
