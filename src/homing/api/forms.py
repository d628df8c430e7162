"""A body of a form (RFC 7578) that lies on disk, taken apart into its file and its fields; a cut one as far as it is whole."""

from pathlib import Path
from typing import BinaryIO

from python_multipart.multipart import MultipartParser, parse_options_header

from homing.model.errors import Invalid

_BLOCK = 1 << 18
_LONGEST_FIELD = 64 * 1024
_MOST_FIELDS = 50


class Form:
    """What was found: the name of the file, its fields, and whether the body ended early."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.file_name: str | None = None
        self.cut = True


class _Reader:
    """Writes the first file part to `out`, and keeps the texts of the others."""

    def __init__(self, out: BinaryIO) -> None:
        self.form = Form()
        self._out = out
        self._headers: dict[str, bytes] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._field: str | None = None
        self._is_file = False
        self._value = bytearray()

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._start,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._whole,
        }

    def _begin(self) -> None:
        self._headers, self._field, self._is_file = {}, None, False
        self._value.clear()

    def _header(self) -> None:
        self._headers[self._header_name.decode("latin-1").lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _start(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename")
        if name is not None and self.form.file_name is None:
            self._is_file = True
            self.form.file_name = name.decode("utf-8", "replace")

    def _data(self, piece: bytes) -> None:
        if self._is_file:
            self._out.write(piece)
        elif len(self._value) + len(piece) <= _LONGEST_FIELD:
            self._value += piece
        else:
            raise Invalid(f"the field '{self._field}' is too long", code="bad_option")

    def _end(self) -> None:
        if not self._is_file and self._field:
            if len(self.form.fields) >= _MOST_FIELDS:
                raise Invalid("the form has too many fields", code="bad_option")
            self.form.fields[self._field] = self._value.decode("utf-8", "replace")
        self._is_file = False

    def _whole(self) -> None:
        self.form.cut = False


def take_apart(body: Path, content_type: str, file: Path) -> Form:
    """Writes the form's file to `file`. Raises Invalid for a body that is no form, or that brings no file."""
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise Invalid("the form says no boundary", code="malformed")
    with body.open("rb") as source, file.open("wb") as out:
        reader = _Reader(out)
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type] # its own narrower type of dict
        try:
            while block := source.read(_BLOCK):
                parser.write(block)
        except ValueError as error:  # python_multipart's errors are such
            raise Invalid("the form cannot be read", code="malformed") from error
    if reader.form.file_name is None:
        raise Invalid("the form has no `file`", code="bad_option")
    return reader.form
