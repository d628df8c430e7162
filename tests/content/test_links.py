"""Links in letters: whole after every encoding, of this delivery and of no other."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest

from homing.content.footer import with_footer
from homing.content.letter import Letter, LetterSource, Recipient, compile_letter
from homing.content.links import Links, Page, read, read_bounce
from homing.model.errors import Invalid

UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
LINKS = Links((b"n" * 32, b"o" * 32), "https://mail.example.net")
OF = LINKS.of(7, UID)
ADA = Recipient(3, "ada@example.net", "Ada", {"city": "Köln"})
HTML = (
    "<body>\n<p>ü{{ city }}"
    + "x" * 60
    + ' <a href="{{ unsubscribe_url }}">out</a> <a href="{{ view_url }}">v</a></p>\n</body>'
)


def letter(html: str = HTML, **more: Any) -> Letter:
    given = {"from_": "Shop <shop@example.org>", "campaign_uid": UID, "links": OF, "bounce_domain": "b.example.org"}
    return compile_letter(LetterSource("Hi", None, html, **(given | more)))


def read_mail(raw: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert all(len(line) <= 76 for line in raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))
    return parsed


def html_of(raw: bytes) -> str:
    return next(str(p.get_content()) for p in read_mail(raw).walk() if p.get_content_type() == "text/html")


def url(page: Page, seq: int = 3) -> str:
    return OF.url(page, OF.token(page, seq))


@pytest.mark.parametrize("before", range(0, 80, 7))
def test_no_soft_break_cuts_a_link(before: int) -> None:
    one = '<body>\n<p>YY<a href="{{ unsubscribe_url }}">out</a></p>\n<p>YYé{{ city }} '
    one += '<a href="{{ preferences_url }}">p</a> <a href="{{ view_url }}">v</a></p>\n</body>'
    one = one.replace("YY", "y" * before)
    made = letter(one)
    for seq in (3, 4):
        shown = html_of(made.build(ADA._replace(seq=seq), 0))
        assert f'href="{url(Page.UNSUBSCRIBE, seq)}"' in shown
        assert f'href="{url(Page.PREFERENCES, seq)}"' in shown
        assert f'href="{url(Page.VIEW, seq)}"' in shown


def test_a_message_can_be_left_with_one_click() -> None:
    """RFC 8058: both headers, and the link of this very delivery."""
    mail = read_mail(letter(feedback_id="c7:w1:bulk:homing1", list_id="l1.example.org").build(ADA, 0))
    assert url(Page.UNSUBSCRIBE) in mail["List-Unsubscribe"]
    assert f"<mailto:u+{OF.token(Page.UNSUBSCRIBE, 3)}@b.example.org?subject=unsubscribe>" in mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Feedback-ID"] == "c7:w1:bulk:homing1"
    assert mail["List-Id"] == "<l1.example.org>"


def test_a_campaigns_own_header_stands_alone() -> None:
    mail = read_mail(letter(headers=(("List-Unsubscribe", "<{{ unsubscribe_url }}?own>"),)).build(ADA, 0))
    assert mail.get_all("List-Unsubscribe") == [f"<{url(Page.UNSUBSCRIBE)}?own>"]
    assert mail["List-Unsubscribe-Post"] is None


def test_a_body_without_a_way_out_gets_one_and_one_with_it_does_not() -> None:
    assert url(Page.UNSUBSCRIBE) in html_of(letter("<p>Hi</p>").build(ADA, 0))
    assert url(Page.VIEW) in html_of(letter("<BODY><p>Hi</p></BODY>").build(ADA, 0))
    assert "Unsubscribe" not in html_of(letter("<p>Hi</p>", footer=False).build(ADA, 0))
    assert with_footer("{% if unsubscribe_url %}x{% endif %}") == "{% if unsubscribe_url %}x{% endif %}"
    text = read_mail(letter("<p>Hi</p>").build(ADA, 0)).get_body(("plain",))
    assert text is not None
    assert url(Page.UNSUBSCRIBE) in text.get_content()


def test_without_links_their_names_are_variables_like_any_other() -> None:
    made = letter(links=None)
    assert {"unsubscribe_url", "view_url"} <= made.variables
    assert "List-Unsubscribe" not in read_mail(
        made.build(ADA._replace(fields={"city": "x", "unsubscribe_url": "https://a", "view_url": "https://b"}), 0)
    )


def test_the_same_delivery_gives_the_same_bytes_in_another_process() -> None:
    assert letter().build(ADA, 0) == letter().build(ADA, 0)


def test_what_a_person_reads_has_the_links_too() -> None:
    assert url(Page.UNSUBSCRIBE) in (letter().render(ADA).html or "")


def test_a_link_may_stand_in_a_condition_or_a_loop() -> None:
    shown = html_of(
        letter('<body>{% if city %}\n<a href="{{ unsubscribe_url }}">x</a>\n{% endif %}</body>').build(ADA, 0)
    )
    assert url(Page.UNSUBSCRIBE) in shown


def test_a_subject_holds_no_link() -> None:
    with pytest.raises(Invalid, match="subject"):
        compile_letter(LetterSource("s {{ unsubscribe_url }}", "t", from_="a@example.org", campaign_uid=UID, links=OF))


def test_a_token_fits_its_page_its_delivery_and_its_campaign_alone() -> None:
    claim = read(OF.token(Page.VIEW, 3))
    assert claim is not None
    assert (claim.campaign_id, claim.seq) == (7, 3)
    assert LINKS.fits(claim, Page.VIEW, UID)
    assert not LINKS.fits(claim, Page.UNSUBSCRIBE, UID)
    assert not LINKS.fits(claim._replace(seq=4), Page.VIEW, UID)
    assert not LINKS.fits(claim, Page.VIEW, UID.replace("a", "b"))
    older = Links((b"o" * 32,), "").of(7, UID).token(Page.VIEW, 3)
    assert LINKS.fits(read(older) or claim, Page.VIEW, UID)  # keys keep their predecessors: links do not expire
    for wrong in ("", "A" * 27, "A" * 29, "ä" * 28, "*" * 28):
        assert read(wrong) is None


def test_a_bounce_address_survives_a_server_that_changes_its_case() -> None:
    address = OF.envelope("b.example.org")(3, 2)
    local, _, domain = address.partition("@")
    assert domain == "b.example.org"
    assert len(local) <= 64
    for spelt in (local, local.upper()):
        bounce = read_bounce(spelt)
        assert bounce is not None
        assert bounce[:3] == (7, 3, 2)
        assert LINKS.fits_bounce(bounce, UID)
        assert not LINKS.fits_bounce(bounce._replace(attempt=1), UID)
    assert read_bounce("b+" + "a" * 31) is None
    assert read_bounce("b+" + "1" * 32) is None
    assert letter().envelope(3, 2) == address
    assert letter(bounce_domain="").envelope(3, 2) == "shop@example.org"


def test_a_template_that_cannot_be_read_is_still_refused() -> None:
    with pytest.raises(Invalid):
        letter("<p>{{ unsubscribe_url | nothing }}</p>")
