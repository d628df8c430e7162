"""Opens and clicks in a letter that asks for them, and nothing of them in one that does not."""

import email
import email.policy
import re
from typing import Any

import pytest

from homing.content.letter import Letter, LetterSource, Recipient, compile_letter
from homing.content.links import Links, Page, read

UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
BASE = "https://mail.example.net"
LINKS = Links((b"k" * 32,), BASE)
HTML = (
    '<head><link href="https://shop.example/style.css"></head><body><p>Hi {{ name }}</p>\n'
    '<a class="b" href="https://shop.example/a?x=1&amp;y=ü">A</a>\n'
    '{% if vip %}<a href="https://shop.example/vip">V</a>{% endif %}\n'
    '<a href="https://shop.example/{{ city }}">own</a> <a href="mailto:a@b.example">mail</a>\n'
    '<a href="{{ unsubscribe_url }}">leave</a></body>'
)
TRACKED = re.compile(r"https://mail\.example\.net/t/([A-Za-z0-9_-]{28})(?:/([A-Za-z0-9_-]+))?")


def letter(*tracking: str, html: str = HTML, **more: Any) -> Letter:
    given = {
        "subject": "News",
        "text": "News: https://shop.example/a",
        "html": html,
        "from_": "Shop <shop@example.org>",
    }
    links = LINKS.of(1, UID)
    return compile_letter(LetterSource(**(given | more), campaign_uid=UID, links=links, tracking=tracking))


def parts(of: Letter, seq: int = 7, **fields: Any) -> tuple[str, str]:
    raw = of.build(Recipient(seq, "ada@example.net", "Ada", {"city": "Köln", **fields}), 0)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def test_nothing_is_tracked_unless_the_campaign_asks() -> None:
    text, html = parts(letter())
    assert not TRACKED.search(text + html)
    assert "/t/" not in html


def test_clicks_lead_over_our_server_and_keep_their_target() -> None:
    text, html = parts(letter("clicks"), vip=1)
    found = TRACKED.findall(html)
    assert [LINKS.target(signed, UID) for _, signed in found] == [
        "https://shop.example/a?x=1&y=ü",
        "https://shop.example/vip",
    ]
    for token, _ in found:
        claim = read(token)
        assert claim is not None
        assert (claim.campaign_id, claim.seq) == (1, 7)
        assert LINKS.fits(claim, Page.TRACK, UID)
        assert not LINKS.fits(claim, Page.UNSUBSCRIBE, UID), "who sees a mail may not unsubscribe its reader"
    for kept in ("https://shop.example/style.css", "https://shop.example/K", "mailto:", f"{BASE}/u/"):
        assert kept in html
    assert not TRACKED.search(text)


@pytest.mark.parametrize("html", [HTML, "<p>Hi {{ name }}", "<p>{{ name }}</p>{% if vip %}x{% endif %}", "{{ name }}"])
def test_opens_are_told_by_one_pixel_of_our_own(html: str) -> None:
    _, made = parts(letter("opens", html=html))
    found = TRACKED.findall(made)
    assert [signed for _, signed in found] == [""]
    if "</body>" in html:
        assert made.index("/t/") < made.index("</body>")


def test_a_target_that_was_not_signed_for_this_campaign_is_none() -> None:
    signed = LINKS.of(1, UID).signed("https://shop.example/")
    assert LINKS.target(signed, UID) == "https://shop.example/"
    assert LINKS.target(signed, UID.replace("a", "b")) is None
    changed = signed[:-2] + ("A" if signed[-2] != "A" else "B") + signed[-1]
    for wrong in (changed, signed[:-4], "", "x", "ü", "A" * 2_000, LINKS.of(1, UID).signed("javascript:alert(1)")):
        assert LINKS.target(wrong, UID) is None


def test_the_quick_way_and_the_long_way_give_the_same() -> None:
    """The mould (values that fit) against the engine (values that do not)."""
    one = letter(
        "clicks", "opens", html=HTML.replace("{% if vip %}", "").replace("{% endif %}", "").replace("{{ city }}", "c")
    )
    assert one.mould is not None
    assert one.mould.cast(Recipient(7, "a@b.example", "Ada"), {1: "", 2: "", 3: "", 4: ""}) is not None
    quick = parts(one)[1]
    long = one.build(Recipient(7, "ada@example.net", "A" * 60), 0).replace(b"=\r\n", b"")
    assert one.mould.cast(Recipient(7, "ada@example.net", "A" * 60)) is None
    assert {token for token, _ in TRACKED.findall(quick)} == {token for token, _ in TRACKED.findall(long.decode())}
    assert len(TRACKED.findall(quick)) == len(TRACKED.findall(long.decode())) == 4
