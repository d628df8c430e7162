"""Pictures that others made: what they are decides their content; nothing of them but their pixels is kept."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from homing.content.picture import MOST_BYTES, MOST_PIXELS, clean, kind_of
from homing.model.errors import Invalid

CANARY = "taken at 6.9271 N, 79.8612 E"


def picture(kind: str, size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 120, 90)).save(out, kind, **options)
    return out.getvalue()


def photograph() -> bytes:
    """A JPEG that lies on its side by its EXIF, with a place in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = CANARY
    return picture("JPEG", exif=exif, comment=CANARY.encode())


def noted_png() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", CANARY)
    return picture("PNG", pnginfo=notes)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_known_by_its_content_and_keeps_its_size(kind: str) -> None:
    made = clean(picture(kind))
    assert made.content_type == f"image/{kind.lower()}" == kind_of(made.content)
    assert (made.width, made.height) == (40, 20)


def test_metadata_is_gone_and_a_photograph_stands_upright() -> None:
    made = clean(photograph())
    assert (made.width, made.height) == (20, 40)
    assert CANARY.encode() not in made.content
    assert b"Exif" not in made.content
    gif = picture("GIF", comment=CANARY.encode())
    for before in (noted_png(), gif):
        assert CANARY.encode() in before
        assert CANARY.encode() not in clean(before).content


def test_what_moves_goes_on_moving() -> None:
    frames = [Image.new("RGB", (30, 30), (each * 60, 0, 0)) for each in range(4)]
    for kind in ("GIF", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=80, loop=0)
        with Image.open(io.BytesIO(clean(out.getvalue()).content)) as made:
            assert getattr(made, "n_frames", 1) == 4


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes that says that it is so many pixels wide and high."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "bad_type"),
        (b"<!doctype html><script>alert(1)</script>", "bad_type"),
        (b"", "bad_type"),
        (b"MZ\x90\x00", "bad_type"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "damaged"),
        (picture("JPEG")[:60], "damaged"),
        (bomb(), "damaged"),
        (b"\xff\xd8\xff" + bytes(MOST_BYTES), "too_large"),
    ],
    ids=["svg", "html", "nothing", "program", "html after a PNG's mark", "cut JPEG", "bomb", "large"],
)
def test_everything_else_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as found:
        clean(content)
    assert found.value.code == code
    assert found.value.faults[0].pointer == "/file"


def test_a_document_is_kept_as_it_came() -> None:
    made = clean(b"%PDF-1.7\n%%EOF\n")
    assert (made.content_type, made.content, made.width) == ("application/pdf", b"%PDF-1.7\n%%EOF\n", None)


def test_a_picture_with_a_page_behind_it_loses_the_page() -> None:
    """A polyglot: a GIF that is also a script. What is kept has only pixels."""
    both = picture("GIF") + b"<script>alert(1)</script>"
    assert b"<script>" not in clean(both).content


def test_the_cap_of_pixels_is_told() -> None:
    with pytest.raises(Invalid, match="pixels"):
        clean(bomb(int(MOST_PIXELS**0.5) + 1))
