"""Images decoded in a process of their own: what is drawn of them, and what stops hostile ones."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest

from workbench.payloads.images import decoding
from workbench.payloads.images.decoding import DecoderLimits, NotDecodedError, decode
from workbench.payloads.images.image_facts import ImageFacts, image_facts
from workbench.payloads.images.picture import Level, Picture, PictureLines
from workbench.text.lines import Pixels, Span, width_of

RED, BLUE = 0xFF0000, 0x0000FF


def facts_of(data: bytes) -> ImageFacts:
    facts = image_facts(data)
    assert facts is not None
    return facts


def encoded(image: Any, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, rows: bytes) -> bytes:
    """One bit a pixel, with whatever stands in its compressed rows."""
    parts = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        checked = name + data
        parts += struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
    return parts


def test_a_picture_keeps_its_shape_its_colours_and_what_is_transparent() -> None:
    pil = pytest.importorskip("PIL.Image")
    image = pil.new("RGBA", (900, 300), (255, 0, 0, 255))
    image.paste((0, 0, 255, 255), (0, 150, 900, 300))
    image.paste((0, 0, 0, 0), (450, 0, 900, 300))
    data = encoded(image)
    picture = decode(data, facts_of(data))
    assert [one[:2] for one in picture.levels[:2]] == [(512, 171), (256, 86)]
    drawn = PictureLines(picture, 60, 40)
    assert (drawn.width, drawn.height, len(drawn)) == (60, 20, 10)
    top, bottom = drawn[0], drawn[9]
    assert top[0].role == Pixels(RED, RED)
    assert bottom[0].role == Pixels(BLUE, BLUE)
    assert width_of(top) == width_of(bottom) == 60
    greys = {span.role.above for span in top if isinstance(span.role, Pixels)} - {RED}
    assert {0x666666, 0x999999} <= greys
    assert PictureLines(picture, 200, 4).height == 8

    upright = encoded(pil.new("RGB", (40, 20), "red"), "JPEG", exif=_turned(pil))
    assert decode(upright, facts_of(upright)).levels[0][:2] == (20, 40)


def _turned(pil: Any) -> object:
    exif = pil.Exif()
    exif[0x0112] = 6
    return exif


def test_two_pixels_share_a_cell_and_small_pictures_grow_by_whole_steps() -> None:
    pixels = bytes.fromhex("ff0000 0000ff ff0000 0000ff 0000ff 0000ff")
    lines = PictureLines(Picture((Level(2, 3, pixels),)), 3, 9)
    assert list(lines) == [
        (Span("▀", Pixels(RED, RED)), Span("▀", Pixels(BLUE, BLUE))),
        (Span("▀▀", Pixels(BLUE, None)),),
    ]
    assert PictureLines(Picture((Level(2, 3, pixels),)), 9, 9).width == 8


def test_what_would_harm_is_a_reason_and_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PIL.Image")
    small = png(8, 8, b"\0\xff" * 8)
    many = png(6_000, 6_000, b"\0" * (6_000 * 751))
    assert len(many) < 20_000

    def reason(data: bytes, **limits: float) -> str:
        facts = image_facts(data) or ImageFacts("PNG", 1, 1)
        with pytest.raises(NotDecodedError) as refused:
            decode(data, facts, DecoderLimits(**limits))  # type: ignore[arg-type]
        return str(refused.value)

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "_answer_for", None)
        vast = png(100_000, 100_000, b"")
        assert reason(vast) == (
            "its header says 100,000x100,000 pixels; up to 40,000,000 are decoded"
        )
        patch.setattr(decoding, "find_spec", lambda name: None)
        assert reason(small) == "pip install 'torvyn-studio[images]' brings the decoder"
    with pytest.raises(NotDecodedError, match="100,000x100,000 pixels, more than"):
        decode(png(100_000, 100_000, b""), ImageFacts("PNG", 1, 1))
    assert reason(many, memory_bytes=160 * 1024 * 1024) == (
        "it needs more memory than a picture may"
    )
    assert reason(many, seconds=0.01) == "it took longer than 0.01 s"
    some = png(600, 600, b"\0" * (600 * 76))
    assert "truncated" in reason(some[: len(some) // 2]) or "broken" in reason(some[:90])
    assert "cannot identify image file" in reason(b"\x89PNG\r\n\x1a\n" + bytes(range(200)))


def test_an_answer_is_believed_no_more_than_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "find_spec", lambda name: True)
    for answer in (b"", b"[]\n", b'{"sizes": [[9, 9]], "note": ""}\nshort', b"\xff\xfe"):
        monkeypatch.setattr(decoding, "_answer_for", lambda image, limits, it=answer: it)
        with pytest.raises(NotDecodedError, match="before it was done"):
            decode(b"BM", ImageFacts("BMP", 1, 1))
