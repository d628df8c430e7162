"""Route x role x workspace, over every operation of the description: who may do what, and that nothing is open by mistake."""

import functools
import re
from typing import Any

import pytest

from homing.api.server import build
from homing.app import House
from homing.model.ids import WorkspaceId
from homing.model.policy import RIGHTS, Role, Scope
from homing.store.people import People
from homing.store.tokens import Tokens
from homing.store.workspaces import Workspaces
from tests.api.conftest import Api

PASSWORD = "seven grey herons"
OPEN = {
    ("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics"), ("get", "/api/v1/login"), ("post", "/api/v1/login"),
    ("post", "/api/v1/logout"), ("post", "/api/v1/links/look"), ("post", "/api/v1/links/use"),
    ("get", "/api/v1/cron/resume-campaigns"), ("post", "/api/v1/hooks/{kind}/{sender}"),
    ("get", "/api/v1/hooks/whatsapp_cloud/{sender}"),
}  # fmt: skip
"""Without anybody who is known: each of these judges by itself what it is given."""


@functools.cache
def operations() -> list[tuple[str, str, str]]:
    """(method, path, right) of everything that the description tells."""
    return [
        (method, path, operation["x-right"])
        for path, methods in build(None).openapi()["paths"].items()
        for method, operation in methods.items()
    ]


def test_only_what_is_named_is_open() -> None:
    assert {(method, path) for method, path, right in operations() if right == "none"} == OPEN
    assert {right for _, _, right in operations()} <= {"none", "self", *Scope}


def _signed_in(house: House, role: Role, workspace: WorkspaceId) -> Api:
    email = f"{role}{workspace}@example.org"
    People(house.database).add(workspace, email, role, password=PASSWORD, actor="t")
    api = Api(house)
    answer = api.post("/login", {"email": email, "password": PASSWORD})
    api.cookie = answer.headers["set-cookie"].partition(";")[0]
    return api


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_exactly_what_the_policy_says(house: House, role: Role) -> None:
    """403 where the right is lacking; where it is not, anything but 401 and 403 (mostly 404: nothing is named 'x')."""
    api = _signed_in(house, role, house.workspace.id)
    for method, path, right in operations():
        if right == "none" or path.endswith(("/events", "/sessions")):
            continue
        got = api.ask(method.upper(), re.sub(r"{\w+}", "x", path), **_body(method))
        if right == "self" or Scope(right) in RIGHTS[role]:
            wrong_password = right == "self" and got.json().get("code") == "wrong_password" if got.content else False
            assert got.status_code not in (401, 403) or wrong_password, f"{method} {path}: {got.text}"
        else:
            assert got.status_code == 403, f"{role}: {method} {path}: {got.status_code} {got.text}"


def _body(method: str) -> dict[str, Any]:
    """What is sent along. Nobody works imports off here, so an upload is told not to be waited for."""
    return {"json": {}, "headers": {"Prefer": "respond-async"}} if method in ("post", "patch", "put") else {}


@pytest.mark.parametrize("scopes", [(scope,) for scope in Scope])
def test_a_token_may_exactly_what_its_scopes_say(house: House, scopes: tuple[Scope, ...]) -> None:
    api = Api(house, token=Tokens(house.database).create(house.workspace.id, "t", scopes)[1])
    for method, path, right in operations():
        if right == "none" or path.endswith("/events"):
            continue
        got = api.ask(method.upper(), re.sub(r"{\w+}", "x", path), **_body(method))
        if right in scopes:
            assert got.status_code not in (401, 403), f"{method} {path}: {got.text}"
        else:
            assert got.status_code == 403, f"{scopes}: {method} {path}: {got.status_code} {got.text}"


def test_nobody_is_let_in_without_a_session_or_a_token(house: House) -> None:
    People(house.database).add(house.workspace.id, "a@example.org", Role.OWNER, password=PASSWORD, actor="t")
    api = Api(house)
    for method, path, right in operations():
        if right != "none":
            got = api.ask(method.upper(), re.sub(r"{\w+}", "x", path), **_body(method))
            assert got.status_code == 401, f"{method} {path}: {got.status_code}"


def test_two_workspaces_see_nothing_of_each_other(house: House) -> None:
    """R46: whoever is only in the other one gets 404 for this one, by header, by address, and for each thing in it."""
    here, there = house.workspace, Workspaces(house.database).add("there")
    owner = _signed_in(house, Role.OWNER, here.id)
    stranger = _signed_in(house, Role.OWNER, there.id)
    owner.post("/contacts", {"email": "mine@example.org"})
    for reference in (here.uid, "default"):
        assert stranger.get("/contacts", headers={"Homing-Workspace": reference}).status_code == 404
        assert stranger.get(f"/contacts?workspace={reference}").status_code == 404
        assert stranger.get(f"/workspaces/{reference}").status_code == 404
    things = {
        "contacts": owner.get("/contacts").json()["items"][0]["id"],
        "senders": owner.post("/senders", {"name": "mine", "kind": "simulated", "from": "Me <me@example.org>"}).json()[
            "id"
        ],
        "lists": owner.post("/lists", {"name": "mine"}).json()["id"],
        "templates": owner.post("/templates", {"name": "mine", "subject": "Hi", "text": "Hi"}).json()["id"],
        "segments": owner.post("/segments", {"name": "mine", "filter": "email is set"}).json()["id"],
        "webhooks": owner.post("/webhooks", {"url": "https://example.org/hook"}).json()["id"],
        "tokens": owner.post("/tokens", {"name": "mine"}).json()["id"],
    }
    draft = {"subject": "Hi", "text": "Hi", "senders": ["mine"], "audience": {"all": True}}
    things["campaigns"] = owner.post("/campaigns", {"name": "mine", **draft}).json()["id"]
    for kind, id_ in things.items():
        assert [each["id"] for each in owner.get(f"/{kind}").json()["items"]] == [id_], kind
        assert stranger.get(f"/{kind}").json()["items"] == [], kind
        for reference in (id_, "mine"):
            for act in ("GET", "DELETE"):
                answer = stranger.ask(act, f"/{kind}/{reference}", headers={"If-Match": "*"})
                assert answer.status_code in (404, 405), f"{act} /{kind}/{reference}: {answer.text}"
    for verb in ("send", "pause", "resume", "cancel", "retry", "approve", "finish"):
        assert stranger.post(f"/campaigns/{things['campaigns']}/{verb}").status_code == 404
    theirs = {**draft, "name": "theirs", "senders": [things["senders"]]}
    assert stranger.post("/campaigns", theirs).status_code in (404, 422), "nor can it be sent by a sender of this one"
    assert owner.post(f"/campaigns/{things['campaigns']}/send").status_code == 202
    facts = stranger.get("/events?after=0&wait=0").json()
    assert things["campaigns"] not in str(facts), "nor is it heard on the line"
    assert [each["name"] for each in stranger.get("/workspaces").json()["items"]] == ["there"]
    assert stranger.get("/users/owner1@example.org").status_code == 404
