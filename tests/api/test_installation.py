"""/senders, /tokens, /workspaces, /status."""

from tests.api.conftest import Api

SMTP = {"name": "news", "kind": "smtp", "host": "127.0.0.1", "port": 2525, "user": "u", "password": "canary"}


def test_a_sender_never_tells_its_password(api: Api) -> None:
    made = api.post("/senders", SMTP)
    assert made.status_code == 201
    assert made.json()["credentials_set_at"]
    changed = api.patch("/senders/news", {"rate": "5/s", "password": "canary2"})
    assert changed.json()["options"]["rate"] == "5/s"
    for answer in (made, changed, api.get("/senders"), api.get("/senders/news"), api.get("/events?after=0&wait=0")):
        assert "canary" not in answer.text


def test_another_server_asks_for_the_password_again(api: Api) -> None:
    api.post("/senders", SMTP)
    refused = api.patch("/senders/news", {"host": "198.51.100.1"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/password")


def test_wrong_options_are_named(api: Api) -> None:
    refused = api.post("/senders", {**SMTP, "rate": "fast", "colour": "red"})
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {"/rate", "/colour"}
    assert api.post("/senders", {"name": "x", "kind": "pigeon"}).json()["errors"][0]["pointer"] == "/kind"


def test_a_sender_in_use_stays(api: Api, draft: str) -> None:
    api.post(f"/campaigns/{draft}/send")
    assert api.delete("/senders/sim").status_code == 409
    api.post(f"/campaigns/{draft}/cancel")
    assert api.delete("/senders/sim").status_code == 204


def test_a_tokens_secret_is_answered_once(api: Api) -> None:
    made = api.post("/tokens", {"name": "ci", "scopes": ["read", "admin"]}).json()
    api.token = made["token"]
    listed = api.get("/tokens")
    assert made["token"] not in listed.text
    assert [each["name"] for each in listed.json()["items"]] == ["ci"]


def test_workspaces_are_made_and_renamed(api: Api) -> None:
    """R46: several business profiles."""
    assert api.post("/workspaces", {"name": "shop"}).status_code == 201
    assert api.post("/workspaces", {"name": "shop"}).status_code == 409
    assert api.patch("/workspaces/shop", {"name": "store"}).json()["name"] == "store"
    assert [each["name"] for each in api.get("/workspaces").json()["items"]] == ["default", "store"]


def test_status_says_why_a_campaign_does_not_move(api: Api, draft: str) -> None:
    """R38: no worker runs here, and that is what it says."""
    api.post(f"/campaigns/{draft}/send")
    told = api.get("/status").json()
    [one] = told["campaigns"]
    assert (one["state"], one["activity"]) == ("sending", "waiting_for_worker")
    assert "homing worker" in one["reason"]
    assert told["workers"] == []
    assert told["senders"][0]["health"] == "up"
