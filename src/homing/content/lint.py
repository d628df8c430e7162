"""Looks at a letter before anybody gets it: sizes, links, images, the way out, the text part, what its readers lack.

Errors (`fail`) keep a campaign from starting unless a person insists; warnings are named and let it start.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from homing.content.letter import Letter
from homing.content.rehearsal import Rehearsal
from homing.content.scan import VALUE, Link, Seen, flat, scan, size
from homing.content.sender_line import split_mailbox
from homing.model.finding import FAIL, OK, WARN, Finding

CLIP = 102 * 1024
"""Bytes of HTML behind which Gmail cuts a message."""
_CLIP_NEAR = 92 * 1024
_BIG, _TOO_BIG = 10 * 1024 * 1024, 25 * 1024 * 1024
_MANY_LINKS, _MANY_IMAGES, _FEW_LETTERS = 60, 30, 40
_LONG_SUBJECT = 100
_SHOUTED = 12  # letters of a subject that are capitals, every one of them
_EXAMPLES = 3
_SHORTENERS = frozenset(
    ("bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly", "lnkd.in")
)
_FREE = frozenset(
    (
        *("gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "msn.com"),
        *("icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com"),
    )
)
_REFUSED_FILES = frozenset(
    (
        *("exe", "bat", "cmd", "com", "scr", "pif", "js", "jse", "vbs", "vbe", "wsf", "hta", "jar", "msi", "lnk"),
        *("cpl", "reg", "iso", "img", "ps1", "chm", "dll", "apk", "appx", "msc", "sys", "vhd"),
    )
)
_FOREIGN = re.compile(
    r"\*\|[A-Z][A-Z0-9_:]*\|\*|%%[A-Za-z_]+%%|%recipient\.\w+%|\[%[A-Za-z_]\w*%?\]|<%=|<<[A-Za-z_ ]+>>"
)
_IN_TEXT = re.compile(r"https?://\S+")
_DOMAIN_WORDS = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#].*)?", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def inspect(letter: Letter, rehearsal: Rehearsal | None = None) -> list[Finding]:
    """Every check of a letter, the errors first. `rehearsal`: the dry run over its audience, where it has one."""
    found = [*_size(letter), *_text(letter), *_subject(letter), *_from(letter), *_way_out(letter), *_files(letter)]
    html = letter.html
    if html is not None:
        markup = flat(html.tree.nodes)
        seen = scan(markup)
        found += [*_clip(size(html.tree.nodes)), *_links(seen, _own(letter)), *_images(seen), *_active(seen)]
    found += [*_foreign(letter), *(_readers(rehearsal) if rehearsal is not None else _variables(letter))]
    return _worst_first(found)


def of_readers(rehearsal: Rehearsal) -> list[Finding]:
    """What the dry run over an audience saw, the errors first."""
    return _worst_first(_readers(rehearsal))


def _worst_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda each: (FAIL, WARN, OK).index(each.verdict))


def _own(letter: Letter) -> str:
    """How links of ours begin."""
    links = letter.source.links
    return f"{links.base}/" if links is not None else "\0"


def _kilobytes(count: int) -> str:
    return f"{count / 1024:.0f} kB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def _size(letter: Letter) -> Iterator[Finding]:
    estimate = letter.size_estimate
    words = f"a message has about {_kilobytes(estimate)}"
    if estimate > _TOO_BIG:
        yield Finding("size", FAIL, f"{words}; most mailboxes refuse more than 25 MB", "link to large files instead")
    elif estimate > _BIG:
        yield Finding("size", WARN, f"{words}; some mailboxes refuse more than 10 MB", "link to large files instead")
    else:
        yield Finding("size", OK, words)


def _clip(count: int) -> Iterator[Finding]:
    words = f"the HTML has {_kilobytes(count)} of 102 kB"
    if count > CLIP:
        yield Finding(
            "clip", WARN, f"{words}: Gmail cuts it there, and the way out with it", "shorten it, or take styles out"
        )
    elif count > _CLIP_NEAR:
        yield Finding("clip", WARN, f"{words}: a little more and Gmail cuts it", "shorten it")
    else:
        yield Finding("clip", OK, words)


def _text(letter: Letter) -> Iterator[Finding]:
    words = flat(letter.text.tree.nodes).strip() if letter.text is not None else ""
    if not words:
        yield Finding("text", WARN, "the message has no text part", "write one, or put words into the HTML")
    elif letter.source.text:
        yield Finding("text", OK, "there is a text part")
        yield from _raw(_IN_TEXT.findall(words))
    else:
        yield Finding("text", OK, "the text part is made from the HTML")


def _subject(letter: Letter) -> Iterator[Finding]:
    subject = flat(letter.subject.tree.nodes).strip()
    letters = [each for each in subject if each.isalpha()]
    if len(subject) > _LONG_SUBJECT:
        words = f"the subject has {len(subject)} characters; mail programs show about 60"
        yield Finding("subject", WARN, words, "shorten it")
    elif len(letters) >= _SHOUTED and all(each.isupper() for each in letters):
        yield Finding("subject", WARN, "the subject is all capitals, as spam likes it", "write it in small letters")
    elif re.match(r"(re|fwd?|aw|wg)\s*:", subject, re.IGNORECASE):
        yield Finding("subject", WARN, "the subject looks like an answer, and this is none", "take the 'Re:' away")
    elif "!!" in subject:
        yield Finding("subject", WARN, "the subject has several exclamation marks", "one is enough")
    else:
        yield Finding("subject", OK, f"the subject has {len(subject)} characters")


def _from(letter: Letter) -> Iterator[Finding]:
    domain = split_mailbox(letter.source.from_)[1].rpartition("@")[2].lower()
    if domain in _FREE:
        words = f"From is an address of {domain}: other servers may not send for it, and receivers refuse what they do"
        yield Finding("from", WARN, words, "send from a domain of your own")


def _way_out(letter: Letter) -> Iterator[Finding]:
    """One click in the header (RFC 8058), and a link in the body that a person finds."""
    links, source = letter.source.links, letter.source
    if links is None:
        return
    named = {name.lower() for name, _ in source.headers}
    if "list-unsubscribe" in named and "list-unsubscribe-post" not in named:
        words = "your own List-Unsubscribe has no List-Unsubscribe-Post beside it: no one-click (RFC 8058)"
        yield Finding("one-click", WARN, words, "leave the header to Homing, or add the other")
    html, text = letter.html, letter.text
    body = html or text
    shown = flat(body.tree.nodes) if body is not None else ""
    if f"{links.base}/u/" in shown or f"{links.base}/p/" in shown:
        yield Finding("unsubscribe", OK, "there is a link to unsubscribe, and one click in the header")
    elif html is not None:
        words = "the HTML has no link to unsubscribe, and its footer is switched off"
        yield Finding("unsubscribe", FAIL, words, "put {{ unsubscribe_url }} into a link")
    else:
        words = "the text has no link to unsubscribe; only mail programs that show the header's offer a way out"
        yield Finding("unsubscribe", WARN, words, "end the text with {{ unsubscribe_url }}")
    parts = urlsplit(links.base)
    if parts.scheme != "https" or _is_private(parts.hostname or ""):
        words = f"links to unsubscribe lead to {links.base}, which readers may not reach"
        yield Finding("public url", WARN, words, "set HOMING_PUBLIC_URL to the https address of this server")


def _files(letter: Letter) -> Iterator[Finding]:
    bad = [f.filename for f in letter.source.attachments if f.filename.rpartition(".")[2].lower() in _REFUSED_FILES]
    if bad:
        words = f"mailboxes refuse a message with {_some(bad)} attached"
        yield Finding("attachments", FAIL, words, "link to it instead")


def _links(seen: Seen, own: str) -> Iterator[Finding]:
    others = [link for link in seen.links if not link.href.startswith(own)]
    links = [link for link in others if not link.href.startswith(VALUE)]
    broken = [link.href for link in links if _broken(link.href)]
    if broken:
        words = f"{len(broken)} of {len(others)} links lead nowhere for a reader: {_some(broken)}"
        yield Finding("links", FAIL, words, "write whole addresses, with https://")
    nowhere = [link.href for link in links if link.href in ("", "#")]
    if nowhere:
        yield Finding("links", WARN, f"{len(nowhere)} links are empty", "give them an address, or take them away")
    yield from _raw([link.href for link in links])
    yield from _wary(links)
    if len(others) > _MANY_LINKS:
        yield Finding("links", WARN, f"there are {len(others)} links, as in spam", "keep those that matter")
    elif not broken and not nowhere:
        yield Finding("links", OK, f"{len(others)} links")


def _raw(hrefs: Sequence[str]) -> Iterator[Finding]:
    """Values behind the question mark of a link that a space, & or + in them would break."""
    found = [each.replace(VALUE, "{{ ... }}") for each in hrefs if VALUE in each.partition("?")[2]]
    if found:
        words = f"a space, & or + in a value breaks a link: {_some(found)}"
        yield Finding("links", WARN, words, "write {{ name | urlencode }} in a link")


def _wary(links: Sequence[Link]) -> Iterator[Finding]:
    """Links that filters do not like."""
    hosts = {link.href: urlsplit(link.href).hostname or "" for link in links if not _broken(link.href)}
    short = [href for href, host in hosts.items() if host in _SHORTENERS]
    if short:
        yield Finding("links", WARN, f"filters distrust shortened links: {_some(short)}", "link to the page itself")
    plain = [href for href in hosts if href.lower().startswith("http:")]
    if plain:
        yield Finding("links", WARN, f"{len(plain)} links have no encryption: {_some(plain)}", "write https://")
    masked = [link for link in links if link.href in hosts and _is_masked(link, hosts[link.href])]
    if masked:
        words = f"'{_shortened(masked[0].words.strip())}' leads to {hosts[masked[0].href]}, as in phishing"
        yield Finding("links", WARN, words, "let the words of a link name no other address than its own")


def _broken(href: str) -> bool:
    """Whether a reader of mail cannot follow it."""
    if href.startswith(("#", VALUE)) or not href:
        return False
    if not _SCHEME.match(href):
        return True
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
    except ValueError:
        return True
    if parts.scheme in ("mailto", "tel", "sms"):
        return not href.partition(":")[2]
    if parts.scheme not in ("http", "https"):
        return True
    return VALUE not in host and (_is_private(host) or "." not in host or " " in href)


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _is_masked(link: Link, host: str) -> bool:
    shown = _DOMAIN_WORDS.fullmatch(link.words.strip())
    if shown is None or not host or VALUE in host:
        return False
    named = shown[1].lower()
    return ".".join(named.split(".")[-2:]) != ".".join(host.split(".")[-2:])


def _images(seen: Seen) -> Iterator[Finding]:
    if not seen.images:
        return
    mute = [src for src, alt in seen.images if alt is None]
    if mute:
        words = f"{len(mute)} of {len(seen.images)} images have no text for those who do not see them"
        yield Finding("images", WARN, words, 'give each an alt="...", an empty one where it only decorates')
    sources = [src for src, _ in seen.images if not src.startswith(VALUE)]
    hidden = [src for src in sources if src.startswith(("data:", "cid:"))]
    if hidden:
        yield Finding("images", WARN, "Gmail and others show no image that is built in", "put it on a server, by https")
    gone = [src for src in sources if src not in hidden and _broken(src)]
    if gone:
        yield Finding("images", FAIL, f"{len(gone)} images cannot be fetched: {_some(gone)}", "write whole addresses")
    if seen.letters < _FEW_LETTERS:
        yield Finding("images", WARN, "nearly all is images: many readers see nothing of it", "write words, too")
    elif len(seen.images) > _MANY_IMAGES:
        yield Finding("images", WARN, f"there are {len(seen.images)} images", "keep those that matter")
    elif not (mute or hidden or gone):
        yield Finding("images", OK, f"{len(seen.images)} images")


def _active(seen: Seen) -> Iterator[Finding]:
    if seen.active:
        named = ", ".join(f"<{tag}>" for tag in sorted(seen.active))
        yield Finding(
            "active", WARN, f"mail programs take {named} out, and filters dislike it", "link to a page instead"
        )


def _foreign(letter: Letter) -> Iterator[Finding]:
    shown = " ".join(flat(template.tree.nodes) for template in letter.templates)
    found = sorted(set(_FOREIGN.findall(shown)))
    if found:
        words = f"readers will see {_some(found)} as it stands: a variable of another program"
        yield Finding("variables", WARN, words, "write it as {{ name }}")


def _variables(letter: Letter) -> Iterator[Finding]:
    bare = sorted(letter.variables - letter.with_fallback - {"email"})
    if bare:
        words = f"without a fallback: {', '.join(bare)}; who lacks one is skipped"
        yield Finding("variables", WARN, words, f'write {{{{ {bare[0]} | default("...") }}}}')


def _readers(found: Rehearsal) -> Iterator[Finding]:
    """What the dry run over the audience saw."""
    if not found.total:
        yield Finding("audience", WARN, "nobody is in this audience yet", "import contacts, or choose another list")
        return
    everybody = found.failing == found.total
    for variable, count in found.missing.items():
        yield Finding(
            "variables",
            FAIL if everybody else WARN,
            f"{count} of {found.total} recipients have no '{variable}': they are skipped",
            f'give it a fallback: {{{{ {variable} | default("...") }}}}',
        )
    for variable, count in found.blank.items():
        yield Finding(
            "variables",
            WARN,
            f"{count} of {found.total} recipients have an empty '{variable}'",
            f'give it a fallback: {{{{ {variable} | default("...") }}}}',
        )
    for reason, count in found.reasons.items():
        if reason != "missing_variable":
            verdict = FAIL if everybody else WARN
            yield Finding(
                "message", verdict, f"{count} of {found.total} messages cannot be made: {reason}", "look at them"
            )
    if not found.failing:
        yield Finding("audience", OK, f"the message can be made for all {found.total}")


def _some(found: Sequence[str]) -> str:
    told = ", ".join(f"'{_shortened(each)}'" for each in found[:_EXAMPLES])
    return f"{told} and {len(found) - _EXAMPLES} more" if len(found) > _EXAMPLES else told


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
