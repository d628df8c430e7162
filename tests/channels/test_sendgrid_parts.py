"""What SendGrid is given is what the MIME message says: the standard library reads both sides."""

import json
from base64 import b64decode
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from homing.channels.sendgrid.parts import take_apart
from homing.channels.sendgrid.send import message
from homing.content.letter import Attachment, LetterSource, Recipient, compile_letter
from homing.model.courier import Parcel
from homing.model.ids import CampaignId, Key

NAMES = (
    "Ada", "Björn Ångström", "O'Brien, \"Q\" <x@y>", "名前 長い" * 12, "=?utf-8?q?not_encoded?=", "a\\b", "🚀" * 40, "",
    "Re: a: b", "  spaced  out ",
)  # fmt: skip


def built(name: str, **more: Any) -> bytes:
    source = LetterSource(
        subject="For {{ name | default('you') }}: ünïcode — and a subject that is long enough to be folded somewhere here",
        text="Dear {{ name | default('friend') }},\n.dot\nFrom here\n= equals \ttab \nüñí\n",
        html="<p>Dear <b>{{ name | default('friend') }}</b> — <a href='https://x.example/?a=1&b=2'>link</a></p>"
        + "<p>ñ</p>" * 50,
        from_='"Müller, Sons" <news@sender.test>',
        reply_to="Réply <r@sender.test>",
        headers=(
            ("List-Unsubscribe", "<https://h.example/u/{{ name | default('x') }}>"),
            ("X-Own", "é{{ name | default('x') }}"),
        ),
        campaign_uid="01920000-0000-7000-8000-000000000007",
        **more,
    )
    return compile_letter(source).build(Recipient(3, "to@example.test", name, {"name": name}), 1_790_000_000_000)


def read(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=SMTP.clone(utf8=True))
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_are_what_the_standard_library_reads(name: str) -> None:
    data = built(name)
    parts, mail = take_apart(data), read(data)
    assert parts.header("subject") == str(mail["Subject"]).strip()
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert parts.text == text.get_content().replace("\r\n", "\n")
    assert parts.html == html.get_content().replace("\r\n", "\n")
    for header in ("Message-ID", "X-Homing-Delivery", "List-Unsubscribe", "X-Own"):
        assert parts.header(header.lower()) == str(mail[header]).strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_request_names_the_people_as_the_mail_does(name: str) -> None:
    told = message(Parcel(Key(CampaignId(1), 3, 2), "to@example.test", "news@sender.test", built(name)))
    assert told["from"] == {"email": "news@sender.test", "name": "Müller, Sons"}
    assert told["reply_to"] == {"email": "r@sender.test", "name": "Réply"}
    (person,) = told["personalizations"]
    assert person["to"][0]["email"] == "to@example.test"
    assert person["to"][0].get("name", "") == name.strip()  # the standard library adds spaces between encoded words
    assert person["custom_args"] == {"homing_attempt": "01920000-0000-7000-8000-000000000007/3/2"}
    lowered = {header.lower() for header in told["headers"]}
    assert {"message-id", "list-unsubscribe", "x-homing-delivery", "x-own"} <= lowered
    assert not lowered & {"from", "to", "subject", "content-type", "mime-version", "date", "dkim-signature"}
    assert all(not setting["enable"] for setting in told["tracking_settings"].values())
    json.dumps(told, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "filename", ["plain.pdf", "Ünïcode — a very long name that must be folded into pieces, " * 3, 'q"uo\\te.txt']
)
def test_attachments_keep_their_names_and_their_bytes(filename: str) -> None:
    content = bytes(range(256)) * 40
    told = message(
        Parcel(
            Key(CampaignId(1), 3, 2),
            "to@example.test",
            "",
            built("Ada", attachments=(Attachment(filename, "application/pdf", content),)),
        )
    )
    (file,) = told["attachments"]
    assert file["filename"] == filename.strip().replace("/", "_").replace("\\", "_")
    assert (file["type"], b64decode(file["content"])) == ("application/pdf", content)
    assert [part["type"] for part in told["content"]] == ["text/plain", "text/html"]


def test_one_body_alone_is_one_part() -> None:
    source = LetterSource(subject="s", text="only text", from_="a@b.test", campaign_uid="c-1")
    data = compile_letter(source).build(Recipient(1, "t@e.test", "", {}), 0)
    parts = take_apart(data)
    assert parts.text is not None
    assert (parts.text.strip(), parts.html, parts.files) == ("only text", None, [])
