"""The parsed form of a template: the few nodes that our grammar knows."""

from collections.abc import Iterator
from dataclasses import dataclass

Scalar = str | int | float


@dataclass(frozen=True, slots=True)
class Path:
    """A variable: `city` or `company.name`. `at`: offset in the source."""

    root: str
    keys: tuple[str, ...] = ()
    at: int = 0

    @property
    def name(self) -> str:
        return ".".join((self.root, *self.keys))


@dataclass(frozen=True, slots=True)
class Literal:
    value: Scalar


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    args: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`, op one of == != in."""

    op: str
    left: "Path | Literal"
    right: "Path | Literal"


@dataclass(frozen=True, slots=True)
class Not:
    what: "Condition"


@dataclass(frozen=True, slots=True)
class Both:
    """`and` or `or` over its parts; `word` says which."""

    word: str
    parts: "tuple[Condition, ...]"


Condition = Path | Literal | Compare | Not | Both


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Print:
    """`{{ path | filter | ... }}`"""

    path: Path
    filters: tuple[Filter, ...] = ()
    at: int = 0

    @property
    def fallback(self) -> Scalar | None:
        """What `default(...)` gives when the value is absent or empty; None: no fallback."""
        return next((f.args[0] for f in self.filters if f.name == "default"), None)

    @property
    def encoded(self) -> bool:
        """Whether it fits into a link, whatever the value is."""
        return any(f.name == "urlencode" for f in self.filters)


@dataclass(frozen=True, slots=True)
class If:
    branches: "tuple[tuple[Condition, tuple[Node, ...]], ...]"
    otherwise: "tuple[Node, ...]" = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class For:
    item: str
    over: Path
    body: "tuple[Node, ...]"
    at: int = 0


Node = Text | Print | If | For


@dataclass(frozen=True, slots=True)
class Tree:
    """One parsed template. `where`: what it is (subject, text, html, ...), for messages."""

    nodes: tuple[Node, ...]
    source: str
    where: str
    tags: tuple[tuple[int, int], ...] = ()  # where each {{ }}, {% %} and {# #} begins and ends in the source

    @property
    def constant(self) -> bool:
        """Whether every rendering is the same text."""
        return all(isinstance(node, Text) for node in self.nodes)

    @property
    def variables(self) -> frozenset[str]:
        """Names of all variables used, loop variables left out."""
        return frozenset(name for name, _ in self.uses())

    @property
    def with_fallback(self) -> frozenset[str]:
        """Variables that have a `default` wherever they are printed."""
        bare = {name for name, covered in self.uses() if not covered}
        return frozenset(name for name, covered in self.uses() if covered and name not in bare)

    def fallbacks(self) -> Iterator[tuple[str, str]]:
        """(variable, text) of every `default`, in reading order."""
        yield from _fallbacks(self.nodes)

    def uses(self) -> Iterator[tuple[str, bool]]:
        """(name, whether absence is covered) of every use; conditions and loops count as covered."""
        yield from _uses(self.nodes, frozenset())


def _uses(nodes: tuple[Node, ...], bound: frozenset[str]) -> Iterator[tuple[str, bool]]:
    for node in nodes:
        match node:
            case Print(path=path) if path.root not in bound:
                yield path.name, node.fallback is not None
            case If(branches=branches, otherwise=otherwise):
                for condition, body in branches:
                    yield from ((p.name, True) for p in paths_of(condition) if p.root not in bound)
                    yield from _uses(body, bound)
                yield from _uses(otherwise, bound)
            case For(item=item, over=over, body=body):
                yield over.name, True
                yield from _uses(body, bound | {item, "loop"})
            case _:
                pass


def texts(nodes: tuple[Node, ...]) -> Iterator[Text]:
    """Every piece of fixed text, in reading order."""
    for node in nodes:
        match node:
            case Text():
                yield node
            case If(branches=branches, otherwise=otherwise):
                for body in (*(body for _, body in branches), otherwise):
                    yield from texts(body)
            case For(body=body):
                yield from texts(body)
            case _:
                pass


def _fallbacks(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        match node:
            case Print() if node.fallback is not None:
                yield node.path.name, str(node.fallback)
            case If(branches=branches, otherwise=otherwise):
                for body in (*(body for _, body in branches), otherwise):
                    yield from _fallbacks(body)
            case For(body=body):
                yield from _fallbacks(body)
            case _:
                pass


def searches(condition: Condition) -> int:
    """How often a condition looks for one value in another."""
    match condition:
        case Compare(op="in"):
            return 1
        case Not(what=what):
            return searches(what)
        case Both(parts=parts):
            return sum(map(searches, parts))
        case _:
            return 0


def paths_of(condition: Condition) -> Iterator[Path]:
    """Every path that a condition looks at."""
    match condition:
        case Path():
            yield condition
        case Compare(left=left, right=right):
            yield from (side for side in (left, right) if isinstance(side, Path))
        case Not(what=what):
            yield from paths_of(what)
        case Both(parts=parts):
            for part in parts:
                yield from paths_of(part)
        case Literal():
            pass
