"""WhatsApp campaigns as the composer makes them: a file, a template, what a phone shows, and how long it honestly takes."""

from typing import Any

from tests.api.conftest import Api

BODY: dict[str, Any] = {
    "name": "Chat",
    "channel": "whatsapp",
    "audience": {"all": True},
    "text": "Hello {{ first_name }}",
}


def test_a_draft_is_shown_as_a_phone_shows_it(api: Api) -> None:
    """The text for a real contact; with a file the text is its caption; templates with their values."""
    api.post("/contacts", {"phone": "+94711234567", "name": "Nimal Perera", "list": "all"})
    uid = api.post("/campaigns", BODY).json()["id"]
    told = api.get(f"/campaigns/{uid}/preview").json()
    assert (told["text"], told["media"], told["template"]) == ("Hello Nimal", None, None)
    picture = {"Content-Type": "image/png"}
    made = api.ask("POST", f"/campaigns/{uid}/attachments?filename=offer.png", content=b"\x89PNG", headers=picture)
    assert made.json() == {"position": 1, "filename": "offer.png", "content_type": "image/png", "size_bytes": 4}
    told = api.get(f"/campaigns/{uid}/preview?contact=%2B94711234567").json()
    assert told["media"] == {"filename": "offer.png", "content_type": "image/png"}
    assert told["text"] == "Hello Nimal"
    assert [each["filename"] for each in api.get(f"/campaigns/{uid}").json()["attachments"]] == ["offer.png"]
    assert api.delete(f"/campaigns/{uid}/attachments/1").status_code == 204
    assert api.delete(f"/campaigns/{uid}/attachments/1").status_code == 404
    template = {"name": "offer", "language": "en", "body": ["{{ first_name }}"]}
    assert api.patch(f"/campaigns/{uid}", {"whatsapp_template": template}).json()["whatsapp_template"] == template
    shown = api.get(f"/campaigns/{uid}/preview").json()["template"]
    assert shown["components"] == [{"type": "body", "parameters": [{"type": "text", "text": "Nimal"}]}]
    assert api.get(f"/campaigns/{uid}/preview.html").status_code == 404


def test_a_file_has_a_name_of_its_own_and_something_in_it(api: Api) -> None:
    uid = api.post("/campaigns", BODY).json()["id"]
    place = f"/campaigns/{uid}/attachments"
    assert api.ask("POST", f"{place}?filename=a.png", content=b"").status_code == 422
    assert api.ask("POST", f"{place}?filename=..%2Fa.png", content=b"x").status_code == 422
    assert api.ask("POST", f"{place}?filename=a.png", content=b"x" * 17_000_001).status_code == 413
    assert api.ask("POST", f"{place}?filename=a.png", content=b"x" * 2_000_000).status_code == 201


def test_the_honest_duration_is_told_with_the_caps_that_make_it(api: Api) -> None:
    api.post("/senders", {"name": "phone", "kind": "whatsapp_linked"})
    told = api.get("/senders/phone/outlook?count=500").json()
    assert (told["daily_cap"], told["grows"], told["delay_seconds"]) == (20, True, [8.0, 20.0])
    assert (told["hours"]["opens"], told["hours"]["closes"]) == ("08:00", "20:00")
    assert "days, ends" in told["words"]
    api.patch("/senders/phone", {"daily_new": 400, "hours": "off"})
    after = api.get("/senders/phone/outlook?count=500").json()
    assert (after["daily_cap"], after["grows"], after["hours"]) == (400, False, None)
    assert after["seconds"] < told["seconds"]
    assert api.get("/senders/phone/outlook?count=0").status_code == 422
