"""Makes a picture safe to keep and to show: decoded and encoded anew in a child process with limits, without its metadata.

What a file is decides its content, never its name. SVG is refused: it is a document that runs scripts.
"""

import io
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homing.content.child import limit
from homing.model.errors import Fault, Invalid

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 10 << 20
MOST_PIXELS = 25_000_000
MOST_MOVING = 60_000_000  # pixels of all frames together
SECONDS = 20.0
MEMORY = 640 << 20  # beyond what the child has when it begins
_AT_ONCE = threading.BoundedSemaphore(2)
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
ENDINGS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf",
}  # fmt: skip
"""What may be kept, and how its public name ends."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that may be shown. `width` and `height` in pixels; None for a document."""

    content_type: str
    content: bytes
    width: int | None
    height: int | None


def kind_of(content: bytes) -> str | None:
    """The type of a file by how it begins; None: none that may be kept."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)


def clean(content: bytes) -> Picture:
    """The file as it may be kept: a picture encoded anew, a PDF as it came (it is only ever served for download).

    Raises Invalid for everything else. Blocks for 0.1 to 20 s: not for an event loop's own thread.
    """
    if len(content) > MOST_BYTES:
        raise _refused(f"the file is larger than {MOST_BYTES >> 20} MB; make it smaller first", "too_large")
    kind = kind_of(content)
    if kind is None:
        raise _refused("this is no picture that mail programs show: take PNG, JPEG, GIF or WebP, or a PDF", "bad_type")
    if kind == "application/pdf":
        return Picture(kind, content, None, None)
    with _AT_ONCE:
        return _encoded(content, kind)


def _encoded(content: bytes, kind: str) -> Picture:
    command = [sys.executable, "-c", "from homing.content.picture import child; child()"]
    environment = {"PYTHONPATH": ":".join(path or str(Path.cwd()) for path in sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter on our own module; the picture goes in as data
            command, input=content, capture_output=True, timeout=SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refused("this picture takes too long to read; make it smaller first", "too_large") from None
    if done.returncode != 0 or not done.stdout:
        raise _refused("this picture is damaged, or too large to be read", "damaged")
    verdict, _, made = done.stdout.partition(b"\n")
    told = json.loads(verdict)
    if "refused" in told:
        raise _refused(told["refused"], "too_large")
    return Picture(kind, made, int(told["width"]), int(told["height"]))


def _refused(detail: str, code: str) -> Invalid:
    return Invalid(detail, faults=(Fault("/file", detail),), code=code)


class _TooMuchError(Exception):
    pass


def child() -> None:
    """The child's whole life: a picture on standard input; one line of JSON and the new picture on standard output.

    What its library cannot read ends it with a traceback that nobody reads: that is the answer `damaged`.
    """
    limit(SECONDS, MEMORY)
    made = b""
    told: dict[str, object]
    try:
        made, width, height = _anew(sys.stdin.buffer.read())
        told = {"width": width, "height": height}
    except _TooMuchError as error:
        told = {"refused": str(error)}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + made)


def _anew(content: bytes) -> tuple[bytes, int, int]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as found:
        kind = str(found.format)
        width, height = found.size
        frames = int(getattr(found, "n_frames", 1))
        if width * height > MOST_PIXELS:
            raise _TooMuchError(
                f"the picture has {width} x {height} pixels; at most {MOST_PIXELS // 1_000_000} million"
            )
        if frames > 1 and width * height * frames > MOST_MOVING:
            raise _TooMuchError(f"the picture has {frames} frames of {width} x {height} pixels: that is too many")
        out = io.BytesIO()
        if frames > 1 and kind != "JPEG":
            _save_moving(found, kind, out)
        else:
            still = _in_srgb(ImageOps.exif_transpose(found))
            width, height = still.size
            _save_still(still, kind, out)
    return out.getvalue(), width, height


def _in_srgb(picture: "Image") -> "Image":
    """Without a colour profile of its own, and looking the same."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        try:
            turned = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError):
            return picture  # a broken profile is dropped like every other metadata
        return turned if turned is not None else picture
    return picture


_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "optimize": True, "progressive": True},
    "WEBP": {"quality": 90, "method": 4},
    "PNG": {"optimize": True},
    "GIF": {},
}


def _save_still(picture: "Image", kind: str, out: io.BytesIO) -> None:
    options = _OPTIONS[kind]
    if kind == "JPEG" and picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    picture.info = {"transparency": picture.info["transparency"]} if "transparency" in picture.info else {}
    picture.save(out, kind, **options)


def _save_moving(picture: "Image", kind: str, out: io.BytesIO) -> None:
    from PIL import ImageSequence

    loop, frames, durations = int(picture.info.get("loop", 0)), [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(int(frame.info.get("duration") or 100))
        bare = frame.convert("RGBA")
        bare.info = {}
        frames.append(bare)
    more = {"disposal": 2} if kind == "GIF" else {}
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=durations, loop=loop, **more)
