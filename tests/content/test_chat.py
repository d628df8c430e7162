"""A WhatsApp message: text, a file with its caption, an approved template."""

import json

import pytest

from homing.content.chat import Chat, ChatSource
from homing.content.failure import RenderError
from homing.content.recipient import Recipient
from homing.content.rehearsal import rehearse
from homing.model.errors import Invalid

NIMAL = Recipient(1, "+94711234567", "Nimal", {"city": "Galle"})


def made(source: ChatSource, of: Recipient = NIMAL) -> dict[str, object]:
    found: dict[str, object] = json.loads(Chat(source).build(of, 0))
    assert found.pop("delivery") == "/1"
    return found


def test_a_text_has_the_recipients_own_values() -> None:
    assert made(ChatSource("Hello {{ name }} of {{ city }}, {{ phone }}")) == {
        "text": "Hello Nimal of Galle, +94711234567"
    }


def test_a_file_carries_its_caption() -> None:
    found = made(ChatSource("For {{ name }}", media=("offer.pdf", "application/pdf")))
    assert found == {
        "media": {"position": 0, "mime": "application/pdf", "filename": "offer.pdf", "caption": "For Nimal"}
    }


def test_an_approved_template_has_its_variables_in_order() -> None:
    told = {"name": "offer", "language": "en_US", "body": ["{{ name }}", "{{ city }}"]}
    assert made(ChatSource(template=told)) == {
        "template": {
            "name": "offer",
            "language": "en_US",
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "Nimal"}, {"type": "text", "text": "Galle"}]}
            ],
        }
    }


def button(place: int, kind: str, value: str) -> dict[str, object]:
    return {"place": place, "kind": kind, "value": value}


def test_buttons_and_a_place_have_their_values_as_whatsapp_names_them() -> None:
    buttons = [button(1, "url", "to/{{ city }}?who={{ name }}"), button(2, "quick_reply", "yes {{ city }}")]
    buttons.append(button(4, "copy_code", "{{ city | upper }}"))
    place = {"latitude": "6.03", "longitude": "80.22", "name": "Shop of {{ city }}", "address": None}
    told = {"name": "offer", "language": "en", "body": ["{{ name }}"], "location": place, "buttons": buttons}
    found = made(ChatSource(template=told), Recipient(1, "+94711234567", "Nimal P.", {"city": "Galle"}))["template"]
    shown = {"latitude": "6.03", "longitude": "80.22", "name": "Shop of Galle"}
    part = lambda index, kind, name, value: {  # noqa: E731
        "type": "button", "sub_type": kind, "index": index, "parameters": [{"type": name, name: value}]
    }  # fmt: skip
    assert found["components"] == [  # type: ignore[index]
        {"type": "header", "parameters": [{"type": "location", "location": shown}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Nimal P."}]},
        part("0", "url", "text", "to/Galle?who=Nimal%20P."),
        part("1", "quick_reply", "payload", "yes Galle"),
        part("3", "copy_code", "coupon_code", "GALLE"),
    ]
    assert Chat(ChatSource(template=told)).variables == {"name", "city"}


@pytest.mark.parametrize("wrong", ["", "north", "91", "nan", "inf", "-90.1"])
def test_a_place_is_where_numbers_can_be(wrong: str) -> None:
    told = {"name": "offer", "location": {"latitude": "{{ at }}", "longitude": "80.22"}}
    with pytest.raises(RenderError, match="not_a_number: latitude"):
        made(ChatSource(template=told), Recipient(1, "+94711234567", "Nimal", {"at": wrong}))


def test_a_button_without_its_value_is_not_sent() -> None:
    told = {"name": "offer", "buttons": [button(1, "url", "{{ code }}")]}
    with pytest.raises(RenderError, match="empty"):
        made(ChatSource(template=told), Recipient(1, "+94711234567", "Nimal", {"code": " "}))


def test_what_cannot_be_said_is_found_before_the_start() -> None:
    with pytest.raises(Invalid):
        Chat(ChatSource(" "[:0]))
    with pytest.raises(RenderError):
        made(ChatSource("x" * 4097))
    found = rehearse(Chat(ChatSource("Hi {{ nickname }}")), [NIMAL])
    assert dict(found.missing) == {"nickname": 1}
    assert Chat(ChatSource("Hi {{ nickname | default('friend') }}")).fallbacks() == {"nickname": "friend"}
