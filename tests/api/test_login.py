"""Signing in: the first owner, passwords, sessions, one-time codes, links, and the brake on guessing."""

import re
from typing import Any

import httpx
import pyotp
import pytest

from homing.app import House
from homing.model.policy import Role
from homing.store import audit_log
from homing.store.people import People
from homing.store.sessions import IDLE_MS, LONGEST_MS, Links
from homing.world import World
from tests.api.conftest import Api, make_draft
from tests.store.ledger import HandClock

ANN, GOOD, OTHER = "ann@example.org", "seven grey herons", "eight blue whales"


@pytest.fixture
def clock(house: House) -> HandClock:
    found = HandClock()
    house.world = World(found)
    return found


def browser(house: House, cookie: str | None = None, **more: Any) -> Api:
    """A browser on this machine; `cookie`: its session."""
    made = Api(house, **more)
    if cookie is not None:
        made.cookie = cookie
    return made


def add(house: House, email: str = ANN, role: Role = Role.OWNER, password: str | None = GOOD) -> str:
    return People(house.database).add(house.workspace.id, email, role, password=password, actor="cli:test").uid


def sign_in(api: Api, email: str = ANN, password: str = GOOD, **more: Any) -> httpx.Response:
    answer = api.post("/login", {"email": email, "password": password, **more})
    if answer.status_code == 200 and "set-cookie" in answer.headers:
        api.cookie = answer.headers["set-cookie"].partition(";")[0]
    return answer


def test_the_first_link_makes_the_owner_once(api: Api, house: House) -> None:
    assert api.get("/login").json() == {"needed": False, "first_run": True}
    secret = Links(house.database).make("first_run", None, by="cli:test")
    assert api.post("/links/look", {"link": secret}).json() == {"kind": "first_run", "email": None, "name": None}
    weak = api.post("/links/use", {"link": secret, "email": ANN, "password": "short"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "/password")
    made = api.post("/links/use", {"link": secret, "email": ANN, "name": "Ann", "password": GOOD})
    assert (made.status_code, made.json()["signed_in"]) == (200, True)
    assert api.post("/links/use", {"link": secret, "email": "b@example.org", "password": GOOD}).status_code == 404
    assert api.get("/campaigns").status_code == 401, "from now on one signs in"
    assert api.get("/login").json() == {"needed": True, "first_run": False}
    mine = browser(house, made.headers["set-cookie"].partition(";")[0])
    told = mine.get("/me").json()
    assert (told["kind"], told["email"], told["role"]) == ("user", ANN, "owner")
    assert "people" in told["scopes"]
    assert told["workspaces"] == [{"id": house.workspace.uid, "name": "default", "role": "owner"}]


def test_a_link_is_over_after_its_time_and_when_a_newer_one_is_made(house: House, clock: HandClock) -> None:
    api = browser(house)
    old = Links(house.database).make("first_run", None, by="cli")
    new = Links(house.database).make("first_run", None, by="cli")
    assert api.post("/links/look", {"link": old}).status_code == 404
    clock.pass_(30 * 60 + 1)
    over = api.post("/links/use", {"link": new, "email": ANN, "password": GOOD})
    assert (over.status_code, over.json()["code"]) == (404, "link_over")
    assert not People(house.database).any()


def test_the_cookie_is_httponly_lax_and_host_bound_over_https(house: House) -> None:
    add(house)
    plain = sign_in(browser(house)).headers["set-cookie"]
    assert re.match(r"homing=[\w-]{43}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax$", plain)
    house.settings = type(house.settings)(
        **{name: getattr(house.settings, name) for name in house.settings.__slots__ if name != "public_url"},
        public_url="https://mail.example.net",
    )
    public = browser(house, loopback=False)
    headers = {"Host": "mail.example.net", "Origin": "https://mail.example.net"}
    answer = public.ask("POST", "/login", json={"email": ANN, "password": GOOD}, headers=headers)
    safe = answer.headers["set-cookie"]
    assert re.match(r"__Host-homing=[\w-]{43}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax; Secure$", safe)
    cookie = safe.partition(";")[0]
    assert public.get("/me", headers={**headers, "Cookie": cookie}).status_code == 200
    lan = public.ask("POST", "/login", json={"email": ANN, "password": GOOD}, headers={"Host": "192.0.2.7:8700"})
    assert (lan.status_code, lan.json()["code"]) == (403, "needs_https")
    assert "set-cookie" not in lan.headers


def test_a_session_ends_when_idle_too_long_or_too_old(house: House, clock: HandClock) -> None:
    add(house)
    api = browser(house)
    sign_in(api)
    clock.pass_(IDLE_MS / 1000 - 1)
    assert api.get("/me").status_code == 200
    clock.pass_(IDLE_MS / 1000 + 1)
    assert api.get("/me").status_code == 401
    sign_in(api)
    for _ in range(LONGEST_MS // (IDLE_MS // 2)):
        clock.pass_(IDLE_MS / 2000)
        last = api.get("/me").status_code
    clock.pass_(1)
    assert (last, api.get("/me").status_code) == (200, 401)


def test_sessions_are_listed_and_ended_from_another_browser(house: House) -> None:
    add(house)
    one, two = browser(house), browser(house)
    sign_in(one)
    sign_in(two)
    found = one.get("/sessions").json()["items"]
    assert sorted(each["here"] for each in found) == [False, True]
    other = next(each["id"] for each in found if not each["here"])
    assert one.delete(f"/sessions/{other}").status_code == 204
    assert (one.get("/me").status_code, two.get("/me").status_code) == (200, 401)
    sign_in(two)
    assert two.delete("/sessions").status_code == 204
    assert (one.get("/me").status_code, two.get("/me").status_code) == (401, 200)
    assert two.post("/logout").status_code == 204
    assert two.get("/me").status_code == 401


def test_a_new_password_ends_every_other_session(house: House) -> None:
    add(house)
    one, two = browser(house), browser(house)
    sign_in(one)
    sign_in(two)
    assert one.post("/password", {"password": OTHER, "new": OTHER}).json()["code"] == "wrong_password"
    assert one.post("/password", {"password": GOOD, "new": OTHER}).status_code == 204
    assert (one.get("/me").status_code, two.get("/me").status_code) == (200, 401)
    assert sign_in(two).status_code == 401
    assert sign_in(two, password=OTHER).status_code == 200


def test_wrong_guesses_are_slowed_down_and_tell_nothing(house: House, clock: HandClock) -> None:
    """The same answer for who is unknown; after five the right password waits too, longer each time."""
    add(house)
    api = browser(house)
    unknown = sign_in(api, email="nobody@example.org").json()
    assert sign_in(api, password=OTHER).json() == unknown
    for _ in range(4):
        sign_in(api, password=OTHER)
    held = sign_in(api)
    assert (held.status_code, held.json()["code"]) == (429, "too_many")
    first = int(held.headers["retry-after"])
    clock.pass_(first)
    assert sign_in(api, password=OTHER).status_code == 401
    assert int(sign_in(api).headers["retry-after"]) > first
    clock.pass_(3600)
    assert sign_in(api).status_code == 200


@pytest.mark.parametrize(
    "password", ["elevenchars", "x" * 129, "aaaaaaaaaaaaaaaa", "password12345", "012345678901", "ann@example.org1"]
)
def test_passwords_that_are_tried_first_are_refused(house: House, password: str) -> None:
    add(house)
    api = browser(house)
    sign_in(api)
    assert api.post("/password", {"password": GOOD, "new": password}).status_code == 422


def test_one_time_codes_work_once_and_recovery_codes_too(house: House, clock: HandClock) -> None:
    add(house)
    api = browser(house)
    sign_in(api)
    begun = api.post("/codes", {"password": GOOD}).json()
    assert begun["uri"].startswith("otpauth://totp/Homing:ann%40example.org?")
    assert "<svg" in begun["qr_svg"]
    assert api.post("/codes/confirm", {"code": "000000"}).status_code == 422
    codes = pyotp.TOTP(begun["secret"])
    recovery = api.post("/codes/confirm", {"code": codes.at(clock.wall // 1000)}).json()["recovery_codes"]
    assert len(set(recovery)) == 10
    fresh = browser(house)
    assert sign_in(fresh).json()["code"] == "code_needed"
    used = codes.at(clock.wall // 1000)
    assert sign_in(fresh, code=used).json()["code"] == "wrong_code", "it confirmed the codes, and works once"
    clock.pass_(30)
    now = codes.at(clock.wall // 1000)
    assert sign_in(fresh, code=now).status_code == 200
    assert sign_in(browser(house), code=now).json()["code"] == "wrong_code"
    assert sign_in(browser(house), code=recovery[0]).status_code == 200
    assert sign_in(browser(house), code=recovery[0]).json()["code"] == "wrong_code"
    stored = house.database.path.read_bytes()
    assert begun["secret"].encode() not in stored
    assert fresh.post("/codes/off", {"password": GOOD}).status_code == 204
    assert sign_in(browser(house)).status_code == 200


def test_what_is_dangerous_asks_for_the_password_again(house: House, clock: HandClock) -> None:
    add(house)
    api = browser(house)
    sign_in(api)
    assert api.post("/tokens", {"name": "early"}).status_code == 201
    clock.pass_(16 * 60)
    refused = api.post("/tokens", {"name": "late"})
    assert (refused.status_code, refused.json()["code"]) == (403, "password_needed")
    assert api.post("/confirm", {"password": OTHER}).status_code == 403
    assert api.post("/confirm", {"password": GOOD}).status_code == 204
    assert api.post("/tokens", {"name": "late"}).status_code == 201


def test_an_invitation_and_a_reset_work_once(house: House) -> None:
    add(house)
    api = browser(house)
    sign_in(api)
    invited = api.post("/users", {"email": "Bob@Example.org", "role": "sender"}).json()
    assert (invited["email"], invited["invited"]) == ("bob@example.org", True)
    secret = invited["link"].partition("#")[2]
    bob = browser(house)
    assert bob.post("/links/look", {"link": secret}).json()["email"] == "bob@example.org"
    assert bob.post("/links/use", {"link": secret, "password": OTHER}).json()["signed_in"] is True
    assert bob.post("/links/use", {"link": secret, "password": OTHER}).status_code == 404
    assert sign_in(bob, "bob@example.org", OTHER).status_code == 200
    answer = api.post("/users/bob@example.org/reset")
    assert answer.status_code == 200, answer.text
    again = answer.json()["link"].partition("#")[2]
    assert browser(house).post("/links/use", {"link": again, "password": GOOD}).status_code == 200
    assert bob.get("/me").status_code == 401, "a new password ends every session"


def test_roles_change_at_once_and_the_last_owner_stays(house: House) -> None:
    add(house)
    add(house, "bob@example.org", Role.ADMIN)
    api, bob = browser(house), browser(house)
    sign_in(api)
    sign_in(bob, "bob@example.org")
    token = browser(house, token=bob.post("/tokens", {"name": "bob's"}).json()["token"])
    assert token.get("/tokens").status_code == 200
    for refused in (api.patch("/users/ann@example.org", {"role": "viewer"}), api.delete("/users/ann@example.org")):
        assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
    assert api.patch("/users/bob@example.org", {"role": "viewer"}).json()["role"] == "viewer"
    assert bob.get("/me").status_code == 401, "a new role needs a new session"
    assert token.get("/tokens").status_code == 403, "a token never may more than its maker"
    assert token.get("/campaigns").status_code == 200
    assert api.patch("/users/bob@example.org", {"disabled": True}).json()["disabled_at"]
    assert sign_in(bob, "bob@example.org").status_code == 401
    assert token.get("/campaigns").status_code == 403


def test_viewers_see_addresses_masked_and_export_nothing(house: House, api: Api) -> None:
    id_ = make_draft(api)
    api.post("/suppressions", {"address": "gone@example.org"})
    add(house)
    add(house, "vic@example.org", Role.VIEWER)
    viewer = browser(house)
    sign_in(viewer, "vic@example.org")
    assert {each["email"] for each in viewer.get("/contacts").json()["items"]} == {"p***@example.org"}
    assert viewer.get("/suppressions").json()["items"][0]["address"] == "g***@example.org"
    for whole in ("export", "preview", "preview.html"):
        assert viewer.get(f"/campaigns/{id_}/{whole}").status_code == 403
    assert viewer.post(f"/campaigns/{id_}/send").status_code == 403


def test_an_account_of_two_workspaces_is_no_door_from_one_to_the_other(house: House) -> None:
    """R46: owning one of somebody's workspaces gives no way to their password, nor to shut them out of the other."""
    from homing.store.workspaces import Workspaces

    add(house)
    other = Workspaces(house.database).add("other")
    people = People(house.database)
    people.add(other.id, "eve@example.org", Role.OWNER, password=OTHER, actor="cli")
    people.add(other.id, ANN, Role.VIEWER, actor="cli")
    eve = browser(house)
    sign_in(eve, "eve@example.org", OTHER)
    assert eve.post("/users/ann@example.org/reset").status_code == 409
    assert eve.patch("/users/ann@example.org", {"disabled": True}).status_code == 409
    assert eve.delete("/users/ann@example.org").status_code == 204
    ann = browser(house)
    sign_in(ann)
    assert ann.get("/campaigns", headers={"Homing-Workspace": "other"}).status_code == 404
    assert ann.get("/campaigns?workspace=default").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_page_of_another_site_cannot_use_a_session(house: House, headers: dict[str, str]) -> None:
    """Every route with a session's cookie, the stream and signing in itself."""
    add(house)
    api = browser(house)
    sign_in(api)
    for path, methods in api.get("/api/v1/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if operation["x-right"] != "none":
                refused = api.ask(method.upper(), re.sub(r"{\w+}", "x", path), headers=headers)
                assert refused.status_code == 403, f"{method} {path}: {refused.status_code}"
    assert api.post("/login", {"email": ANN, "password": GOOD}, headers=headers).status_code == 403
    assert api.post("/logout", headers=headers).status_code == 403


def test_what_people_do_stands_in_the_audit_log(house: House) -> None:
    add(house)
    api = browser(house)
    sign_in(api)
    api.post("/users", {"email": "bob@example.org"})
    api.patch("/users/bob@example.org", {"role": "viewer"})
    api.post("/logout")
    with house.database.read() as tx:
        from sqlalchemy import select

        from homing.store.tables import audit_log as table

        acts = [row.act for row in tx.execute(select(table).order_by(table.c.id))]
    assert acts == ["user.added", "user.signed_in", "user.added", "user.role", "user.signed_out"]
    assert audit_log.verify(house.database) is None
