"""The short way of plain letters: one that only prints values is cast, its lines encoded once with room left for each value.

What does not fit the mould (a value that is missing, long, empty, or holds what HTML or quoted-printable would write
otherwise) goes the long way through the engine (wire.py); the tests hold the two against each other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from homing.content import quoted
from homing.content.links import TOKEN_LENGTH
from homing.content.recipient import Find, Recipient, finder
from homing.content.template import Template
from homing.content.tree import Print, Text

ROOM = 40
"""Most characters of an encoded value."""
_WIDTH = 75
_NOT = r"\x00-\x1f\x7f=&<>\"'/\ud800-\udfff"  # controls, and what is written otherwise in HTML or quoted-printable
_VALUE = rf"[^{_NOT} .](?:[^{_NOT}]{{0,{ROOM - 2}}}[^{_NOT} ])?"
_UNFIT = " "
_MARKS = re.compile("(\0+)")
_NO_TOKENS = {1: "", 2: "", 3: "", 4: ""}
_PLAIN = re.compile(_VALUE)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A value's place. `find` None: it is the field `root`."""

    root: str
    find: Find | None
    fallback: str


@dataclass(slots=True)
class Cast:
    """A text in pieces; `places`: which piece is which value; `links`: which is the token for which mark (slots.py)."""

    pieces: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)

    def filled(self, values: Sequence[str], tokens: Mapping[int, str]) -> str:
        pieces = self.pieces.copy()
        for at, which in self.places:
            pieces[at] = values[which]
        for at, mark in self.links:
            pieces[at] = tokens[mark]
        return "".join(pieces)


class Mould:
    """Made by `mould_of`."""

    def __init__(self, slots: Sequence[_Slot], subject: Cast, body: Cast, *, dotted: bool) -> None:
        self._slots = slots
        self._subject = subject
        self._body = body
        self._dotted = dotted
        self._values = re.compile(rf"{_VALUE}(?:\n{_VALUE}){{{len(slots) - 1}}}")  # exactly as many as there are

    def cast(self, person: Recipient, tokens: Mapping[int, str] = _NO_TOKENS) -> tuple[str, bytes, bool] | None:
        """As Wire.render: subject, encoded bodies, and whether a line begins with a dot. None: this recipient does not fit."""
        values = []
        for slot in self._slots:
            value = person.fields.get(slot.root) if slot.find is None else slot.find(person)
            if type(value) is int:
                value = str(value)
            elif type(value) is not str:
                value = slot.fallback if value is None else _UNFIT
            values.append(value or slot.fallback)
        told = "\n".join(values)
        if not self._values.fullmatch(told):
            return None
        encoded = values if told.isascii() else [quoted.encode_line(value).decode("ascii") for value in values]
        if encoded is not values and max(map(len, encoded)) > ROOM:
            return None
        return self._subject.filled(values, tokens), self._body.filled(encoded, tokens).encode(), self._dotted


def mould_of(
    subject: Template, parts: Sequence[Template], middle: str, constants: Mapping[tuple[str, ...], str]
) -> Mould | None:
    """The mould of a letter, or None when its parts do more than print values. `middle`: what stands between two parts."""
    slots: list[_Slot] = []
    try:
        heading = _heading(_runs(subject, slots, constants))
        bodies = [_Caster(_runs(part, slots, constants)).cast for part in parts]
    except _TooRich:
        return None
    if not slots:
        return None
    body = bodies[0]
    for following in bodies[1:]:
        body.pieces.append(f"\r\n{middle}")
        body.places += [(at + len(body.pieces), which) for at, which in following.places]
        body.links += [(at + len(body.pieces), mark) for at, mark in following.links]
        body.pieces += following.pieces
    dotted = "\r\n." in "\r\n" + body.filled(["x"] * len(slots), _NO_TOKENS)
    return Mould(slots, heading, body, dotted=dotted)


class _TooRich(Exception):
    """This letter does more than print values."""


@dataclass(frozen=True, slots=True)
class _Link:
    """The place of a link's token."""

    mark: int


Runs = Iterable[str | int | _Link]
"""Fixed text, and the numbers of the slots and the links between."""


def _runs(part: Template, slots: list[_Slot], constants: Mapping[tuple[str, ...], str]) -> list[str | int | _Link]:
    """The runs of one part; new slots are added to `slots`."""
    found: list[str | int | _Link] = []
    for node in part.tree.nodes:
        if isinstance(node, Text):
            found += [_Link(len(piece)) if piece[:1] == "\0" else piece for piece in _MARKS.split(node.text)]
        elif (
            isinstance(node, Print)
            and id(node) not in part.links
            and (node.path.root, *node.path.keys) not in constants
        ):
            slot = _slot(node)
            if slot not in slots:
                slots.append(slot)
            found.append(slots.index(slot))
        else:
            raise _TooRich
    return found


def _slot(node: Print) -> _Slot:
    if any(used.name != "default" for used in node.filters) or len(node.filters) > 1:
        raise _TooRich
    fallback = node.fallback
    if fallback is not None and (not isinstance(fallback, str) or not _PLAIN.fullmatch(fallback)):
        raise _TooRich
    return _Slot(node.path.root, finder(node.path.root, *node.path.keys), fallback or "")


def _heading(runs: Runs) -> Cast:
    cast = Cast()
    for run in runs:
        if isinstance(run, int):
            cast.places.append((len(cast.pieces), run))
        cast.pieces.append(run if isinstance(run, str) else "")
    return cast


class _Caster:
    """Encodes a part as quoted-printable lines of at most 76, as if every value took all of its room."""

    def __init__(self, runs: Runs) -> None:
        self.cast = Cast()
        self._fixed: list[str] = []
        self._width = 0
        for run in runs:
            if isinstance(run, int):
                self._value(run)
            elif isinstance(run, _Link):
                self._link(run.mark)
            else:
                self._text(run.replace("\r\n", "\n").replace("\r", "\n"))
        self._blank()
        self._piece()

    def _value(self, which: int) -> None:
        self._fit(ROOM)
        self._piece()
        self.cast.places.append((len(self.cast.pieces), which))
        self.cast.pieces.append("")

    def _link(self, mark: int) -> None:
        self._fit(TOKEN_LENGTH)
        self._piece()
        self.cast.links.append((len(self.cast.pieces), mark))
        self.cast.pieces.append("")

    def _text(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self._break()
            for atom in _ATOM.findall(quoted.encode_line(f"{line}x").decode("ascii").replace("=\r\n", "")[:-1]):
                self._fit(len(atom))
                self._fixed.append(atom)

    def _break(self) -> None:
        self._blank()
        self._fixed.append("\r\n")
        self._width = 0

    def _blank(self) -> None:
        """A blank at the end of a line is written out (RFC 2045 section 6.7, rule 3)."""
        if self._fixed and self._fixed[-1] in (" ", "\t"):
            blank = self._fixed.pop()
            self._width -= 1
            self._fit(3)
            self._fixed.append(f"={ord(blank):02X}")

    def _fit(self, width: int) -> None:
        if self._width + width > _WIDTH:
            self._fixed.append("=\r\n")
            self._width = 0
        self._width += width

    def _piece(self) -> None:
        self.cast.pieces.append("".join(self._fixed))
        self._fixed.clear()


_ATOM = re.compile(r"=[0-9A-F]{2}|[^=]", re.DOTALL)
