"""Opens and clicks of a campaign that asked for them: links that come by our own server, and a pixel of our own.

All of it is done when a letter is compiled: the target stands signed in the link, so that it needs no table and nobody can
make one that leads elsewhere. What stays as it is: links with values in them, the way out, and the text part.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from html import unescape

from homing.content.links import CampaignLinks, Page
from homing.content.slots import mark_of
from homing.content.tree import For, If, Node, Text, Tree

OPENS, CLICKS = "opens", "clicks"
_HREF = re.compile(r"""(<(?:a|area)\b[^<>]*?\shref\s*=\s*)(["'])(https?://[^"'<>\0]+)\2""", re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE = "display:block;width:1px;height:1px;border:0"


def tracked(tree: Tree, links: CampaignLinks, what: Collection[str]) -> Tree:
    """The HTML with its links led by our server (`clicks`) and a pixel at its end (`opens`)."""
    nodes = tree.nodes
    if CLICKS in what:
        nodes = tuple(_led(node, links) for node in nodes)
    if OPENS in what:
        nodes = _with_pixel(nodes, links)
    return replace(tree, nodes=nodes)


def _led(node: Node, links: CampaignLinks) -> Node:
    match node:
        case Text(text=text):
            return replace(node, text=_HREF.sub(lambda found: _link(found, links), text))
        case If(branches=branches, otherwise=otherwise):
            ways = tuple((condition, tuple(_led(each, links) for each in body)) for condition, body in branches)
            return replace(node, branches=ways, otherwise=tuple(_led(each, links) for each in otherwise))
        case For(body=body):
            return replace(node, body=tuple(_led(each, links) for each in body))
        case _:
            return node


def _link(found: re.Match[str], links: CampaignLinks) -> str:
    target = unescape(found[3])
    if target.startswith(f"{links.base}/") or not target.isprintable() or " " in target:
        return found[0]
    return f"{found[1]}{found[2]}{links.base}/t/{mark_of(Page.TRACK)}/{links.signed(target)}{found[2]}"


def _with_pixel(nodes: tuple[Node, ...], links: CampaignLinks) -> tuple[Node, ...]:
    """Before the last `</body>`, or at the end."""
    source = f"{links.base}/t/{mark_of(Page.TRACK)}"
    pixel = f'<img src="{source}" width="1" height="1" alt="" style="{_STYLE}">'
    for place in range(len(nodes) - 1, -1, -1):
        node = nodes[place]
        ends = list(_END.finditer(node.text)) if isinstance(node, Text) else []
        if ends and isinstance(node, Text):
            at = ends[-1].start()
            whole = replace(node, text=f"{node.text[:at]}{pixel}\n{node.text[at:]}")
            return (*nodes[:place], whole, *nodes[place + 1 :])
    last = nodes[-1] if nodes else None
    if isinstance(last, Text):
        return (*nodes[:-1], replace(last, text=f"{last.text}\n{pixel}\n"))
    return (*nodes, Text(f"\n{pixel}\n"))
