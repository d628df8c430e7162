"""The hot path: subject and bodies of one message in one rendering, of which only what varies is encoded."""

from collections.abc import Mapping
from typing import Any

from minijinja import TemplateError

from homing.content import emit, quoted
from homing.content.failure import RenderError
from homing.content.template import OUTPUT_LIMIT, Template, engine_error, weigh

CRLF = "\r\n"
_NONE: Mapping[int, str] = {}
_NEAR_LIMIT = OUTPUT_LIMIT // 8  # characters: escaping and UTF-8 cannot make more than the limit of fewer


class Wire:
    """One template made of all: `subject NUL text LF token-of-middle LF html`, with tokens for runs of fixed lines.

    Tokens and the separator hold NUL, which neither sources nor values can (grammar.py, recipient.py). What comes out
    is what the single templates give, encoded: the tests hold the two against each other. `linked`: there are marks of
    links (slots.py) in it.
    """

    def __init__(
        self,
        words: emit.Vocabulary,
        subject: Template,
        text: Template | None,
        middle: str,
        html: Template | None,
        *,
        linked: bool = False,
    ) -> None:
        self._templates = [template for template in (subject, text, html) if template is not None]
        self._lines = quoted.Lines()
        self.heavy = sum(weigh(template.tree.nodes).text for template in self._templates) > _NEAR_LIMIT
        parts = [self._source(words, part) for part in (text, html) if part is not None]
        between = f"\n{self._lines.keep(middle.removesuffix(CRLF).encode())}\n"
        source = f"{emit.page(subject.tree, words)}\0{between.join(parts)}"
        self._environment = subject.environment
        self._environment.add_template("wire.txt", source)
        probes = (emit.probe(t.tree, words, t.links) for t in self._templates)
        self._environment.add_template("wire.probe.txt", "".join(probes))
        self._inline = linked
        constant = all(t.constant is not None for t in self._templates)
        self._same = self._rendered({}) if constant else None  # what is rendered alike for all
        self._fixed = None if self._same is None or linked else self._encoded(self._same)

    def _source(self, words: emit.Vocabulary, part: Template) -> str:
        source = emit.wire(part.tree, words, part.links, lambda run: self._lines.keep(quoted.encode_lines(run)))
        return f'{{% autoescape "html" %}}{source}{{% endautoescape %}}' if part.name.endswith(".html") else source

    def render(self, context: Mapping[str, Any], tokens: Mapping[int, str] = _NONE) -> tuple[str, bytes, bool]:
        """The subject as text, the bodies as quoted-printable lines with what stands between them, and whether one of these
        lines begins with a dot. `tokens`: what stands for the marks of links. Raises RenderError."""
        if self._fixed is not None:
            return self._fixed
        if tokens:
            self._lines.fill(tokens)
        if self._same is not None:
            return self._encoded(self._same)
        try:
            text = self._rendered(context)
        except TemplateError as error:
            if error.kind != "OutOfFuel":
                self._render_singly(context)  # tells which part and which variable
            raise RenderError("too_long") from None
        if self.heavy or len(text) > _NEAR_LIMIT:
            self._render_singly(context)
        return self._encoded(text)

    def wanting(self, context: Mapping[str, Any]) -> str:
        """As Template.wanting, of all parts in one pass."""
        if self._same is not None:
            return ""
        try:
            return self._environment.render_template("wire.probe.txt", **context)
        except TemplateError as error:
            raise engine_error(error) from None

    def _rendered(self, context: Mapping[str, Any]) -> str:
        return self._environment.render_template("wire.txt", **context)

    def _encoded(self, text: str) -> tuple[str, bytes, bool]:
        subject, _, body = text.partition("\0")
        return subject, *quoted.encode(body, self._lines, inline=self._inline)

    def _render_singly(self, context: Mapping[str, Any]) -> None:
        for template in self._templates:
            template.render(context)

    @property
    def fixed_size(self) -> int:
        """Bytes of what is fixed."""
        return self._lines.size
