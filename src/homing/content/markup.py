"""Where in an HTML template values stand: refuses places in which escaping does not protect, and finds those that begin a link.

      "<name"        space         name=" or '            "
data -------> opened -----> tag ----------------> value -----> tag --- ">" ---> data (or raw, in script and style)
"""

import re
from dataclasses import dataclass, replace
from html import escape
from typing import NoReturn

from homing.content.grammar import fail
from homing.content.tree import For, If, Node, Print, Text, Tree

_LINKS = frozenset(
    {
        "href",
        "src",
        "action",
        "formaction",
        "background",
        "cite",
        "poster",
        "data",
        "longdesc",
        "xlink:href",
        "lowsrc",
        "dynsrc",
    }
)
_NEVER = frozenset({"srcdoc", "srcset", "http-equiv"})
_OPEN = re.compile(r"<(?:!--(?!\[if)|/?[A-Za-z][^\s/>]*|/?\Z)")
_TAG_STEP = re.compile(r"\s+|/|>|[^\s/>=]+|=")
_FIXED = re.compile(r"(?:https?|mailto|tel|sms|cid):|[/#?]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _At:
    """A place in the markup."""

    mode: str = (
        "data"  # data, opened (in a tag's name), tag, equals (after =), value, bare (unquoted value), comment, raw
    )
    element: str = ""
    attribute: str = ""
    quote: str = ""
    link: str = "start"  # of a value: start (nothing yet), fixed (its scheme is known), unsafe


def check(tree: Tree) -> frozenset[int]:
    """The ids of the prints that begin a link. Raises Invalid for a value where escaping cannot protect."""
    checker = _Checker(tree)
    checker.walk(tree.nodes, _At())
    return frozenset(checker.links)


class _Checker:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.links: set[int] = set()

    def fail(self, at: int, problem: str) -> NoReturn:
        fail(self.tree.source, self.tree.where, at, problem)

    def walk(self, nodes: tuple[Node, ...], place: _At) -> _At:
        for node in nodes:
            match node:
                case Text(text=text):
                    place = read(text, place)
                case Print():
                    place = self.printed(node, place)
                case If(branches=branches, otherwise=otherwise):
                    place = self.settled(place)
                    ends = [self.walk(body, place) for _, body in branches] + [self.walk(otherwise, place)]
                    place = self.joined(ends, node.at)
                case For(body=body):
                    place = self.settled(place)
                    place = self.joined([self.walk(body, place), place], node.at)
        return place

    def settled(self, place: _At) -> _At:
        return replace(place, mode="tag") if place.mode == "opened" and place.element else place

    def joined(self, ends: list[_At], at: int) -> _At:
        ends = [self.settled(end) for end in ends]
        bare = {replace(end, link="start", attribute=end.attribute if end.mode == "value" else "") for end in ends}
        if len(bare) > 1:
            self.fail(
                at, "its branches end in different places of the HTML; open and close each HTML tag inside one branch"
            )
        links = {end.link for end in ends}
        return ends[0] if len(links) == 1 else replace(ends[0], link="unsafe")

    def printed(self, node: Print, place: _At) -> _At:
        if place.mode == "value":
            return self.in_value(node, place)
        if place.mode not in ("data", "comment"):
            self.misplaced(node, place)
        return place

    def misplaced(self, node: Print, place: _At) -> NoReturn:
        match place.mode:
            case "bare" | "equals":
                self.fail(node.at, 'a value in an HTML attribute needs quotes around it: name="{{ ... }}"')
            case "raw":
                self.fail(node.at, f"a value cannot stand inside <{place.element}>")
            case _:
                self.fail(node.at, "a value cannot be part of an HTML tag itself; put it between tags or into quotes")

    def in_value(self, node: Print, place: _At) -> _At:
        name = place.attribute
        if name.startswith("on") or name in _NEVER:
            self.fail(node.at, f"a value cannot stand in the attribute '{name}'")
        if name not in _LINKS:
            return place
        if place.link == "unsafe":
            self.fail(node.at, "begin the link with https:// (or mailto:, tel:) or let it be one variable alone")
        if place.link == "start":
            if node.encoded:
                self.fail(node.at, "a value that begins a link is the address itself; leave urlencode away")
            self.links.add(id(node))
        return replace(place, link="fixed")


def read(text: str, place: _At) -> _At:
    """The place after `text`, when it begins at `place`."""
    position = 0
    while position < len(text):
        step = _STEPS[place.mode]
        position, place = step(text, position, place)
    return place


def _data(text: str, position: int, place: _At) -> tuple[int, _At]:
    found = _OPEN.search(text, position)
    if not found:
        return len(text), place
    if found[0].startswith("<!--"):
        return found.end(), _At("comment")
    return found.end(), _At("opened", found[0].lstrip("<").lower())


def _opened(text: str, position: int, place: _At) -> tuple[int, _At]:
    return position, replace(place, mode="tag")


def _tag(text: str, position: int, place: _At) -> tuple[int, _At]:
    found = _TAG_STEP.match(text, position)
    if found is None:
        return position + 1, place
    step = found[0]
    if step == ">":
        return found.end(), _At("raw", place.element) if place.element in ("script", "style") else _At()
    if step == "=":
        return found.end(), replace(place, mode="equals")
    if step[0].isspace() or step == "/":
        return found.end(), place
    return found.end(), replace(place, attribute=step.lower())


def _equals(text: str, position: int, place: _At) -> tuple[int, _At]:
    character = text[position]
    if character.isspace():
        return position + 1, place
    if character in "\"'":
        return position + 1, replace(place, mode="value", quote=character, link="start")
    return position, replace(place, mode="bare" if character != ">" else "tag")


def _value(text: str, position: int, place: _At) -> tuple[int, _At]:
    end = text.find(place.quote, position)
    if end >= 0:
        return end + 1, replace(place, mode="tag", quote="", attribute="", link="start")
    begun = text[position:].strip()
    if place.link == "start" and begun:
        place = replace(place, link="fixed" if _FIXED.match(begun) else "unsafe")
    return len(text), place


def _bare(text: str, position: int, place: _At) -> tuple[int, _At]:
    found = re.compile(r"[\s>]").search(text, position)
    return (found.start(), replace(place, mode="tag", attribute="")) if found else (len(text), place)


def _comment(text: str, position: int, place: _At) -> tuple[int, _At]:
    end = text.find("-->", position)
    return (end + 3, _At()) if end >= 0 else (len(text), place)


def _raw(text: str, position: int, place: _At) -> tuple[int, _At]:
    found = re.compile(f"</{place.element}", re.IGNORECASE).search(text, position)
    return (found.end(), _At("tag", f"/{place.element}")) if found else (len(text), place)


_STEPS = {"data": _data, "opened": _opened, "tag": _tag, "equals": _equals, "value": _value}
_STEPS |= {"bare": _bare, "comment": _comment, "raw": _raw}

_STYLE = (
    "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:transparent"
)
_HIDDEN = (f'<div style="{_STYLE}">', "</div>")
_BEHIND = (r"<body[^>]*>", r"</head\s*>", r"<html[^>]*>", r"<!doctype[^>]*>")


def with_preheader(tree: Tree, preheader: Tree) -> Tree:
    """The HTML with the preview line that mail programs show beside the subject, hidden at the beginning of the body."""
    inside = tuple(_escaped(node) for node in preheader.nodes)
    hidden = (Text(_HIDDEN[0]), *inside, Text(_HIDDEN[1]))
    for pattern in _BEHIND:
        for index, node in enumerate(tree.nodes):
            if isinstance(node, Text) and (found := re.search(pattern, node.text, re.IGNORECASE)):
                before, after = (
                    Text(node.text[: found.end()], node.at),
                    Text(node.text[found.end() :], node.at + found.end()),
                )
                return replace(tree, nodes=(*tree.nodes[:index], before, *hidden, after, *tree.nodes[index + 1 :]))
    return replace(tree, nodes=(*hidden, *tree.nodes))


def _escaped(node: Node) -> Node:
    match node:
        case Text(text=text):
            return replace(node, text=escape(text))
        case If(branches=branches, otherwise=otherwise):
            ways = tuple((condition, tuple(map(_escaped, body))) for condition, body in branches)
            return replace(node, branches=ways, otherwise=tuple(map(_escaped, otherwise)))
        case For(body=body):
            return replace(node, body=tuple(map(_escaped, body)))
        case _:
            return node
