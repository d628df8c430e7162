"""What an HTML template holds that a reader or a filter would see: links, images, words, and what mail programs remove.

It goes over the parsed template, every branch of it, so that nothing is missed because the first reader does not get it.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from homing.content.tree import For, If, Node, Print, Text

VALUE = "\ufffc"
"""Stands where a value will be printed as it is; one that is made fit for a link is as good as fixed text."""
TURNS = 10  # how often a loop is taken to turn, for sizes
_VALUE_BYTES = 20
_MARK = re.compile("\0+")
_ACTIVE = frozenset(("script", "iframe", "object", "embed", "form", "video", "audio", "applet"))
_SILENT = frozenset(("style", "script", "title", "head"))


def flat(nodes: tuple[Node, ...]) -> str:
    """The text of a template with all its branches, one turn of each loop, and VALUE for values."""
    return "".join(_flat(node) for node in nodes)


def _flat(node: Node) -> str:
    match node:
        case Text(text=text):
            return _MARK.sub("token", text)
        case Print():
            return "value" if node.encoded or node.path.root == "loop" else VALUE
        case If(branches=branches, otherwise=otherwise):
            return "".join(flat(body) for body in (*(body for _, body in branches), otherwise))
        case For(body=body):
            return flat(body)


def size(nodes: tuple[Node, ...]) -> int:
    """About how many bytes (UTF-8) one message has of it: the longest branch of each choice."""
    return sum(map(_size, nodes))


def _size(node: Node) -> int:
    match node:
        case Text(text=text):
            return len(text.encode("utf-8", "replace"))
        case Print():
            return _VALUE_BYTES
        case If(branches=branches, otherwise=otherwise):
            return max(size(body) for body in (*(body for _, body in branches), otherwise))
        case For(body=body):
            return TURNS * size(body)


@dataclass(slots=True)
class Link:
    """`words`: what the reader sees of it."""

    href: str
    words: str = ""


@dataclass(slots=True)
class Seen:
    """What was found. `images`: address and, where there is one, the text that stands for it."""

    links: list[Link] = field(default_factory=list)
    images: list[tuple[str, str | None]] = field(default_factory=list)
    active: set[str] = field(default_factory=set)
    letters: int = 0


def scan(html: str) -> Seen:
    """Reads HTML as mail programs do: whatever it is, without complaint."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.seen


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self._silent = 0
        self._open: Link | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _ACTIVE:
            self.seen.active.add(tag)
        if tag == "body":
            self._silent = 0
        elif tag in _SILENT:
            self._silent += 1
        elif tag in ("a", "area") and "href" in values:
            self._open = Link(values["href"].strip())
            self.seen.links.append(self._open)
        elif tag == "img":
            self.seen.images.append((values.get("src", "").strip(), values.get("alt")))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.seen.letters += len("".join(data.split()))
        if self._open is not None:
            self._open.words += data
