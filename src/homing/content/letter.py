"""One campaign's letter: compiled once, then built for each recipient as complete wire bytes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homing.content import headers
from homing.content.dkim import Plan, Signer, body_hash, signed_fields
from homing.content.footer import with_footer
from homing.content.grammar import parse, parse_line
from homing.content.links import CampaignLinks, Page
from homing.content.markup import check as check_markup
from homing.content.markup import with_preheader
from homing.content.mime import ATTACHMENTS_LIMIT, Attachment, check_attachments, skeleton
from homing.content.mould import mould_of
from homing.content.plaintext import text_template
from homing.content.recipient import Lookup, Recipient
from homing.content.sender_line import envelope_from, message_id, split_mailbox
from homing.content.slots import SAMPLE, Slots, mark_of
from homing.content.template import Engine, Template
from homing.content.tracking import tracked
from homing.content.tree import Tree
from homing.content.wire import Wire
from homing.model.courier import only_crlf
from homing.model.errors import Fault, Invalid

__all__ = ["Attachment", "Letter", "LetterSource", "Recipient", "compile_letter", "envelope_from", "message_id"]

_OURS = frozenset(
    {
        *(
            "from",
            "to",
            "cc",
            "bcc",
            "subject",
            "date",
            "message-id",
            "mime-version",
            "reply-to",
            "sender",
            "return-path",
        ),
        *("received", "dkim-signature", "x-homing-delivery", "list-id"),
    }
)
"""Headers that this package writes, or that only servers may write; also content-*, resent-* and arc-*."""
_HEADERS_LIMIT = 50


@dataclass(frozen=True, slots=True)
class LetterSource:
    """What a campaign says, before compiling. subject, preheader, text, html and the values of headers are templates."""

    subject: str
    text: str | None = None
    html: str | None = None
    from_: str = ""  # "Name <a@b>" or "a@b"
    reply_to: str | None = None
    preheader: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    campaign_uid: str = ""
    campaign_name: str = ""
    list_id: str | None = None
    sender_name: str = ""
    common: Mapping[str, Any] = field(default_factory=dict)  # variables for all; a recipient's own win
    attachments_limit: int = field(default=ATTACHMENTS_LIMIT, kw_only=True)  # bytes of all files together
    links: CampaignLinks | None = None  # of the recipient: out, preferences, view; None: a message that has none
    footer: bool = True  # an HTML body without a way out gets one
    tracking: tuple[str, ...] = ()  # opens, clicks: only what the campaign asks for, and only with `links`
    feedback_id: str | None = None
    signers: tuple[Signer, ...] = ()  # who sign each message (DKIM)
    bounce_domain: str = ""  # where bounces come back to, each by an address of its own attempt (VERP)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one recipient will read."""

    subject: str
    text: str | None
    html: str | None


def compile_letter(source: LetterSource) -> "Letter":
    """Compiles a campaign's letter. Raises Invalid (code `template`) whose faults name the part, the place and the cure."""
    return Letter(source)


class Letter:
    """A compiled letter. Building is deterministic: the same recipient and time give the same bytes.

    Not for use by several threads at once.
    """

    def __init__(self, source: LetterSource) -> None:
        _check(source)
        self.source = source
        self._common = source.common
        self._slots = Slots(source.links)
        self._engine = Engine()
        self.html, self.text = self._bodies(source)
        self.subject = self._engine.compile(parse_line(source.subject, "subject"))
        if self._slots.urls.keys() & self.subject.tree.variables:
            _refuse("subject", "a link of the recipient cannot stand in the subject")
        self._second, self._second_text = -1, ""  # the Date header of the last second
        self._own = self._own_headers(source)
        bodies = [body for body in (self.text, self.html) if body]
        templates = [self.subject, *bodies, *(template for _, template in self._own)]
        self.templates: tuple[Template, ...] = tuple(templates)
        constants: dict[tuple[str, ...], str] = {("campaign", "name"): source.campaign_name}
        constants["sender", "name"] = source.sender_name
        constants |= {(name,): url for name, url in self._slots.urls.items()}
        self._constants = constants
        self.lookup = Lookup(self._engine.words, constants, self._engine.weight)
        self._compile_skeleton(source)

    @property
    def variables(self) -> frozenset[str]:
        """Names of all variables that the letter uses."""
        return frozenset().union(*(template.tree.variables for template in self.templates))

    @property
    def with_fallback(self) -> frozenset[str]:
        """Those of them that have a fallback wherever they are printed."""
        uses = [use for template in self.templates for use in template.tree.uses()]
        return self.variables - {name for name, covered in uses if not covered}

    @property
    def size_estimate(self) -> int:
        """About how many bytes one message has (RFC 1870): fixed text, attachments, 40 bytes for each value."""
        return self._fixed_size + 40 * sum(len(template.tree.tags) for template in self.templates)

    def message_id(self, seq: int) -> str:
        """The Message-ID of the delivery `seq`, the same for every attempt."""
        return f"<{self._id_before}{seq}{self._id_after}>"

    def render(self, recipient: Recipient) -> Rendered:
        """The texts alone, as a person would read them. Raises RenderError."""
        context = self._context(recipient)
        tokens = self._tokens(recipient.seq)

        def filled(template: Template | None) -> str | None:
            return self._slots.filled(template.render(context), tokens) if template else None

        return Rendered(filled(self.subject) or "", filled(self.text), filled(self.html))

    def build(self, recipient: Recipient, now_ms: int) -> bytes:
        """The whole message: CRLF lines, not dot-stuffed, ends with CRLF; 7-bit but for a non-ASCII local part (RFC 6532).

        `now_ms`: wall time for the Date header. Raises RenderError.
        """
        return self.write(recipient, now_ms)[0]

    def write(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """As `build`, and whether it is known to be clean (model.courier.Parcel): what is fixed was looked at once."""
        message, clean = self.draft(recipient, now_ms)
        return (self.sign(message, now_ms) if self.source.signers else message), clean

    def draft(self, recipient: Recipient, now_ms: int) -> tuple[bytes, bool]:
        """As `write`, without signatures."""
        seq = recipient.seq
        if self._common:
            recipient = self._with_common(recipient)
        tokens = self._tokens(seq)
        marked = self._slots.marked(tokens)
        cast = self.mould.cast(recipient, marked) if self.mould is not None else None
        subject, body, dotted = cast or self._wire.render(self.lookup.context(recipient), marked)
        own = self._leave_line(tokens)
        if self._own:
            own += self._own_lines(recipient, tokens)
        to = headers.mailbox("To", recipient.name, headers.address(recipient.address, "To"))
        varied = f"{to}{self._subject_line or headers.line('Subject', subject)}{own}"
        head = (
            f"{self._from_line}{varied}Date: {self._date(now_ms)}\r\nMessage-ID: <{self._id_before}{seq}{self._id_after}>\r\n"
            f"X-Homing-Delivery: {self._uid}/{seq}\r\n{self._opening}"
        )
        end = self._end if self._closing or body[-2:] != b"\r\n" else b""
        clean = not dotted and self._clean_frame and only_crlf(varied.encode())
        return b"%b%b%b" % (head.encode(), body, end), clean

    @property
    def signs(self) -> bool:
        """Whether a message has to be signed when it is written."""
        return bool(self.source.signers)

    def sign(self, message: bytes, now_ms: int) -> bytes:
        """A message that `draft` wrote, with its signatures in front. May be called by several threads at once."""
        start, end = self._before, message.find(b"\r\n\r\n") + 2 - self._fixed_head
        varied, digest = signed_fields(message[start:end].decode()), body_hash(message)
        return b"".join(plan.header(varied, digest, now_ms) for plan in self._plans) + message

    def _plan_signatures(self) -> tuple[Plan, ...]:
        """Of each signer, the last one's in front: From and what stands behind the Date is alike in all messages."""
        head = self._opening.partition("\r\n\r\n")[0] + "\r\n"
        self._before, self._fixed_head = len(self._from_line.encode()), len(head.encode())
        names = [*("To", "Subject", "Date", "Message-ID"), *(name for name, _ in self._own)]
        sample = self._leave_line(SAMPLE) + "".join(f"{name}: x\r\n" for name in names)
        fixed, varied = signed_fields(f"{self._from_line}{head}"), tuple(signed_fields(sample))
        return tuple(Plan(signer, fixed, varied) for signer in reversed(self.source.signers))

    def _own_lines(self, recipient: Recipient, tokens: list[str]) -> str:
        context = self.lookup.context(recipient)
        return "".join(
            headers.line(name, self._slots.filled(template.render(context), tokens)) for name, template in self._own
        )

    def _with_common(self, recipient: Recipient) -> Recipient:
        return recipient._replace(fields={**self._common, **recipient.fields})

    @property
    def returns(self) -> bool:
        """Whether bounces come back by an address of their own."""
        return self._bounce is not None

    def envelope(self, seq: int, attempt: int) -> str:
        """The address of MAIL FROM for one attempt: of its own where bounces have a domain, else that of From."""
        return self._bounce(seq, attempt) if self._bounce is not None else self.envelope_from

    def _context(self, recipient: Recipient) -> dict[str, Any]:
        return self.lookup.context(self._with_common(recipient) if self._common else recipient)

    def wanting(self, recipient: Recipient) -> str:
        """What this recipient lacks, without building: `-name;` absent, `?name;` fallback used, `0name;` empty.

        Raises RenderError for what would fail for another reason than a missing variable.
        """
        context = self._context(recipient)
        headers.mailbox("To", recipient.name, headers.address(recipient.address, "To"))
        told = self._wire.wanting(context)
        if "-" not in told:
            headers.checked(self.subject.render(context), "Subject")
        for name, template in self._own:
            told += template.wanting(context)
            if "-" not in told:
                headers.checked(self._slots.filled(template.render(context), SAMPLE), name)
        return told

    def fallbacks(self) -> dict[str, str]:
        """Variable -> the text that stands for it when it is absent or empty (of several, the first)."""
        found: dict[str, str] = {}
        for template in self.templates:
            for name, text in template.tree.fallbacks():
                found.setdefault(name, text)
        return found

    def _date(self, now_ms: int) -> str:
        second = now_ms // 1000
        if second != self._second:
            self._second, self._second_text = second, headers.date(second)
        return self._second_text

    # compiling

    def _bodies(self, source: LetterSource) -> tuple[Template | None, Template | None]:
        html = text = None
        markup = with_footer(source.html) if source.html and source.links and source.footer else source.html
        if markup:
            tree = self._fix(parse(markup, "html"))
            links = check_markup(tree)
            if source.preheader:
                tree = with_preheader(tree, self._fix(parse_line(source.preheader, "preheader")))
            if source.tracking and source.links:
                tree = tracked(tree, source.links, source.tracking)
            html = self._engine.compile(tree, html=True, links=links)
        if source.text:
            text = self._engine.compile(self._fix(parse(source.text, "text")))
        elif markup:
            text = self._engine.compile(self._fix(parse(text_template(parse(markup, "html")), "text")))
        return html, text

    def _fix(self, tree: Tree) -> Tree:
        return self._slots.fix(tree)

    def _own_headers(self, source: LetterSource) -> tuple[tuple[str, Template], ...]:
        return tuple(
            (name, self._engine.compile(self._fix(parse_line(value, f"headers/{n}"))))
            for n, (name, value) in enumerate(source.headers)
        )

    def _compile_skeleton(self, source: LetterSource) -> None:
        display, bare = split_mailbox(source.from_)
        self._uid = source.campaign_uid
        self._from_line = headers.mailbox("From", display, bare)
        self._id_before, self._id_after = f"{self._uid}.", f"@{bare.rpartition('@')[2]}"
        self.envelope_from = bare
        self._subject_line = "" if self.subject.constant is None else headers.line("Subject", self.subject.constant)
        links = source.links
        self._slots.keep(template.tree for template in self.templates)
        self._tokens = self._slots.filler()
        self._bounce = links.envelope(source.bounce_domain) if links and source.bounce_domain else None
        self._leave_line = _way_out(source, self._slots)
        fixed = "MIME-Version: 1.0\r\n"
        if source.reply_to:
            fixed = headers.mailbox("Reply-To", *split_mailbox(source.reply_to, "reply_to")) + fixed
        if source.list_id:
            fixed = headers.line("List-Id", source.list_id if "<" in source.list_id else f"<{source.list_id}>") + fixed
        if source.feedback_id and not _names(source, "feedback-id"):
            fixed = headers.line("Feedback-ID", source.feedback_id) + fixed
        frame = skeleton(
            self._uid, text=self.text is not None, html=self.html is not None, attachments=source.attachments
        )
        self._opening, self._closing = fixed + frame.opening, frame.closing
        self._end = b"\r\n" + self._closing
        frame_bytes = f"{self._from_line}{self._opening}".encode() + self._closing
        self._clean_frame = only_crlf(frame_bytes) and b"\r\n." not in frame_bytes
        self._plans = self._plan_signatures()
        linked = bool(self._slots.pages)
        self._wire = Wire(self._engine.words, self.subject, self.text, frame.middle, self.html, linked=linked)
        bodies = [body for body in (self.text, self.html) if body]
        self.mould = None if self._wire.heavy else mould_of(self.subject, bodies, frame.middle, self._constants)
        self._fixed_size = 600 + len(self._opening) + self._wire.fixed_size + len(self._closing)


def _names(source: LetterSource, header: str) -> bool:
    """Whether the campaign writes this header itself."""
    return any(name.lower() == header for name, _ in source.headers)


def _way_out(source: LetterSource, slots: Slots) -> Callable[[list[str]], str]:
    """From a message's tokens to its headers for leaving with one click (RFC 2369, RFC 8058)."""
    word = mark_of(Page.UNSUBSCRIBE)
    if source.links is None or not slots.pages or _names(source, "list-unsubscribe"):
        return lambda tokens: ""
    mail = f",\r\n <mailto:u+{word}@{source.bounce_domain}?subject=unsubscribe>" if source.bounce_domain else ""
    pieces = (
        f"List-Unsubscribe: <{source.links.url(Page.UNSUBSCRIBE, word)}>{mail}\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    ).split(word)
    return lambda tokens: tokens[0].join(pieces)


def _check(source: LetterSource) -> None:
    """What needs no compiling. Raises Invalid."""
    if not (source.text and source.text.strip()) and not (source.html and source.html.strip()):
        _refuse("text", "the letter is empty; give a text or an HTML body")
    if not source.subject.strip():
        _refuse("subject", "the subject is empty")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", source.campaign_uid):
        _refuse("campaign_uid", "the campaign's id has letters, digits and hyphens only")
    check_attachments(source.attachments, source.attachments_limit)
    if source.list_id and not re.fullmatch(r"[!-~ ]{1,255}", source.list_id):
        _refuse("list_id", "the list's id is printable ASCII, as in news.example.org")
    _check_headers(source.headers)


def _check_headers(own: tuple[tuple[str, str], ...]) -> None:
    if len(own) > _HEADERS_LIMIT:
        _refuse("headers", f"at most {_HEADERS_LIMIT} headers")
    for number, (name, _) in enumerate(own):
        lowered = name.lower()
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,69}", name):
            _refuse(f"headers/{number}", "a header's name has letters, digits and hyphens only")
        if lowered in _OURS or lowered.startswith(("content-", "resent-", "arc-")):
            _refuse(f"headers/{number}", f"the header {name} is written by Homing or by mail servers; remove it")


def _refuse(where: str, detail: str) -> None:
    raise Invalid(f"{where}: {detail}", faults=(Fault(f"/{where}", detail),), code="template")
