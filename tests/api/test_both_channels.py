"""A draft over both channels as the composer writes it: who gets which, both previews, files, and the way in and out."""

from typing import Any

from tests.api.conftest import Api

CHAT = {"text": "Hi {{ first_name }}"}
BODY: dict[str, Any] = {
    "name": "Both",
    "channel": "mixed",
    "audience": {"all": True},
    "subject": "For {{ name }}",
    "text": "Dear {{ name }}",
    "whatsapp": CHAT,
    "prefer": ["email", "whatsapp"],
}
PICTURE = {"Content-Type": "image/png"}


def people(api: Api) -> None:
    api.post("/contacts", {"email": "ada@example.org", "name": "Ada Lovelace"})
    api.post("/contacts", {"phone": "+94711234567", "name": "Nimal Perera"})
    api.post("/contacts", {"email": "both@example.org", "phone": "+94711234568", "name": "Both B."})


def attach(api: Api, uid: str, name: str, channel: str) -> int:
    place = f"/campaigns/{uid}/attachments?filename={name}&channel={channel}"
    return api.ask("POST", place, content=b"\x89PNG", headers=PICTURE).status_code


def files(api: Api, uid: str) -> list[tuple[str, str]]:
    found = api.get(f"/campaigns/{uid}").json()["attachments"]
    return [(each["filename"], each.get("channel", "only")) for each in found]


def test_who_would_get_it_by_which_channel_is_counted_before_there_is_a_campaign(api: Api) -> None:
    people(api)
    ask: dict[str, Any] = {"all": True, "channel": "mixed"}
    told = api.post("/audience/count", ask).json()
    assert told == {
        "total": 3,
        "without_address": 0,
        "suppressed": 0,
        "reachable": 3,
        "by": {"whatsapp": 2, "email": 1},
    }
    told = api.post("/audience/count", {**ask, "prefer": ["email", "whatsapp"]}).json()
    assert told["by"] == {"email": 2, "whatsapp": 1}
    assert api.post("/audience/count", {**ask, "prefer": ["email"]}).status_code == 422


def test_each_of_its_messages_is_shown_to_the_first_who_gets_it_by_that_channel(api: Api) -> None:
    """Asked for no channel it was read as the JSON of a chat, and failed."""
    people(api)
    uid = api.post("/campaigns", BODY).json()["id"]
    mail = api.get(f"/campaigns/{uid}/preview").json()
    assert (mail["to"], mail["subject"]) == ("Ada Lovelace <ada@example.org>", "For Ada Lovelace")
    assert api.get(f"/campaigns/{uid}/preview?channel=email").json() == mail
    assert api.get(f"/campaigns/{uid}/preview?channel=whatsapp").json()["text"] == "Hi Nimal"
    assert api.get(f"/campaigns/{uid}/preview.html").status_code == 200
    alone = api.post("/campaigns", {**BODY, "channel": "email", "whatsapp": None, "prefer": None}).json()["id"]
    assert api.get(f"/campaigns/{alone}/preview?channel=whatsapp").status_code == 404


def test_a_file_goes_with_the_message_that_it_was_given_to_and_stays_there(api: Api) -> None:
    people(api)
    uid = api.post("/campaigns", BODY).json()["id"]
    assert [attach(api, uid, "a.png", "email"), attach(api, uid, "chat.png", "whatsapp")] == [201, 201]
    assert attach(api, uid, "more.png", "whatsapp") == 409
    assert files(api, uid) == [("a.png", "email"), ("chat.png", "whatsapp")]
    api.patch(f"/campaigns/{uid}", {"whatsapp": {"text": "Look, {{ first_name }}"}})
    assert api.delete(f"/campaigns/{uid}/attachments/1").status_code == 204
    assert files(api, uid) == [("chat.png", "whatsapp")], "what comes before it is gone, and it is still that one"
    told = api.get(f"/campaigns/{uid}/preview?channel=whatsapp").json()
    assert (told["text"], told["media"]["filename"]) == ("Look, Nimal", "chat.png")
    api.delete(f"/campaigns/{uid}/attachments/2")
    assert api.get(f"/campaigns/{uid}/preview?channel=whatsapp").json()["media"] is None


def test_the_file_of_a_whatsapp_message_is_not_mailed_when_the_campaign_turns_to_e_mail(api: Api) -> None:
    """It stayed, and nothing on the page showed that the e-mail would carry it."""
    uid = api.post("/campaigns", {"name": "Chat", "channel": "whatsapp", "text": "Hi"}).json()["id"]
    attach(api, uid, "chat.png", "whatsapp")
    told = api.patch(f"/campaigns/{uid}", {"channel": "email", "subject": "Hi"}).json()
    assert (told["channel"], told["attachments"]) == ("email", [])


def test_a_campaign_over_one_channel_becomes_one_over_both_and_comes_back(api: Api) -> None:
    """What belongs to the message that goes goes with it; nothing is left to make the campaign one over both again."""
    people(api)
    alone = {"name": "Chat", "channel": "whatsapp", "audience": {"all": True}, "text": "Hi"}
    uid = api.post("/campaigns", alone).json()["id"]
    attach(api, uid, "chat.png", "whatsapp")
    both = {name: BODY[name] for name in ("channel", "subject", "text", "whatsapp", "prefer")}
    told = api.patch(f"/campaigns/{uid}", both).json()
    assert (told["channel"], told["prefer"], told["whatsapp"]["text"]) == ("mixed", ["email", "whatsapp"], CHAT["text"])
    assert files(api, uid) == [("chat.png", "whatsapp")]
    headed = api.post("/campaigns", {**alone, "name": "Headed", "text": None}).json()["id"]
    attach(api, headed, "header.png", "whatsapp")
    api.patch(f"/campaigns/{headed}", {**both, "whatsapp": {"whatsapp_template": {"name": "offer"}}})
    assert files(api, headed) == [("header.png", "whatsapp")], "the picture in a template's header"
    attach(api, uid, "a.png", "email")
    told = api.patch(f"/campaigns/{uid}", {"channel": "whatsapp", "text": "Hi again"}).json()
    assert (told["channel"], told["prefer"], told["whatsapp"]) == ("whatsapp", None, None)
    assert files(api, uid) == [("chat.png", "only")]
    assert api.get(f"/campaigns/{uid}/preview").json()["text"] == "Hi again"
    api.patch(f"/campaigns/{uid}", both)
    attach(api, uid, "b.png", "email")
    told = api.patch(f"/campaigns/{uid}", {"channel": "email"}).json()
    assert (told["channel"], told["whatsapp"], files(api, uid)) == ("email", None, [("b.png", "only")])
    assert api.patch(f"/campaigns/{uid}", {"name": "Still e-mail"}).json()["channel"] == "email"
