"""What the engine gets: source written anew from the tree, so that nothing reaches it that our grammar does not know.

Paths are looked up in Python and reach the engine as flat names, so it sees scalars and no objects:
    v3   the value; not passed when absent: printing it is then an error (strict)
    s3   the same value, "" when absent: for conditions and values with a fallback
    l3   the same as a list, empty when absent: for loops
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from homing.content.tree import (
    Both,
    Compare,
    Condition,
    Filter,
    For,
    If,
    Literal,
    Node,
    Not,
    Path,
    Print,
    Scalar,
    Text,
    Tree,
)


@dataclass(slots=True)
class Vocabulary:
    """The flat names of one letter's variables, shared by its templates."""

    paths: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)  # path -> kind -> flat name
    count: int = 0

    def flat(self, kind: str, path: Path) -> str:
        """The flat name of a path; `kind` is v, s or l."""
        names = self.paths.setdefault((path.root, *path.keys), {})
        if kind not in names:
            self.count += 1
            names[kind] = f"{kind}{self.count}"
        return names[kind]


def page(tree: Tree, words: Vocabulary, links: frozenset[int] = frozenset()) -> str:
    """The source that renders `tree`. `links`: ids of the prints that begin a link."""
    return _Writer(words, links).nodes(tree.nodes, "")


def wire(tree: Tree, words: Vocabulary, links: frozenset[int], keep: Callable[[str], str]) -> str:
    """As `page`, but runs of whole fixed lines are handed to `keep`, and the line that it gives stands for them.

    So a message's fixed lines are neither rendered nor encoded again for each recipient.
    """
    return _Wirer(words, links, keep, tree).nodes(tree.nodes, "")


def probe(tree: Tree, words: Vocabulary, links: frozenset[int] = frozenset()) -> str:
    """A source that goes the same ways but prints what is wanting: `-name;` absent, `?name;` fallback used, `0name;` empty."""
    return _Prober(words, links).nodes(tree.nodes, "")


class _Writer:
    def __init__(self, words: Vocabulary, links: frozenset[int]) -> None:
        self.words = words
        self.links = links

    def nodes(self, nodes: tuple[Node, ...], item: str) -> str:
        return "".join(self.node(node, item) for node in nodes)

    def node(self, node: Node, item: str) -> str:
        match node:
            case Text(text=text):
                return self.text(text)
            case Print():
                return self.print(node, item)
            case If():
                return self.choice(node, item)
            case For():
                over = self.words.flat("l", node.over)
                return f"{{% for item in {over} %}}{self.nodes(node.body, node.item)}{{% endfor %}}"

    def text(self, text: str) -> str:
        # a brace left at the end would join the next tag's braces
        return text[:-1] + '{{ "{" }}' if text.endswith("{") else text

    def print(self, node: Print, item: str) -> str:
        return f"{{{{ {self.linked(self.value(node, item), node)} }}}}"

    def linked(self, value: str, node: Print) -> str:
        return f"({value})|link({_quoted(node.path.name)})" if id(node) in self.links else value

    def value(self, node: Print, item: str) -> str:
        covered = node.fallback is not None
        text = self.safe(node.path, item) if covered else self.bare(node.path, item)
        for used in node.filters:
            text = self.filtered(text, used, node.path.name)
        return text

    def filtered(self, value: str, used: Filter, variable: str) -> str:
        match used.name, used.args:
            case "default", (fallback,):
                return f'({value} if {value} != "" else {_quoted(fallback)})'
            case "date", args:
                return f"({value})|date({_quoted(args[0] if args else '%Y-%m-%d')}, {_quoted(variable)})"
            case "number", args:
                defaults: tuple[Scalar, ...] = (-1, ",", ".")
                decimals, thousands, point = args + defaults[len(args) :]
                return f"({value})|number({decimals}, {_quoted(thousands)}, {_quoted(point)}, {_quoted(variable)})"
            case name, _:
                return f"({value})|{name}"

    def choice(self, node: If, item: str) -> str:
        text = "".join(
            f"{{% {'elif' if n else 'if'} {self.condition(condition, item)} %}}{self.nodes(body, item)}"
            for n, (condition, body) in enumerate(node.branches)
        )
        if node.otherwise:
            text += "{% else %}" + self.nodes(node.otherwise, item)
        return text + "{% endif %}"

    def condition(self, condition: Condition, item: str) -> str:
        match condition:
            case Path():
                return self.safe(condition, item)
            case Literal(value=value):
                return _quoted(value)
            case Compare(op=op, left=left, right=right):
                return f"({self.condition(left, item)} {op} {self.condition(right, item)})"
            case Not(what=what):
                return f"(not {self.condition(what, item)})"
            case Both(word=word, parts=parts):
                return "(" + f" {word} ".join(self.condition(part, item) for part in parts) + ")"

    def bare(self, path: Path, item: str) -> str:
        """The value; an error when absent."""
        if item and path.root == "loop":
            return f"loop.{path.keys[0]}"
        return _inside(path.keys) if item and path.root == item else self.words.flat("v", path)

    def safe(self, path: Path, item: str) -> str:
        """The value; empty when absent."""
        if item and path.root == "loop":
            return f"loop.{path.keys[0]}"
        if not (item and path.root == item):
            return self.words.flat("s", path)
        there = self.there(path)
        return f'({_inside(path.keys)} if {there} else "")' if there else "item"

    def there(self, path: Path) -> str:
        """The condition under which an item's part exists."""
        return " and ".join(f"{_inside(path.keys[:n])} is defined" for n in range(1, len(path.keys) + 1))


class _Wirer(_Writer):
    def __init__(self, words: Vocabulary, links: frozenset[int], keep: Callable[[str], str], tree: Tree) -> None:
        super().__init__(words, links)
        self.keep = keep
        self.opening = tree.nodes[0] if tree.nodes else None
        self.closing = tree.nodes[-1] if tree.nodes else None

    def node(self, node: Node, item: str) -> str:
        return self.lines(node) if isinstance(node, Text) else super().node(node, item)

    def lines(self, node: Text) -> str:
        """Between the first line end and the last are whole lines; at either end of the part, the line there is one too."""
        text = node.text
        start = 0 if node is self.opening else text.find("\n") + 1
        end = len(text) if node is self.closing else text.rfind("\n")
        if end - start < 40 or (start == 0 and node is not self.opening):
            return self.text(text)
        return text[:start] + self.keep(text[start:end]) + self.text(text[end:])


class _Prober(_Writer):
    def text(self, text: str) -> str:
        return ""

    def print(self, node: Print, item: str) -> str:
        if item and node.path.root == "loop":
            return ""
        name, safe = node.path.name, self.safe(node.path, item)
        if node.fallback is not None:
            told = f'{{% if {safe} == "" %}}?{name};{{% endif %}}'
        else:
            missing = (
                self.there(node.path) if item and node.path.root == item else f"{self.bare(node.path, item)} is defined"
            )
            told = f'{{% if not ({missing or "true"}) %}}-{name};{{% elif {safe} == "" %}}0{name};{{% endif %}}'
        if id(node) in self.links or any(f.name in ("date", "number") for f in node.filters):
            filters = node.filters if node.fallback is not None else (*node.filters, Filter("default", ("",)))
            covered = Print(node.path, filters, node.at)
            value = self.linked(self.value(covered, item), node)
            told += f'{{% if ({value}) == "" %}}{{% endif %}}'
        return told


def _inside(keys: tuple[str, ...]) -> str:
    return "item" + "".join(f"[{key if key.isdigit() else _quoted(key)}]" for key in keys)


def _quoted(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
