"""The MIME skeleton around the bodies (RFC 2046): everything that is alike in all messages of a campaign."""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256

from homing.content import headers
from homing.model.errors import Fault, Invalid

ATTACHMENTS_LIMIT = 25 * 1024 * 1024
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_PART = "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with every message. `content_type`: 'application/pdf'."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Skeleton:
    """opening, text, CRLF, middle, HTML, CRLF, closing; where there is one body alone `middle` is empty.

    `opening` begins with the message's own Content-Type. The CRLF before a boundary is part of it (RFC 2046 5.1.1).
    """

    opening: str
    middle: str
    closing: bytes


def skeleton(uid: str, *, text: bool, html: bool, attachments: tuple[Attachment, ...]) -> Skeleton:
    """Boundaries come from `uid`; they hold `=_`, which neither quoted-printable nor base64 can produce."""
    token = sha256(uid.encode()).hexdigest()[:24]
    inner, outer = f"=_a{token}", f"=_m{token}"
    opening, middle, closing = _bodies(inner, text, html)
    if not attachments:
        return Skeleton(opening, middle, closing.encode())
    files = "".join(f"--{outer}\r\n{_attached(file)}" for file in attachments)
    return Skeleton(
        f'Content-Type: multipart/mixed; boundary="{outer}"\r\n\r\n--{outer}\r\n{opening}',
        middle,
        f"{closing}{files}--{outer}--\r\n".encode(),
    )


def _bodies(boundary: str, text: bool, html: bool) -> tuple[str, str, str]:
    if not (text and html):
        return _PART.format(kind="html" if html else "plain"), "", ""
    opening = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n--{boundary}\r\n' + _PART.format(
        kind="plain"
    )
    return opening, f"--{boundary}\r\n" + _PART.format(kind="html"), f"--{boundary}--\r\n"


def _attached(file: Attachment) -> str:
    content = base64.encodebytes(file.content).decode("ascii").replace("\n", "\r\n")
    return (
        f"Content-Type: {file.content_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {headers.file_name(file.filename)}\r\n\r\n{content}"
    )


def check_attachments(attachments: tuple[Attachment, ...], limit: int) -> None:
    """Raises Invalid for too many bytes, for types that cannot be encoded (message/*, multipart/*), and for bad names."""
    total = sum(len(file.content) for file in attachments)
    if total > limit:
        _refuse(
            f"the attachments have {total / 1048576:.1f} MB; at most {limit / 1048576:.0f} MB; link to large files instead"
        )
    for file in attachments:
        if not _TYPE.fullmatch(file.content_type) or file.content_type.lower().startswith(("message/", "multipart/")):
            _refuse(f"'{file.content_type[:80]!r}' cannot be the type of an attachment; use application/octet-stream")
        if not headers.is_safe(file.filename) or not 0 < len(file.filename.strip().encode()) <= 240:
            _refuse("the name of an attachment has 1 to 240 bytes and no line ends")


def _refuse(detail: str) -> None:
    raise Invalid(detail, faults=(Fault("/attachments", detail),), code="template")
