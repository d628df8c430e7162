"""A plain-text template made from an HTML template, so that a letter written in HTML alone still has both parts."""

import re
from html.parser import HTMLParser

from homing.content.tree import Tree

_SILENT = frozenset({"head", "style", "script", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {
        *(
            "p",
            "div",
            "section",
            "article",
            "header",
            "footer",
            "table",
            "ul",
            "ol",
            "blockquote",
            "pre",
            "form",
            "address",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "figure", "main", "center", "dl"),
    }
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "pre"})
_MARKED = {
    "br": "\n",
    "hr": "\n--------------------\n",
    "li": "\n- ",
    "td": " ",
    "th": " ",
    "tr": "\n",
    "dt": "\n",
    "dd": "\n  ",
}
_MARKS = re.compile("[\ue000\ue001]")
_TAG = re.compile("\ue000(\\d+)\ue001")
_LONE = re.compile("^(?:\ue000\\d+\ue001 *)+\n+", re.MULTILINE)


def text_template(tree: Tree) -> str:
    """The template source of the text part: headings, paragraphs and lists as lines, links as `words (address)`.

    Tags of the template stay where they are; those inside HTML tags, but for a link's address, go with them.
    """
    pieces: list[str] = []
    end = 0
    for number, (start, stop) in enumerate(tree.tags):
        pieces += (_MARKS.sub("", tree.source[end:start]), f"\ue000{number}\ue001")
        end = stop
    pieces.append(_MARKS.sub("", tree.source[end:]))
    reader = _Reader()
    reader.feed("".join(pieces))
    reader.close()
    tags = [tree.source[start:stop] for start, stop in tree.tags]
    text = _LONE.sub(
        lambda found: found[0].rstrip("\n") if _prints_nothing(found[0], tags) else found[0], reader.text()
    )
    return _TAG.sub(lambda found: tags[int(found[1])], text)


def _prints_nothing(line: str, tags: list[str]) -> bool:
    """Whether a line of tags alone gives no text: its line ends would stay behind as gaps."""
    return all(not tags[int(number)].startswith("{{") for number in _TAG.findall(line))


class _Reader(HTMLParser):
    """Collects text; block elements become line ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.links: list[tuple[str, int]] = []  # address, and where its words begin in `parts`

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.partition("\ue000")[0]
        values = {name: value or "" for name, value in attrs}
        if tag == "body":
            self.silent = 0
        elif tag in _SILENT:
            self.silent += 1
        if self.silent:
            return
        if tag == "a":
            self.links.append((values.get("href", "").strip(), len(self.parts)))
        elif tag == "img":
            self.parts.append(_braces(values.get("alt", "")))
        else:
            self.edge(tag)

    def handle_endtag(self, tag: str) -> None:
        tag = tag.partition("\ue000")[0]
        if tag in _SILENT:
            self.silent = max(self.silent - 1, 0)
        elif not self.silent and tag == "a":
            self.end_link()
        elif not self.silent:
            self.edge(f"/{tag}")

    def edge(self, tag: str) -> None:
        """The line end, or the mark, that a tag makes; `/tag` is its end."""
        tag = tag.removeprefix("/") if tag[1:] in _BLOCKS else tag
        if tag in _BLOCKS:
            self.parts.append("\n\n" if tag in _SPACED else "\n")
        else:
            self.parts.append(_MARKED.get(tag, ""))

    def end_link(self) -> None:
        if not self.links:
            return
        address, start = self.links.pop()
        address = address.removeprefix("mailto:").removeprefix("tel:")
        words = " ".join("".join(self.parts[start:]).split())
        if address and not address.startswith("#") and address != words:
            self.parts.append(f" ({_braces(address)})" if words else _braces(address))

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(_braces(re.sub(r"\s+", " ", data)))

    def text(self) -> str:
        text = "".join(self.parts)
        text = re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r" {2,}", " ", text))
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _braces(text: str) -> str:
    """Braces that came out of character references must not become tags of the template."""
    return re.sub(r"\{(?=[{%#\ue000]|\Z)", "{ ", text)
