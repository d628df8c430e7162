"""Compiles parsed templates for minijinja, and renders them under limits."""

from collections.abc import Mapping
from typing import Any

from minijinja import Environment, TemplateError

from homing.content import emit, filters
from homing.content.failure import RenderError
from homing.content.grammar import fail
from homing.content.recipient import LIST_LIMIT, Weight
from homing.content.tree import For, If, Node, Print, Text, Tree, searches

FUEL = 100_000
OUTPUT_LIMIT = 1024 * 1024
TEXT_BOUND = 8 * 1024 * 1024

_ENGINE_FILTERS = (
    *(
        "abs",
        "attr",
        "batch",
        "bool",
        "capitalize",
        "chain",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
    ),
    *(
        "float",
        "format",
        "groupby",
        "indent",
        "int",
        "items",
        "join",
        "last",
        "length",
        "lines",
        "list",
        "map",
        "max",
        "min",
    ),
    *(
        "pprint",
        "reject",
        "rejectattr",
        "replace",
        "reverse",
        "round",
        "safe",
        "select",
        "selectattr",
        "slice",
        "sort",
        "split",
    ),
    *(
        "string",
        "sum",
        "tojson",
        "unique",
        "urlencode",
        "zip",
        "random",
        "randrange",
        "center",
        "wordcount",
        "wordwrap",
        "striptags",
    ),
    *("xmlattr", "truncate", "filesizeformat", "urlize", "lipsum"),
)


class Engine:
    """One minijinja environment for one letter: no loader, no functions, four of its own filters and four of ours."""

    def __init__(self) -> None:
        self.words = emit.Vocabulary()
        self.weight = Weight()
        self.environment = Environment(
            debug=False, pycompat=False, fuel=FUEL, undefined_behavior="strict", keep_trailing_newline=True
        )
        for name in _ENGINE_FILTERS:
            self.environment.remove_filter(name)
        for name in list(self.environment.globals):
            self.environment.remove_global(name)
        for own in (filters.date, filters.number, filters.urlencode, filters.link):
            self.environment.add_filter(own.__name__, own)

    def compile(self, tree: Tree, *, html: bool = False, links: frozenset[int] = frozenset()) -> "Template":
        """A template of this engine. `html`: values are escaped; `links`: prints that begin a link.

        Raises Invalid when its loops hold too much text.
        """
        weight = weigh(tree.nodes)
        if weight.text > TEXT_BOUND:
            fail(
                tree.source,
                tree.where,
                0,
                f"the loops hold too much text: {LIST_LIMIT} turns would make more than 8 MB",
            )
        self.weight += weight
        name = f"{tree.where}.{'html' if html else 'txt'}"
        if not tree.constant:
            self.environment.add_template(name, emit.page(tree, self.words, links))
            self.environment.add_template(f"{name}.probe.txt", emit.probe(tree, self.words, links))
        return Template(self.environment, name, tree, links)


class Template:
    """One compiled template: subject, text, HTML or a header."""

    __slots__ = ("constant", "environment", "links", "name", "tree")

    def __init__(self, environment: Environment, name: str, tree: Tree, links: frozenset[int]) -> None:
        self.environment = environment
        self.links = links
        self.name = name
        self.tree = tree
        self.constant: str | None = (
            "".join(n.text for n in tree.nodes if isinstance(n, Text)) if tree.constant else None
        )

    def render(self, context: Mapping[str, Any]) -> str:
        """The text for a context that Lookup made. Raises RenderError."""
        if self.constant is not None:
            return self.constant
        try:
            text = self.environment.render_template(self.name, **context)
        except TemplateError as error:
            raise self._explained(error, context) from None
        if len(text) * 4 > OUTPUT_LIMIT and len(text.encode()) > OUTPUT_LIMIT:
            raise RenderError("too_long")
        return text

    def wanting(self, context: Mapping[str, Any]) -> str:
        """What this recipient lacks, in one pass: `-name;` absent without fallback, `?name;` fallback used, `0name;` empty.

        Raises RenderError when a value does not fit its filter.
        """
        if self.constant is not None:
            return ""
        try:
            return self.environment.render_template(f"{self.name}.probe.txt", **context)
        except TemplateError as error:
            raise engine_error(error) from None

    def _explained(self, error: TemplateError, context: Mapping[str, Any]) -> RenderError:
        if error.kind == "UndefinedError":
            for told in self.wanting(context).split(";"):
                if told.startswith("-"):
                    return RenderError("missing_variable", told[1:])
        return engine_error(error)


def engine_error(error: TemplateError) -> RenderError:
    """The engine's error in our words."""
    return RenderError({"OutOfFuel": "too_long", "InvalidOperation": "bad_comparison"}.get(error.kind, "bad_value"))


def weigh(nodes: tuple[Node, ...], looped: bool = False) -> Weight:
    total = Weight()
    for node in nodes:
        match node:
            case Text(text=text):
                total += Weight(text=len(text) * (LIST_LIMIT if looped else 1))
            case Print():
                total += Weight(looped=1) if looped else Weight(prints=1)
            case If(branches=branches, otherwise=otherwise):
                for condition, body in branches:
                    looks = searches(condition)  # each may go over a whole value, as printing does
                    total += Weight(looped=looks) if looped else Weight(prints=looks)
                    total += weigh(body, looped)
                total += weigh(otherwise, looped)
            case For(body=body):
                total += weigh(body, looped=True)
    return total
