"""Who may come in, and what they may do."""

from typing import Any

import pytest

from homing.app import House
from homing.model.policy import Role
from homing.store.people import People
from homing.store.tokens import Tokens
from homing.store.workspaces import Workspaces
from tests.api.conftest import Api, make_draft


def _token(house: House, *scopes: str, workspace: str | None = None) -> str:
    of = house.workspace if workspace is None else Workspaces(house.database).add(workspace)
    return Tokens(house.database).create(of.id, "t", scopes or ("read", "write", "send", "admin", "people"))[1]


def test_the_person_at_this_machine_needs_no_token_while_there_is_none(api: Api) -> None:
    assert api.get("/campaigns").status_code == 200


def test_once_a_token_lives_every_request_needs_one(api: Api, house: House) -> None:
    secret = _token(house)
    refused = api.get("/campaigns")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert api.get("/campaigns", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_server_that_others_can_reach_never_trusts_without_a_token(house: House) -> None:
    assert Api(house, loopback=False).get("/campaigns").status_code == 401


@pytest.mark.parametrize("secret", ["", "hm_live_x", "hm_live_" + "a" * 38, "Basic abc"])
def test_an_unknown_token_is_refused_even_on_loopback(api: Api, secret: str) -> None:
    assert api.get("/campaigns", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_revoked_token_is_refused_at_once(api: Api, house: House) -> None:
    api.token = _token(house)
    assert api.get("/tokens").status_code == 200
    assert api.delete("/tokens/t").status_code == 204
    assert api.get("/tokens").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8700"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_can_do_nothing_here(api: Api, draft: str, headers: dict[str, str]) -> None:
    """DNS rebinding and cross-site requests (SECURITY section 1)."""
    for method, path in (("GET", "/campaigns"), ("POST", f"/campaigns/{draft}/send"), ("GET", "/events?wait=0")):
        assert api.ask(method, path, headers=headers).status_code == 403
    assert api.get(f"/campaigns/{draft}").json()["state"] == "draft"


@pytest.mark.parametrize("host", ["localhost:8700", "127.0.0.1:8700", "[::1]:8700", "LOCALHOST"])
def test_this_machine_by_any_of_its_names_may(api: Api, host: str) -> None:
    assert api.get("/campaigns", headers={"Host": host}).status_code == 200


def test_a_token_may_do_what_its_scopes_say_and_no_more(api: Api, house: House, draft: str) -> None:
    api.token = _token(house, "read")
    assert api.get(f"/campaigns/{draft}").status_code == 200
    for method, path, body in (
        ("POST", f"/campaigns/{draft}/send", None),
        ("POST", "/contacts", {"email": "x@example.org"}),
        ("POST", "/senders", {"name": "x", "kind": "simulated"}),
        ("POST", "/tokens", {}),
        ("DELETE", f"/campaigns/{draft}", None),
    ):
        refused = api.ask(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path


def test_a_token_gives_no_more_than_it_has(api: Api, house: House) -> None:
    api.token = _token(house, "read", "admin")
    assert api.post("/tokens", {"scopes": ["send"]}).status_code == 403
    made = api.post("/tokens", {"name": "child"})
    assert made.status_code == 201
    assert sorted(made.json()["scopes"]) == ["admin", "read"]


def test_the_person_at_this_machine_may_choose_the_workspace(api: Api, house: House) -> None:
    """R46: several business profiles, each with its own."""
    Workspaces(house.database).add("other")
    api.post("/lists", {"name": "mine"})
    other = api.get("/lists", headers={"Homing-Workspace": "other"})
    assert other.json()["items"] == []
    assert api.get("/lists", headers={"Homing-Workspace": "nowhere"}).status_code == 404


def test_nothing_of_another_workspace_can_be_seen_or_touched(api: Api, house: House) -> None:
    """R46, over every route of the description that names a thing: 404, whoever asks from elsewhere."""
    draft = make_draft(api)
    contact = api.get("/contacts").json()["items"][0]["id"]
    things = {
        "campaigns": draft,
        "contacts": contact,
        "lists": api.get("/lists").json()["items"][0]["id"],
        "senders": api.get("/senders").json()["items"][0]["id"],
        "workspaces": house.workspace.uid,
    }
    api.post("/suppressions", {"address": "p0@example.org"})
    hook = api.post("/webhooks", {"url": "https://example.org/hook", "name": "hook"})
    assert hook.status_code == 201, hook.text
    things |= {"webhooks": hook.json()["id"], "devices": things["senders"]}
    again = api.post("/recurrences", {"campaign": draft, "cron": "0 9 * * 1"})
    assert again.status_code == 201, again.text
    things["recurrences"] = again.json()["id"]
    upload = api.post("/imports", {"fileName": "x.csv", "size": 5, "sha256": "0" * 64})
    assert upload.status_code == 201, upload.text
    things |= {"imports": upload.json()["importId"], "jobs": upload.json()["importId"], "conversations": "+94711234567"}
    kept = api.post("/segments", {"name": "bonn", "filter": 'city = "Bonn"'})
    assert kept.status_code == 201, kept.text
    things |= {"segments": kept.json()["id"], "messages": house.workspace.uid}
    written = api.post("/templates", {"name": "hello", "subject": "Hello", "text": "Hello"})
    assert written.status_code == 201, written.text
    things |= {"templates": written.json()["id"], "media": house.workspace.uid}
    mine = Tokens(house.database).create(house.workspace.id, "mine")[0]
    people = People(house.database)
    people.add(house.workspace.id, "ann@example.org", Role.OWNER, actor="t")
    things |= {"users": "ann@example.org", "tokens": mine.uid, "suppressions": "p0@example.org"}
    api.token = _token(house, workspace="other")
    bodies: dict[str, Any] = {
        "members": {"contacts": [contact]}, "resolve": {"all": True, "as": "sent"}, "test": {"to": "x@example.org"},
        "workspaces": {"name": "x"}, "watch": {"attendant": "browser-1"}, "mode": {"mode": "server"},
        "merge": {"other": contact}, "media": {"name": "x"}, "messages": {"text": "x"}, "restore": {"version": 1},
    }  # fmt: skip
    queries = {"attachments": "?filename=x.txt", "outlook": "?count=1"}
    asked, open_ones = 0, list[str]()
    for path, methods in api.get("/api/v1/openapi.json").json()["paths"].items():
        room = path.removeprefix("/api/v1/").partition("/")[0]
        if "{" not in path or room in ("sessions", "notifications", "hooks"):  # a person's own; judged by signature
            continue
        place = path.replace("{id}", things[room]).replace("{contact}", contact).replace("{seq}", "1")
        place = place.replace("{address}", things[room]).replace("{position}", "1").replace("{version}", "1")
        place += queries.get(path.rpartition("/")[2], "")
        body = bodies.get(path.rpartition("/")[2], bodies.get(room, {}))
        for method in methods:
            form = path.endswith("/conversations/{id}/files")
            how: dict[str, Any] = {"files": {"file": ("x.txt", b"x")}} if form else {"json": body}
            refused = api.ask(method.upper(), place, **how, headers={"Upload-Offset": "0"})
            # An answer goes to any number, from a device of one's own; there is none.
            writes = form or path.endswith("/conversations/{id}/messages")
            if refused.status_code != (409 if writes else 404):
                open_ones.append(f"{method} {path}: {refused.status_code} {refused.text[:200]}")
            asked += 1
    assert not open_ones, open_ones
    assert asked >= 30
