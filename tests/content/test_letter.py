"""Whole messages, read back with the standard library as the oracle."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from homing.content.failure import RenderError
from homing.content.letter import Attachment, Letter, LetterSource, Recipient, compile_letter, envelope_from, message_id
from homing.model.courier import only_crlf
from homing.model.errors import Invalid

UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
NOW = 1_700_000_000_123
ADA = Recipient(7, "ada@example.net", "Ada Lovelace", {"city": "Köln"})
HTML = (
    "<!doctype html>\n<body>\n"
    + "<p>A fixed line with = and ü.</p>\n" * 5
    + "<p>{{ city }} {% if vip %}\nVIP\n{% endif %}</p>\n</body>\n"
)


def letter(**changes: Any) -> Letter:
    given: dict[str, Any] = {"subject": "News for {{ city }}", "text": "Dear {{ name }},\nnews.\n", "html": HTML}
    given |= {"from_": "Shop <shop@example.org>", "campaign_uid": UID, "campaign_name": "Spring", "sender_name": "main"}
    return compile_letter(LetterSource(**(given | changes)))


def read(message: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not any(part.defects for part in parsed.walk())
    return parsed


def content(message: EmailMessage, subtype: str) -> str:
    part = next(p for p in message.walk() if p.get_content_type() == f"text/{subtype}")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def is_wire_clean(message: bytes) -> bool:
    lines = message.removesuffix(b"\r\n").split(b"\r\n")
    head = lines.index(b"")
    bare = any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    return (
        message.endswith(b"\r\n")
        and not bare
        and all(len(line) <= 76 for line in lines[head:])
        and max(map(len, lines)) <= 998
    )


def test_a_letter_has_all_its_headers_once() -> None:
    parsed = read(letter(reply_to="help@example.org", list_id="news.example.org").build(ADA, NOW))
    assert parsed["From"] == "Shop <shop@example.org>"
    assert parsed["To"] == "Ada Lovelace <ada@example.net>"
    assert parsed["Reply-To"] == "help@example.org"
    assert parsed["Subject"] == "News for Köln"
    assert parsed["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000"
    assert parsed["Message-ID"] == message_id(UID, 7, "Shop <shop@example.org>") == f"<{UID}.7@example.org>"
    assert parsed["X-Homing-Delivery"] == f"{UID}/7"
    assert parsed["MIME-Version"] == "1.0"
    assert parsed["List-Id"] == "<news.example.org>"
    assert parsed.get_content_type() == "multipart/alternative"
    assert len(parsed.keys()) == len({key.lower() for key in parsed})
    assert "Cc" not in parsed
    assert "Bcc" not in parsed


def test_the_message_id_is_the_same_for_every_attempt_and_no_other_delivery() -> None:
    one = letter()
    first, later = read(one.build(ADA, NOW)), read(letter().build(ADA, NOW + 3_600_000))
    assert first["Message-ID"] == later["Message-ID"] == one.message_id(7)
    assert first["Date"] != later["Date"]
    assert one.message_id(8) != one.message_id(7)


def test_the_same_source_recipient_and_time_give_the_same_bytes() -> None:
    assert letter().build(ADA, NOW) == letter().build(ADA, NOW)


@pytest.mark.parametrize("vip", [True, False])
def test_what_arrives_is_what_was_rendered(vip: bool) -> None:
    person = Recipient(1, "a@example.net", "", {"city": "Zürich", "vip": vip, "name": "Z"})
    one = letter()
    message, rendered = one.build(person, NOW), one.render(person)
    assert is_wire_clean(message)
    assert message.isascii()
    assert content(read(message), "html") == rendered.html
    assert content(read(message), "plain") == rendered.text
    assert "Zürich" in str(rendered.html)


def test_a_text_alone_is_one_part() -> None:
    message = letter(html=None).build(ADA, NOW)
    parsed = read(message)
    assert is_wire_clean(message)
    assert parsed.get_content_type() == "text/plain"
    assert content(parsed, "plain") == "Dear Ada Lovelace,\nnews.\n"


def test_html_alone_gets_a_plain_text_part_with_its_links_and_tags() -> None:
    html = (
        "<html><head><title>no</title><style>p{}</style></head><body><h1>News</h1><p>Dear&nbsp;{{ name }},   see "
        "<a href='https://e.org/{{ city }}'>our page</a>.</p>{% if vip %}<p>Only for you</p>{% endif %}"
        "<ul><li>one</li><li>two</li></ul>&#123;&#123; x }}</body></html>"
    )
    one = letter(html=html, text=None)
    assert one.render(ADA).text == (
        "News\n\nDear Ada Lovelace, see our page (https://e.org/Köln).\n\n- one\n- two\n\n{ { x }}\n"
    )
    assert "Only for you" in str(one.render(Recipient(1, "a@b.c", "N", {"city": "x", "vip": 1})).text)


def test_the_preheader_stands_hidden_at_the_beginning_of_the_body() -> None:
    html = content(read(letter(preheader="1 < 2 in {{ city }}").build(ADA, NOW)), "html")
    start = html.index("<body>")
    assert html[start:].startswith('<body><div style="display:none')
    assert "1 &lt; 2 in Köln</div>\n" in html


def test_attachments_arrive_byte_for_byte() -> None:
    files = (
        Attachment("a.bin", "application/octet-stream", bytes(range(256)) * 10),
        Attachment('Größe "1".pdf', "application/pdf", b""),
        Attachment("x" * 100 + ".txt", "text/plain", b"one\r\ntwo\nthree"),
    )
    message = letter(attachments=files).build(ADA, NOW)
    parsed = read(message)
    assert is_wire_clean(message)
    assert parsed.get_content_type() == "multipart/mixed"
    found = [(p.get_filename(), p.get_content_type(), p.get_payload(decode=True)) for p in parsed.iter_attachments()]
    assert found == [(f.filename, f.content_type, f.content) for f in files]
    assert content(parsed, "plain") == "Dear Ada Lovelace,\nnews.\n"


def test_attachments_over_the_limit_are_refused() -> None:
    with pytest.raises(Invalid, match="at most 1 MB"):
        letter(attachments=(Attachment("a", "a/b", b"x" * 1_048_577),), attachments_limit=1_048_576)
    for kind in ("message/rfc822", "multipart/mixed", "pdf", "a/b; x=y", "a/b\r\nX: y"):
        with pytest.raises(Invalid, match="type of an attachment"):
            letter(attachments=(Attachment("a", kind, b""),))
    with pytest.raises(Invalid):
        letter(attachments=(Attachment("a\r\nb", "a/b", b""),))


def test_the_size_estimate_is_near_the_truth() -> None:
    one = letter(attachments=(Attachment("a", "a/b", b"x" * 50_000),))
    size = len(one.build(ADA, NOW))
    assert size * 0.9 < one.size_estimate < size * 1.2


def test_domains_become_a_labels_and_other_local_parts_stay_as_they_are() -> None:
    one = letter(from_="Käse <kaese@käse.example>")
    assert one.envelope_from == envelope_from("Käse <kaese@käse.example>") == "kaese@xn--kse-qla.example"
    assert one.message_id(1).endswith("@xn--kse-qla.example>")
    message = one.build(Recipient(1, "jörg@straße.example", "J", {"city": "x"}), NOW)
    assert "To: J <jörg@xn--strae-oqa.example>\r\n".encode() in message
    assert one.build(Recipient(1, "joerg@straße.example", "J", {"city": "x"}), NOW).isascii()


def test_headers_of_the_campaign_are_templates_too() -> None:
    url = "https://example.org/u/" + "x" * 90
    one = letter(
        headers=(("X-City", "{{ city }} ü"), ("List-Unsubscribe", f"<{url}/{{{{ email }}}}>, <mailto:u@example.org>"))
    )
    parsed = read(one.build(ADA, NOW))
    assert parsed["X-City"] == "Köln ü"
    assert parsed["List-Unsubscribe"] == f"<{url}/ada@example.net>, <mailto:u@example.org>"


@pytest.mark.parametrize(
    "name", ["To", "bcc", "Subject", "Content-Type", "X Y", "X:", "X\r\nY", "Resent-To", "DKIM-Signature", ""]
)
def test_a_header_that_is_not_the_campaigns_to_set_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        letter(headers=((name, "x"),))
    assert caught.value.faults[0].pointer == "/headers/0"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"from_": "nobody"}, "/from"),
        ({"from_": "A <a@b.c>\r\nBcc: x@y.z"}, "/from"),
        ({"from_": "A\r\nX: y <a@b.c>"}, "/from"),
        ({"reply_to": "a b@c"}, "/reply_to"),
        ({"subject": " "}, "/subject"),
        ({"subject": "{{ x"}, "/subject"),
        ({"text": None, "html": ""}, "/text"),
        ({"html": "<a href={{ x }}>"}, "/html"),
        ({"preheader": "{% x %}"}, "/preheader"),
        ({"campaign_uid": "a\nb"}, "/campaign_uid"),
        ({"headers": (("X-A", "a\r\nb"),)}, "/headers/0"),
        ({"subject": "a\r\nBcc: x@y.z"}, "/subject"),
        ({"list_id": "a\nb"}, "/list_id"),
    ],
)
def test_what_is_wrong_with_a_letter_is_told_with_its_place(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        letter(**changes)
    assert caught.value.faults[0].pointer == pointer


# the door

EVIL = st.text(st.sampled_from('\r\n\0\t\x0b\x85\u2028\ud800 :;,"\\<>@=?_()aZ0ü€😀'), max_size=90) | st.text(
    max_size=60
)
DOOR = ("\r", "\n", "\0")


def is_refused_at_the_door(value: str) -> bool:
    return any(c in value for c in DOOR) or any("\ud800" <= c <= "\udfff" for c in value)


def build(one: Letter, person: Recipient) -> bytes | None:
    try:
        return one.build(person, NOW)
    except RenderError as error:
        assert error.reason in ("unsafe_header", "bad_text", "bad_address", "missing_variable")
        return None


@settings(deadline=None)
@given(value=EVIL)
def test_no_subject_breaks_out_of_its_header(value: str) -> None:
    message = build(letter(subject="{{ x }}", text="t", html=None), Recipient(1, "a@example.net", "", {"x": value}))
    assert (message is None) == is_refused_at_the_door(value)
    if message is not None:
        assert is_wire_clean(message)
        parsed = read(message)
        assert "".join(str(parsed["Subject"]).split()) == "".join(value.split())
        assert len(parsed.keys()) == 9


@settings(deadline=None)
@given(value=EVIL)
def test_no_name_breaks_out_of_the_to_line(value: str) -> None:
    message = build(letter(subject="s", text="t", html=None), Recipient(1, "a@example.net", value))
    assert (message is None) == is_refused_at_the_door(value)
    if message is not None:
        assert is_wire_clean(message)
        (to,) = read(message)["To"].addresses
        assert to.addr_spec == "a@example.net"
        assert "".join(to.display_name.split()) == "".join(value.split())


@settings(deadline=None)
@given(value=EVIL)
def test_no_address_breaks_out_of_the_to_line(value: str) -> None:
    message = build(letter(subject="s", text="t", html=None), Recipient(1, f"{value}@example.net"))
    if message is not None:
        assert is_wire_clean(message)
        parsed = read(message)
        assert len(parsed.keys()) == 9
        assert len(parsed["To"].addresses) == 1
        assert not is_refused_at_the_door(value)


@settings(deadline=None)
@given(value=EVIL)
def test_no_header_of_the_campaign_can_be_broken_by_a_value(value: str) -> None:
    one = letter(subject="s", text="t", html=None, headers=(("X-Own", "a {{ x }} b"),))
    message = build(one, Recipient(1, "a@example.net", "", {"x": value}))
    assert (message is None) == is_refused_at_the_door(value)
    if message is not None:
        assert is_wire_clean(message)
        parsed = read(message)
        assert "".join(str(parsed["X-Own"]).split()) == "".join(f"a{value}b".split())
        assert len(parsed.keys()) == 10


@settings(deadline=None)
@given(value=EVIL)
def test_constant_headers_pass_the_same_door(value: str) -> None:
    for changes in (
        {"from_": f"{value} <a@example.org>"},
        {"reply_to": f"{value} <a@example.org>"},
        {"list_id": value or "x"},
    ):
        try:
            one = letter(subject="s", text="t", html=None, **changes)
        except Invalid:
            continue
        assert not is_refused_at_the_door(value.strip())
        message = one.build(ADA, NOW)
        assert is_wire_clean(message)
        assert len(read(message).keys()) <= 10


@settings(deadline=None)
@given(value=EVIL)
def test_no_file_name_breaks_out_of_its_part(value: str) -> None:
    try:
        one = letter(subject="s", text="t", html=None, attachments=(Attachment(value, "a/b", b"x"),))
    except Invalid:
        assume(value)
        return
    message = one.build(ADA, NOW)
    assert is_wire_clean(message)
    (file,) = read(message).iter_attachments()
    assert sorted(file.keys()) == ["Content-Disposition", "Content-Transfer-Encoding", "Content-Type"]
    assert file.get_payload(decode=True) == b"x"


VALUE = st.text(st.sampled_from(" .=\r\n<&'\"aü"), max_size=90)
LINE = st.text(st.sampled_from(" .=\t-üß€😀abcdefgh\x85\u2028\x0c"), max_size=120)


@settings(deadline=None)
@example(value="a\rb\r\nc\n<i>&", fixed=["one", "x" * 50], vip=True)
@given(value=st.text(max_size=200) | VALUE, fixed=st.lists(LINE, max_size=12), vip=st.booleans())
def test_bodies_survive_the_wire_exactly(value: str, fixed: list[str], vip: bool) -> None:
    lines = "\n".join(fixed)
    source = f"{lines}\n{{{{ x }}}}{lines}\n{{% if vip %}}\n{lines}\n{lines}\n{{% else %}}{lines}{{% endif %}}{lines}"
    assume("{" not in lines)
    one = letter(text=source, html=source, subject="s")
    person = Recipient(1, "a@example.net", "", {"x": value, "vip": vip})
    message = build(one, person)
    if message is None:
        assert "\0" in value or is_refused_at_the_door(value)
        return
    assert is_wire_clean(message)
    assert not one.write(person, NOW)[1] or b"\r\n." not in message
    rendered, parsed = one.render(person), read(message)
    unified = {"text": str(rendered.text), "html": str(rendered.html)}
    unified = {kind: text.replace("\r\n", "\n").replace("\r", "\n") for kind, text in unified.items()}
    assert content(parsed, "plain") == unified["text"]
    assert content(parsed, "html") == unified["html"]


def test_the_short_way_to_the_wire_gives_what_the_long_way_gives() -> None:
    """EMAIL section 1, rule 6: what a letter calls clean is what a look at every byte finds clean, dots at line ends included."""
    for text in (
        ".\n",
        "a\n.b\n",
        "x {{ name }}\n.\n",
        ".{{ name }}",
        "{{ name }}\n",
        "\n" + "a" * 75 + ".b {{ name }}\n",
    ):
        for name in ("Ada", ".", "\n.", ".\r\n.\r\n", "a" * 75 + "."):
            body, clean = letter(text=text, html=None).write(
                Recipient(1, "a@example.net", "", {"name": name, "city": "K"}), NOW
            )
            assert only_crlf(body)
            assert clean == (b"\r\n." not in body)
