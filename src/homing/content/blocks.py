"""A message of blocks into MJML: what the page's editor puts together, and anybody may write by the API.

The shape (which kinds there are, what each has) is the caller's to check; here the words are: each text's tags, where links lead.
In a text a blank line begins a paragraph, `- ` an item of a list; `**strong**`, `*leaning*` and `[words](address)` are the marks.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from homing.content.grammar import parse
from homing.model.errors import Fault, Invalid
from homing.model.intent import wrong

Block = Mapping[str, Any]

WIDTH: Final = 600
"""Of the message, in pixels; it shrinks on what is narrower."""
WHOLE: Final = frozenset({"columns", "footer"})
"""These stand across the message, never in a column."""
LOOK: Final = {"accent": "#0b6e5b", "background": "#f4f6f5", "paper": "#ffffff", "ink": "#1d2a25", "font": "sans"}
_FONTS = {"sans": "Arial, Helvetica, sans-serif", "serif": "Georgia, 'Times New Roman', serif"}

_HELD = (
    0xF0000  # from here on a character stands for a tag of the text; nobody writes these, and they are taken out first
)
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]")
_LEADS = re.compile("(?:https?://|mailto:|tel:)[^\\s]|[\U000f0000-\U000ffffd]", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]*)\)")
_STRONG = re.compile(r"\*\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*\*")
_LEANING = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_BREAK = re.compile(r"\n[ \t]*\n\s*")


def to_mjml(design: Block) -> str:
    """The MJML of `{"look": {...}, "blocks": [...]}`. Pure.

    Raises Invalid with the pointer of what is wrong in it (`/design/blocks/2/href`): a tag that cannot be read, a link that
    leads nowhere, a picture without an address.
    """
    look = {**LOOK, **(design.get("look") or {})}
    drawing = _Drawing(look)
    parts: list[str] = []
    inside = ""  # of the column that blocks under each other share
    for place, block in enumerate(design["blocks"]):
        try:
            made = drawing.block(block, f"/design/blocks/{place}")
        except Invalid as error:
            raise Invalid(f"block {place + 1}: {error.detail}", faults=error.faults, code=error.code) from error
        if block["kind"] in WHOLE:
            parts += [drawing.column(inside), made]
            inside = ""
        else:
            inside += made
    parts.append(drawing.column(inside))
    return (
        "<mjml>\n  <mj-head>\n    <mj-attributes>\n"
        f'      <mj-all font-family="{_FONTS[look["font"]]}" />\n'
        f'      <mj-text font-size="16px" line-height="1.5" color="{look["ink"]}" />\n'
        "    </mj-attributes>\n  </mj-head>\n"
        f'  <mj-body width="{WIDTH}px" background-color="{look["background"]}">\n{"".join(parts)}  </mj-body>\n</mjml>\n'
    )


class _Drawing:
    """Each kind of block in MJML, in one look."""

    def __init__(self, look: Mapping[str, Any]) -> None:
        self._look = look

    def section(self, columns: str, *, paper: bool = True) -> str:
        ground = f' background-color="{self._look["paper"]}"' if paper else ""
        return f'    <mj-section{ground} padding="12px 0">\n{columns}    </mj-section>\n'

    def column(self, inside: str) -> str:
        """A section of one column; nothing for nothing."""
        return self.section(f"      <mj-column>\n{inside}      </mj-column>\n") if inside else ""

    def block(self, block: Block, pointer: str) -> str:
        """A whole section for those of WHOLE, else what stands in a column."""
        return {
            "columns": self._columns,
            "footer": self._footer,
            "heading": self._heading,
            "text": self._text,
            "button": self._button,
            "picture": self._picture,
            "divider": self._divider,
            "space": self._space,
        }[block["kind"]](block, pointer)

    def _columns(self, block: Block, pointer: str) -> str:
        share = int(block.get("share") or 50)
        made = ""
        for side, width in (("left", share), ("right", 100 - share)):
            inside = "".join(
                self.block(each, f"{pointer}/{side}/{place}") for place, each in enumerate(block.get(side) or ())
            )
            made += f'      <mj-column width="{width}%">\n{inside}      </mj-column>\n'
        return self.section(made)

    def _footer(self, block: Block, pointer: str) -> str:
        said = _Words(block["text"], f"{pointer}/text").html(self._look["ink"])
        link = _Words(block.get("link") or "Unsubscribe", f"{pointer}/link").plain()
        out = f'<a href="{{{{ unsubscribe_url }}}}" style="color:{self._look["ink"]}">{link}</a>'
        text = f'        <mj-text align="center" font-size="13px">{said}{out}</mj-text>\n'
        return self.section(f"      <mj-column>\n{text}      </mj-column>\n", paper=False)

    def _heading(self, block: Block, pointer: str) -> str:
        level = int(block.get("level") or 1)
        size = {1: 26, 2: 20}[level]
        text = _Words(block["text"], f"{pointer}/text").inline(self._look["accent"])
        head = f'<h{level} style="margin:0;font-size:{size}px;line-height:1.25;font-weight:700">{text}</h{level}>'
        return f'        <mj-text align="{_align(block)}" font-size="{size}px" line-height="1.25">{head}</mj-text>\n'

    def _text(self, block: Block, pointer: str) -> str:
        said = _Words(block["text"], f"{pointer}/text").html(self._look["accent"])
        return f'        <mj-text align="{_align(block)}">{said}</mj-text>\n'

    def _button(self, block: Block, pointer: str) -> str:
        accent = self._look["accent"]
        href = _address(block["href"], f"{pointer}/href", "say where this button leads: https://...")
        text = _Words(block["text"], f"{pointer}/text").plain()
        looks = f'background-color="{accent}" color="{readable_on(accent)}" border-radius="6px" font-size="16px"'
        return f'        <mj-button align="{_align(block)}" href="{href}" {looks}>{text}</mj-button>\n'

    def _picture(self, block: Block, pointer: str) -> str:
        source = _address(block["src"], f"{pointer}/src", "choose a picture, or write its address: https://...")
        alt = _Words(block.get("alt") or "", f"{pointer}/alt").attribute()
        width = min(int(block.get("width") or WIDTH), WIDTH)
        leads = block.get("href")
        href = f' href="{_address(leads, f"{pointer}/href", "")}"' if leads else ""
        align = _align(block, "center")
        return f'        <mj-image src="{source}" alt="{alt}" width="{width}px" align="{align}"{href} />\n'

    def _divider(self, _block: Block, _pointer: str) -> str:
        return '        <mj-divider border-width="1px" border-color="#c9d2ce" />\n'

    def _space(self, block: Block, _pointer: str) -> str:
        return f'        <mj-spacer height="{int(block.get("height") or 24)}px" />\n'


def _align(block: Block, usual: str = "left") -> str:
    return str(block.get("align") or usual)


def readable_on(colour: str) -> str:
    """Black or white, whichever stands out more from `#rrggbb` (WCAG 2.2, relative luminance)."""

    def linear(value: int) -> float:
        part = value / 255
        return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179 else "#000000"


def _address(said: str, pointer: str, when_empty: str) -> str:
    """An address as the value of an attribute."""
    words = _Words(said.strip(), pointer)
    if not said.strip() and when_empty:
        raise wrong(pointer, when_empty)
    words.check_leads(words.held)
    return words.attribute()


class _Words:
    """A text whose tags are held as single characters, so that neither marks nor escaping touch them."""

    def __init__(self, said: str, pointer: str) -> None:
        self._pointer = pointer
        try:
            tree = parse(_PRIVATE.sub("", said), pointer.removeprefix("/"))
        except Invalid as error:
            fault = error.faults[0]
            raise Invalid(fault.detail, faults=(Fault(pointer, fault.detail),), code=error.code) from error
        self._tags = [tree.source[start:end] for start, end in tree.tags]
        parts, at = [], 0
        for number, (start, end) in enumerate(tree.tags):
            parts += [tree.source[at:start], chr(_HELD + number)]
            at = end
        self.held = "".join((*parts, tree.source[at:]))

    def html(self, accent: str) -> str:
        """Paragraphs and lists."""
        made = []
        for part in _BREAK.split(self.held.strip("\n")):
            lines = part.split("\n")
            if all(line.startswith("- ") for line in lines):
                items = "".join(f"<li>{self._marked(line[2:], accent)}</li>" for line in lines)
                made.append(f'<ul style="margin:0 0 12px;padding-left:24px">{items}</ul>')
            elif part:
                said = "<br>".join(self._marked(line, accent) for line in lines)
                made.append(f'<p style="margin:0 0 12px">{said}</p>')
        return self._back("".join(made))

    def inline(self, accent: str) -> str:
        """One line, with marks."""
        return self._back("<br>".join(self._marked(line, accent) for line in self.held.split("\n")))

    def plain(self) -> str:
        """One line of HTML without marks."""
        return self._back(escape(" ".join(self.held.split()), quote=False))

    def attribute(self) -> str:
        """The value of an attribute in double quotes."""
        return self._back(escape(" ".join(self.held.split())))

    def check_leads(self, address: str) -> None:
        """Raises Invalid for an address that no mail program opens, or that would run something."""
        if not _LEADS.match(address):
            raise wrong(
                self._pointer, f"`{self._back(address)}` leads nowhere: begin it with https://, mailto: or tel:"
            )

    def _marked(self, line: str, accent: str) -> str:
        def link(found: re.Match[str]) -> str:
            self.check_leads(found[2])
            return (
                f'<a href="{escape(found[2])}" style="color:{accent}">{_emphasised(escape(found[1], quote=False))}</a>'
            )

        made, at = "", 0
        for found in _LINK.finditer(line):
            made += _emphasised(escape(line[at : found.start()], quote=False)) + link(found)
            at = found.end()
        return made + _emphasised(escape(line[at:], quote=False))

    def _back(self, made: str) -> str:
        return _PRIVATE.sub(lambda found: self._tags[ord(found[0]) - _HELD], made)


def _emphasised(html: str) -> str:
    return _LEANING.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", html))
