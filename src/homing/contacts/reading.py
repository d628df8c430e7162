"""Reads delimited text as rows, streaming: a damaged row is one flawed row, and never swallows its neighbours.

Rows are numbered as a spreadsheet program shows them: the header is row 1. A record over several lines is one row.
"""

import codecs
import contextlib
import csv
import io
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from homing.contacts import encoding as encodings
from homing.contacts.rows import DAMAGED, LONGEST_CELL, Block, Record, block_of, is_blank, judged, plain_block
from homing.model.errors import Invalid

DELIMITERS = ",;\t|"
LONGEST_LINE = 1 << 20
BLOCK = 1 << 18
MOST_LINES = 1000  # of one record
MOST_REWINDS = 100  # reading on after a stray quote costs reading twice: a file of them is refused
# Whose lines can be decoded together as well as one by one: no line leaves the codec in another state.
_STATELESS = ("utf-8", "ascii", "cp12", "iso8859", "latin")


class Table:
    """An open file: `header`, `encoding` and `delimiter` are known at once, rows come one by one.

    `source` must be seekable; `block`: how many bytes are read together.
    Raises Invalid for a file without a header, or one that is no text.
    """

    def __init__(
        self, source: BinaryIO, *, encoding: str | None = None, delimiter: str | None = None, block: int = BLOCK
    ) -> None:
        head = source.read(8)
        source.seek(0)
        refuse_binary(head)
        self.encoding = encodings.check(encoding) if encoding else encodings.detect(source)
        bytes_, codec, copied = plain(source, self.encoding)
        self._lines = _Lines(bytes_, codec, block, ours=copied)
        self._number = 0
        self._rewinds = 0
        self._width = 0
        self._open = False
        first, stated = self._begin()
        self.delimiter = _one(delimiter or stated or sniff(first))
        self._lines.back([(first, self._lines.size())])
        header = self._record()
        if header is None or header.flaw is not None:
            raise Invalid("the row of headings cannot be read; put one heading above each column")
        self.header = [cell.strip().lstrip("\ufeff") for cell in header.cells]
        self._width = len(self.header)

    def position(self) -> int:
        """Bytes of the file that the rows so far took; of one that had to be transcoded, bytes of its UTF-8."""
        return self._lines.offset

    def place(self) -> tuple[int, int, int]:
        """Where reading stands between two rows: give it to `go_on` of another Table of the same file."""
        return self._lines.offset, self._number, self._rewinds

    def go_on(self, place: tuple[int, int, int]) -> None:
        """Reads on behind a row, as `place` told."""
        offset, self._number, self._rewinds = place
        self._lines.seek(offset)

    def close(self) -> None:
        """Lets the source go without closing it."""
        self._lines.close()

    def __iter__(self) -> Iterator[Record]:
        """Every row that is not blank. Raises Invalid when the file has too many stray quotes to make sense of."""
        while (record := self._record()) is not None:
            if record.flaw is not None or not is_blank(record.cells):
                yield record

    def blocks(self) -> Iterator[Block]:
        """The same rows, many at a time: what has no oddity in it is not looked at line by line."""
        while (piece := self._lines.piece()) is not None:
            text, end = piece
            plain = plain_block(text, self.delimiter, self._width, self._number + 1) if text else None
            if plain is None:
                self._lines.seek(self._lines.offset)
                block = block_of(self._until(end))
            else:
                block, lines = plain
                self._number += lines
                self._lines.seek(end)
            if block.size():
                yield block

    def _until(self, end: int) -> Iterator[Record]:
        """Row by row up to a place in the file, and one at least."""
        while (record := self._record()) is not None:
            if record.flaw is not None or not is_blank(record.cells):
                yield record
            if self._lines.offset >= end:
                return

    def _begin(self) -> tuple[str, str | None]:
        """The first line that is not blank, and the separator that Excel's `sep=;` above it states."""
        stated = None
        for line in self._lines:
            bare = line.strip("\ufeff \r\n")
            if stated is None and bare.lower().startswith("sep=") and len(bare) == len("sep=") + 1:
                stated = bare[-1]
            elif bare:
                return line.lstrip("\ufeff"), stated
            else:
                self._number += 1
        raise Invalid("the file is empty", code="empty")

    def _record(self) -> Record | None:
        line = next(self._lines, None)
        if line is None:
            return None
        self._number += 1
        if self._lines.size() >= LONGEST_LINE and line[-1] not in "\r\n":
            self._lines.skip_line()
            return Record(self._number, [], "cell_too_large")
        if '"' in line:
            return self._quoted(line)
        return self._judged(line.rstrip("\r\n").split(self.delimiter), line)

    def _quoted(self, line: str) -> Record:
        """A record with quotes may span lines: the csv module says where it ends, and we judge whether that can be."""
        taken: list[tuple[str, int]] = []
        feed = self._feed(line, taken)
        try:
            cells = next(csv.reader(feed, delimiter=self.delimiter))
        except csv.Error:
            return self._judged([], line, "cell_too_large") if not taken else self._rewind(taken)
        except StopIteration:
            return self._judged([], line)
        if taken and (self._open or not self._plausible(cells, taken)):
            return self._rewind(taken)
        if self._open:
            return Record(self._number, [], "unbalanced_quote")
        return self._judged(cells, line if not taken else "".join((line, *(text for text, _ in taken))))

    def _feed(self, line: str, taken: list[tuple[str, int]]) -> Iterator[str]:
        """The lines of one record; notes in `_open` that it asked for more than there was."""
        self._open = False
        yield line
        size = len(line)
        for more in self._lines:
            taken.append((more, self._lines.size()))
            size += len(more)
            if size > LONGEST_LINE or len(taken) > MOST_LINES:
                break
            yield more
        self._open = True

    def _plausible(self, cells: list[str], taken: list[tuple[str, int]]) -> bool:
        """Whether a record of several lines is one: rows that a stray quote has swallowed look like rows."""
        if self._width and len(cells) != self._width:
            return False
        inner = taken[:-1]
        return not (self._width and inner and all(line.count(self.delimiter) + 1 == self._width for line, _ in inner))

    def _rewind(self, taken: list[tuple[str, int]]) -> Record:
        self._rewinds += 1
        if self._rewinds > MOST_REWINDS:
            raise Invalid(
                f"more than {MOST_REWINDS} rows have a quote that never closes; is this a CSV file?", code="bad_file"
            )
        self._lines.back(taken)
        return Record(self._number, [], "unbalanced_quote")

    def _judged(self, cells: list[str], text: str, flaw: str | None = None) -> Record:
        if DAMAGED in text or "\0" in text:
            flaw = flaw or "bad_encoding"
        elif len(text) > LONGEST_CELL and any(len(cell) > LONGEST_CELL for cell in cells):
            flaw = flaw or "cell_too_large"
        return judged(self._number, cells, self._width, flaw)


class _Lines:
    """Lines of bounded length, which can be put back; `offset` counts their bytes, so that reading can go on there."""

    def __init__(self, source: BinaryIO, encoding: str, block: int, *, ours: bool) -> None:
        self._source = source
        self._block = block
        self._ours = ours
        # A byte that cannot be is kept as U+FFFD, and its row is refused: nothing is guessed.
        codec = codecs.lookup(encoding)
        self._decode = codec.decode
        self._together = codec.name.startswith(_STATELESS)
        self._again: deque[tuple[str, int]] = deque()
        self._last = 0
        self.offset = source.tell()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._again:
            text, size = self._again.popleft()
        else:
            raw = self._source.readline(LONGEST_LINE)
            if not raw:
                raise StopIteration
            text, size = self._decode(raw, "replace")[0], len(raw)
        self.offset += size
        self._last = size
        return text

    def piece(self) -> tuple[str, int] | None:
        """Some whole lines from here on, and where they end; without their text when they cannot be told together.

        None: there are none. It is left to the caller to `seek` behind them.
        """
        self.seek(self.offset)
        raw = self._source.read(self._block)
        if not raw:
            return None
        if len(raw) == self._block:
            raw = raw[: raw.rfind(b"\n") + 1]
        text = self._decode(raw, "replace")[0] if self._together else ""
        return text, self.offset + len(raw)

    def size(self) -> int:
        """Bytes of the line given last."""
        return self._last

    def back(self, lines: Sequence[tuple[str, int]]) -> None:
        for line, size in reversed(lines):
            self._again.appendleft((line, size))
            self.offset -= size

    def skip_line(self) -> None:
        """Passes over the rest of a line that is too long."""
        while piece := self._source.readline(LONGEST_LINE):
            self.offset += len(piece)
            if piece.endswith(b"\n"):
                return

    def seek(self, offset: int) -> None:
        self._again.clear()
        self._source.seek(offset)
        self.offset = offset

    def close(self) -> None:
        if self._ours:
            self._source.close()


class _Recoder:
    """Text of any encoding or line end as UTF-8 with plain line ends, in a file without a name."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source = source
        self._encoding = encoding

    def write(self) -> BinaryIO:
        out = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        self._source.seek(0)
        text = io.TextIOWrapper(self._source, encoding=self._encoding, errors="replace", newline=None)
        try:
            while block := text.read(1 << 18):
                out.write(block.encode("utf-8", "replace"))
        finally:
            text.detach()
        out.seek(0)
        return out


def plain(source: BinaryIO, encoding: str) -> tuple[BinaryIO, str, bool]:
    """The source as bytes that can be cut into lines at each LF: itself, or a transcoded copy of it, and whether it is one.

    UTF-16 and the like have LF inside of characters; old Macintosh files have no LF at all.
    """
    source.seek(0)
    head = source.read(1 << 18)
    source.seek(0)
    cuts = '\n,"'.encode(encoding, "replace") == b'\n,"' or encoding == "utf-8-sig"
    if cuts and (b"\n" in head or b"\r" not in head):
        return source, "utf-8" if encoding == "utf-8-sig" else encoding, False
    return _Recoder(source, encoding).write(), "utf-8", True


def seekable(source: BinaryIO, stack: contextlib.ExitStack) -> BinaryIO:
    """The source as something that can be read twice: a pipe is laid down in a file without a name first."""
    if source.seekable():
        return source
    laid_down = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    shutil.copyfileobj(source, laid_down, 1 << 20)
    laid_down.seek(0)
    return laid_down


def sniff(line: str) -> str:
    """The separator of a header line: the one that stands most often outside quotes; a comma when there is none."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _one(delimiter: str) -> str:
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise Invalid("a separator is one character, and no quote")
    return delimiter


def refuse_binary(head: bytes) -> None:
    for magic, what in (
        (b"PK\x03\x04", "an Excel or zip file"),
        (b"\xd0\xcf\x11\xe0", "an old Excel file"),
        (b"%PDF", "a PDF"),
    ):
        if head.startswith(magic):
            raise Invalid(f"this is {what}; save the sheet as CSV and import that", code="bad_file")
