"""Which encoding a file is in: its mark, its zero bytes, UTF-8 by trying all of it, else Windows-1252.

A sample would lie: the one accent may come in the last row.
"""

import codecs
from typing import BinaryIO

from homing.model.errors import Invalid

_BLOCK = 1 << 17
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def detect(source: BinaryIO) -> str:
    """The name of the codec for a seekable stream, which is left at its beginning."""
    source.seek(0)
    head = source.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            source.seek(0)
            return name
    found = _zeros(head) or _tried(source)
    source.seek(0)
    return found


def check(name: str) -> str:
    """A codec that turns bytes into text. Raises Invalid for an unknown one."""
    try:
        found = codecs.lookup(name)
        found.decode(b"")
    except LookupError as error:
        raise Invalid(f"no encoding is called '{name}'") from error
    if not getattr(found, "_is_text_encoding", True):
        raise Invalid(f"'{name}' is no encoding of text")
    return name


def _zeros(head: bytes) -> str | None:
    """UTF-16 without a mark: in a Latin file every other byte is zero."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    if head[1::2].count(0) > pairs * 0.6 and head[0::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.6 and head[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _tried(source: BinaryIO) -> str:
    """UTF-8 when all of it is, or when most of what is not ASCII is: then a few rows are damaged, not the whole file."""
    source.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    good = bad = 0
    while block := source.read(_BLOCK):
        text = decoder.decode(block)
        if text.isascii():
            continue
        broken = text.count("\ufffd")
        bad += broken
        good += len(text) - len(text.encode("ascii", "ignore")) - broken
    bad += len(decoder.decode(b"", final=True))
    return "utf-8" if good >= bad else "cp1252"
