"""Places in a letter that the tokens of its links fill: compiled into the fixed text around them.

While compiling, a mark stands for each token: one to four NULs, which no value can hold. So lines with a link stay fixed
lines, encoded once; for each recipient a few marks are replaced (quoted.py).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from homing.content.links import NAMES, TOKEN_LENGTH, CampaignLinks, Page
from homing.content.tree import For, If, Node, Print, Text, Tree, texts

_MARK = re.compile("\0+")
SAMPLE = ["x" * TOKEN_LENGTH] * len(Page)
"""Tokens for looking whether a message can be made."""


def mark_of(page: Page) -> str:
    """What stands for the token of a page."""
    return "\0" * (page + 1)


class Slots:
    """The links of one letter. Without `links` there are none, and their names are variables like any other."""

    def __init__(self, links: CampaignLinks | None) -> None:
        self.pages: tuple[Page, ...] = tuple(Page) if links else ()
        self.urls = {name: links.url(page, mark_of(page)) for page, name in NAMES.items()} if links else {}
        self._links = links

    def fix(self, tree: Tree) -> Tree:
        """The tree with what prints a link turned into text."""
        return replace(tree, nodes=self._fixed(tree.nodes)) if self.urls else tree

    def _fixed(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        made: list[Node] = []
        for node in map(self._one, nodes):
            last = made[-1] if made else None
            if isinstance(node, Text) and isinstance(last, Text):
                made[-1] = Text(last.text + node.text, last.at)
            else:
                made.append(node)
        return tuple(made)

    def _one(self, node: Node) -> Node:
        match node:
            case Print(path=path, filters=filters) if self._is_link(path.name) and all(
                f.name == "default" for f in filters
            ):
                return Text(self.urls[path.name], node.at)
            case If(branches=branches, otherwise=otherwise):
                return replace(
                    node,
                    branches=tuple((condition, self._fixed(body)) for condition, body in branches),
                    otherwise=self._fixed(otherwise),
                )
            case For(body=body):
                return replace(node, body=self._fixed(body))
            case _:
                return node

    def _is_link(self, name: str) -> bool:
        return name in self.urls

    def keep(self, trees: Iterable[Tree]) -> None:
        """Forgets the links that none of these trees has, but for the way out: a token costs half a microsecond."""
        found = {Page.UNSUBSCRIBE} if self.pages else set()
        for tree in trees:
            found |= {Page(len(mark) - 1) for text in texts(tree.nodes) for mark in _MARK.findall(text.text)}
            found |= {page for page, name in NAMES.items() if name in tree.variables}
        self.pages = tuple(page for page in self.pages if page in found)

    def filler(self) -> Callable[[int], list[str]]:
        """From a position to the tokens of `pages`, in their order."""
        return self._links.maker(self.pages) if self._links else lambda seq: []

    def marked(self, tokens: Sequence[str]) -> dict[int, str]:
        """The tokens by the number of NULs that stand for them."""
        return {page + 1: token for page, token in zip(self.pages, tokens, strict=True)}

    def filled(self, text: str, tokens: Sequence[str]) -> str:
        """A text that is no body with its marks replaced."""
        if "\0" not in text:
            return text
        known = dict(zip(self.pages, tokens, strict=False))
        return _MARK.sub(lambda mark: known.get(Page(len(mark[0]) - 1), ""), text)
