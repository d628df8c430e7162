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


def test_what_cannot_be_said_is_found_before_the_start() -> None:
    with pytest.raises(Invalid):
        Chat(ChatSource(" "[:0]))
    with pytest.raises(RenderError):
        made(ChatSource("x" * 4097))
    found = rehearse(Chat(ChatSource("Hi {{ nickname }}")), [NIMAL])
    assert dict(found.missing) == {"nickname": 1}
    assert Chat(ChatSource("Hi {{ nickname | default('friend') }}")).fallbacks() == {"nickname": "friend"}
