"""Numbers of the Cloud API: what WhatsApp tells of them is kept, shown, and kept to; against the loopback server."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from homing.app import House, look_at_number
from homing.model.ids import SenderId
from homing.store.cloud_accounts import AGAIN_MS, EVERY_MS, SOON_MS, CloudAccounts
from homing.world import World
from tests.api.conftest import Api
from tests.api.test_messages_whatsapp import TO, working
from tests.engine.rig import until
from tests.store.ledger import HandClock
from tests.whatsapp.cloud import APP_SECRET, NUMBER, TOKEN, WABA, Cloud, Orders, template

BUTTONS = [
    {"type": "URL", "text": "Go", "url": "https://shop.example/{{1}}"},
    {"type": "QUICK_REPLY", "text": "Later"},
    {"type": "COPY_CODE", "text": "Copy"},
    {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+94711000000"},
]
LISTED = [
    template("offer", "Hello {{1}}, see {{2}}"),
    template("offer", "Ayubowan {{1}}, {{2}}", "si"),
    template("named", "Hello {{customer}}", parameter_format="NAMED"),
    template("late", "Soon", status="PENDING"),
    template("picture", "Look, {{1}}", components=[{"type": "HEADER", "format": "IMAGE"}]),
    template("film", "Look", components=[{"type": "HEADER", "format": "VIDEO"}]),
    template("paper", "Read", components=[{"type": "HEADER", "format": "DOCUMENT"}]),
    template("place", "Come", components=[{"type": "HEADER", "format": "LOCATION"}]),
    template("shop", "Come", components=[{"type": "BUTTONS", "buttons": BUTTONS}]),
    template("sign", "Your code", components=[{"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy"}]}]),
    template("plain", "Thank you", components=[{"type": "HEADER", "format": "TEXT", "text": "Hi"}]),
]


def number(api: Api, url: str, **more: Any) -> SenderId:
    made = {"name": "Cloud", "kind": "whatsapp_cloud", "phone_number_id": NUMBER, "endpoint_url": url, "waba_id": WABA}
    answer = api.post("/senders", {**made, "api_key": TOKEN, "probe": [url.rpartition("/")[2]], **more})
    assert answer.status_code == 201, answer.text
    return api.house.senders.find(api.house.workspace.id, str(answer.json()["name"])).id


def audience(api: Api, count: int) -> None:
    for n in range(count):
        api.post("/contacts", {"phone": f"+947112345{n:02}", "name": f"P {n}", "list": "all"})


def campaign(api: Api, name: str, told: dict[str, Any], *files: dict[str, str]) -> str:
    body = {"name": name, "senders": ["Cloud"], "audience": {"lists": ["all"]}, "whatsapp_template": told}
    body |= {"attachments": list(files)} if files else {}
    made = api.post("/campaigns", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_what_whatsapp_tells_is_kept_and_shown_over_all_pages(api: Api) -> None:
    with Cloud(Orders(templates=LISTED, tier="TIER_250", quality="YELLOW")).running() as cloud:
        number(api, cloud.url)
        before = api.get("/senders/Cloud/account").json()
        assert (before["checked_at"], before["templates"], before["people_per_day"]) == (None, None, None)
        told = api.post("/senders/Cloud/account/refresh")
        assert told.status_code == 200, told.text
        assert told.json() == api.get("/senders/Cloud/account").json()
    found = told.json()
    assert (found["quality"], found["limit"], found["people_per_day"]) == ("yellow", "TIER_250", 250)
    assert (found["phone"], found["verified_name"], found["trouble"]) == ("+94 70 000 0001", "Shop", None)
    by_name = {(each["name"], each["language"]): each for each in found["templates"]}
    assert len(by_name) == len(LISTED)
    assert by_name["offer", "si"]["variables"]["body"] == ["1", "2"]
    assert by_name["named", "en"]["variables"]["body"] == ["customer"]
    sendable = {name for name, each in by_name.items() if each["why_not"] is None}
    files = {(name, "en") for name in ("picture", "film", "paper")}
    rest = {("offer", "si"), ("place", "en"), ("shop", "en")}
    assert sendable == {("offer", "en"), ("named", "en"), ("plain", "en"), *files, *rest}
    shown = {name: each["media"] for (name, _), each in by_name.items() if each["media"]}
    assert shown == {"picture": "image", "film": "video", "paper": "document"}
    assert by_name["place", "en"]["location"] is True
    assert by_name["shop", "en"]["button_kinds"] == ["url", "quick_reply", "copy_code", None]
    assert "one of its buttons asks for more than a value" in by_name["sign", "en"]["why_not"]
    assert by_name["plain", "en"]["header"] == "Hi"


def test_a_look_in_vain_says_why_and_leaves_what_was_known(api: Api) -> None:
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        id_ = number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
    gone = api.post("/senders/Cloud/account/refresh").json()
    assert "refused" in gone["trouble"]
    assert len(gone["templates"]) == len(LISTED)
    assert gone["checked_at"] is not None
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        api.patch("/senders/Cloud", {"endpoint_url": cloud.url, "api_key": "another"})
        assert "credentials" in api.post("/senders/Cloud/account/refresh").json()["trouble"]
        api.patch("/senders/Cloud", {"api_key": TOKEN, "waba_id": "1"})
        assert "Unsupported get request" in api.post("/senders/Cloud/account/refresh").json()["trouble"]
        api.patch("/senders/Cloud", {"waba_id": None})
        known = api.post("/senders/Cloud/account/refresh").json()
    assert (known["trouble"], known["templates"]) == (None, None)
    assert "--waba-id" in known["advice"]
    assert asyncio.run(look_at_number(api.house, id_)).trouble is not None


def test_only_a_number_of_the_cloud_api_has_an_account(api: Api) -> None:
    api.post("/senders", {"name": "mail", "kind": "smtp", "host": "127.0.0.1"})
    assert api.get("/senders/mail/account").json()["code"] == "no_account"
    assert api.post("/senders/mail/account/refresh").json()["code"] == "no_account"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "nothing", "language": "en"}, "WhatsApp has no template 'nothing'"),
        ({"name": "late", "language": "en"}, "not decided"),
        ({"name": "offer", "language": "en", "body": ["{{ name }}"]}, "has 2 variables, and 1 variable is given"),
        ({"name": "offer", "language": "fr", "body": ["a", "b"]}, "it has en, si"),
        ({"name": "named", "language": "en", "body": ["{{ name }}"]}, "give each of them by its name"),
        ({"name": "place", "language": "en"}, "is a place: give its latitude and longitude"),
        ({"name": "shop", "language": "en"}, "button 1 of 'shop' wants the end of its address"),
        ({"name": "sign", "language": "en"}, "Homing cannot fill it"),
        ({"name": "picture", "language": "en", "body": ["x"]}, "is a picture (JPEG or PNG), and none is attached"),
    ],
)
def test_only_an_approved_template_with_all_its_values_starts(api: Api, told: dict[str, Any], words: str) -> None:
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
        audience(api, 1)
        made = campaign(api, "Offer", told)
        refused = api.post(f"/campaigns/{made}/send")
        assert (refused.status_code, refused.json()["code"]) == (422, "lint")
        assert words in refused.json()["detail"]
        assert refused.json()["errors"][0]["pointer"] == "/whatsapp_template"
        single = api.post("/messages", {"to": TO, "whatsapp_template": told, "vars": {"name": "N"}})
        assert (single.status_code, single.json()["code"]) == (422, "template")
        assert words in single.json()["detail"]
        assert cloud.accepted.total() == 0


def test_numbered_and_named_values_arrive_as_whatsapp_wants_them(api: Api) -> None:
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
        audience(api, 2)
        ids = [
            campaign(api, "A", {"name": "offer", "language": "si", "body": ["{{ name }}", "shop"]}),
            campaign(api, "B", {"name": "named", "language": "en", "body": {"customer": "{{ name }}"}}),
        ]
        for each in ids:
            assert api.post(f"/campaigns/{each}/send").status_code == 202

        async def story() -> None:
            async with working(api.house):
                await until(lambda: all(api.house.campaign(each).state == "completed" for each in ids))

        asyncio.run(story())
        assert cloud.accepted.total() == 4
        sent = {body["template"]["name"]: body["template"]["components"] for body in cloud.bodies}
        assert sent["named"][0]["parameters"][0]["parameter_name"] == "customer"
        assert [each["text"] for each in sent["offer"][0]["parameters"]][1] == "shop"


def test_buttons_and_a_place_are_filled_for_each_recipient(api: Api) -> None:
    """The loopback server takes each value only under the name that its kind has."""
    go, code = (
        {"place": 1, "kind": "url", "value": "to {{ name }}"},
        {"place": 3, "kind": "copy_code", "value": "SPRING"},
    )
    later = {"place": 2, "kind": "quick_reply", "value": "later-{{ name | lower }}"}
    place = {"latitude": "6.9271", "longitude": "79.8612", "name": "Shop", "address": "1 Galle Road"}
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
        audience(api, 2)
        told = {"name": "shop", "language": "en", "buttons": [go, later, code]}
        ids = [campaign(api, "A", told), campaign(api, "B", {"name": "place", "language": "en", "location": place})]
        assert api.get(f"/campaigns/{ids[0]}").json()["whatsapp_template"] == told
        for each in ids:
            assert api.post(f"/campaigns/{each}/send").status_code == 202
        single = {"name": "shop", "language": "en", "buttons": [go, code]}
        assert api.post("/messages", {"to": TO, "whatsapp_template": single, "vars": {"name": "N"}}).status_code == 202

        async def story() -> None:
            async with working(api.house):
                await until(lambda: all(api.house.campaign(each).state == "completed" for each in ids))
                await until(lambda: cloud.accepted.total() == 5)

        asyncio.run(story())
        sent = {
            body["to"]: body["template"]["components"] for body in cloud.bodies if body["template"]["name"] == "shop"
        }
    assert [part["parameters"][0] for part in sent["94711234500"]] == [
        {"type": "text", "text": "to%20P%200"},
        {"type": "payload", "payload": "later-p 0"},
        {"type": "coupon_code", "coupon_code": "SPRING"},
    ]
    assert [part["index"] for part in sent[TO.lstrip("+")]] == ["0", "2"], "a quick reply needs none"


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"buttons": [{"place": 1, "kind": "url"}]}, "/whatsapp_template/buttons/0/value"),
        ({"buttons": [{"place": 0, "kind": "url", "value": ""}]}, "/whatsapp_template/buttons/0/place"),
        ({"buttons": [{"place": 1, "kind": "call", "value": ""}]}, "/whatsapp_template/buttons/0/kind"),
        ({"buttons": [{"place": 1, "kind": "url", "value": "a"}] * 2}, "/whatsapp_template/buttons/1/place"),
        ({"location": {"latitude": "1"}}, "/whatsapp_template/location/longitude"),
    ],
)
def test_values_that_no_template_has_are_refused_where_they_stand(api: Api, told: dict[str, Any], at: str) -> None:
    body = {"name": "A", "channel": "whatsapp", "whatsapp_template": {"name": "shop", **told}}
    refused = api.post("/campaigns", body)
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [at]


def _file(name: str) -> dict[str, str]:
    return {"filename": name, "content": base64.b64encode(f"the bytes of {name}".encode()).decode()}


def test_a_file_in_the_header_goes_with_each_message_and_is_uploaded_once(api: Api) -> None:
    """The loopback server takes a header only as exactly the file that the template wants, by the id of its upload."""
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
        audience(api, 3)
        told = {"name": "picture", "language": "en", "body": ["{{ name }}"]}
        ids = [
            campaign(api, "Picture", told, _file("sea.png")),
            campaign(api, "Film", {"name": "film", "language": "en"}, _file("sea.mp4")),
            campaign(api, "Paper", {"name": "paper", "language": "en"}, _file("price list.pdf")),
        ]
        for each in ids:
            assert api.post(f"/campaigns/{each}/send").status_code == 202
        single = api.post(
            "/messages", {"to": TO, "whatsapp_template": told, "vars": {"name": "N"}, "attachments": [_file("a.png")]}
        )
        assert single.status_code == 202, single.text

        async def story() -> None:
            async with working(api.house):
                await until(lambda: all(api.house.campaign(each).state == "completed" for each in ids))
                await until(lambda: cloud.accepted.total() == 10)

        asyncio.run(story())
        assert set(cloud.accepted.values()) == {1}
        assert len(cloud.files) == 4
        sent: dict[str, list[Any]] = {}
        for body in cloud.bodies:
            sent.setdefault(body["template"]["name"], []).append(body["template"]["components"])
    name_of = {id_: name for id_, (_, name, _) in cloud.files.items()}
    (film,) = [part["parameters"] for part in sent["film"][0]]
    assert name_of[film[0]["video"]["id"]] == "sea.mp4"
    assert [part["type"] for part in sent["picture"][0]] == ["header", "body"]
    paper = sent["paper"][0][0]["parameters"][0]
    assert paper == {"type": "document", "document": {"id": paper["document"]["id"], "filename": "price list.pdf"}}


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("film", None, "is a video (MP4 or 3GPP), and none is attached"),
        ("film", "sea.png", "is a video (MP4 or 3GPP), and image/png goes as an image"),
        ("plain", "sea.png", "the header of 'plain' is no file: leave the attachment out"),
    ],
)
def test_a_file_that_lacks_or_does_not_fit_is_told_before_anybody_gets_it(
    api: Api, name: str, file: str | None, words: str
) -> None:
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
        audience(api, 1)
        files = [_file(file)] if file is not None else []
        made = campaign(api, "Film", {"name": name, "language": "en"}, *files)
        found = api.post(f"/campaigns/{made}/check").json()
        assert words in json.dumps(found, ensure_ascii=False)
        assert api.post(f"/campaigns/{made}/send").status_code == 422
        single = {"to": TO, "whatsapp_template": {"name": name, "language": "en"}, "attachments": files}
        assert words in api.post("/messages", single).json()["detail"]
        assert (cloud.accepted.total(), cloud.files) == (0, {})


def test_the_limit_of_whatsapp_is_told_before_the_start_and_never_exceeded(api: Api) -> None:
    """L22: beyond it nobody fails: who is left waits, and goes out when the limit has grown."""
    with Cloud(Orders(templates=LISTED, tier="5", reach=5)).running() as cloud:
        id_ = number(api, cloud.url)
        api.post("/senders/Cloud/account/refresh")
        audience(api, 12)
        told = api.get("/senders/Cloud/outlook?count=12").json()
        assert (told["reach"], told["days"]) == (5, 3)
        made = campaign(api, "Offer", {"name": "plain", "language": "en"})
        assert api.post(f"/campaigns/{made}/send").status_code == 202
        audit = lambda: api.app.state.ledger.board.look(api.house.workspace.id).campaigns[0]  # noqa: E731

        async def story() -> None:
            async with working(api.house):
                await until(lambda: audit().sent == 5 and "5 people" in (audit().reason or ""))
                assert audit().open == 7
                assert audit().state == "sending"
                cloud.orders.tier, cloud.orders.reach = "TIER_1K", 1_000
                await look_at_number(api.house, id_)
                await until(lambda: api.house.campaign(made).state == "completed")

        asyncio.run(story())
        assert cloud.over_reach == 0, "WhatsApp never had to refuse"
        assert set(cloud.people.values()) == {1}
        assert len(cloud.people) == 12
        assert api.get("/senders/Cloud/outlook?count=1000").json()["reach_used"] == 12


@pytest.mark.parametrize("shared", [{"waba_id": WABA}, {"waba_id": None, "business": "3300"}])
def test_two_numbers_of_one_business_never_exceed_its_limit_together(api: Api, shared: dict[str, Any]) -> None:
    """L22: Meta counts a business' numbers together. Here two of them send at once, to different people."""
    with Cloud(Orders(templates=LISTED, tier="12", reach=12)).running() as cloud:
        ids = [number(api, cloud.url, name=name, phone_number_id=name, **shared) for name in ("One", "Two")]
        for n in range(40):
            api.post("/contacts", {"phone": f"+947112345{n:02}", "list": "odd" if n % 2 else "even"})
        made = []
        for name, listed in (("One", "odd"), ("Two", "even")):
            api.post(f"/senders/{name}/account/refresh")
            body = {"name": name, "senders": [name], "audience": {"lists": [listed]}}
            told = {"whatsapp_template": {"name": "plain", "language": "en"}}
            made.append(str(api.post("/campaigns", body | told).json()["id"]))
            assert api.post(f"/campaigns/{made[-1]}/send").status_code == 202
        board = lambda: api.app.state.ledger.board.look(api.house.workspace.id).campaigns  # noqa: E731

        async def story() -> None:
            async with working(api.house):
                await until(lambda: sum(each.sent for each in board()) >= 8 and all(each.sent for each in board()))
                used = (await asyncio.to_thread(api.get, "/senders/One/outlook?count=1")).json()["reach_used"]
                assert 8 <= used <= 12, "what the other number sent counts, too"
                figures = (await asyncio.to_thread(api.get, "/metrics")).text
                assert 'homing_send_seconds{channel="whatsapp",quantile="0.5"}' in figures
                waiting = figures.partition('homing_queue_depth{channel="whatsapp"} ')[2].partition("\n")[0]
                assert 28 <= float(waiting) <= 32
                cloud.orders.tier, cloud.orders.reach = "TIER_1K", 1_000
                for id_ in ids:
                    await look_at_number(api.house, id_)
                await until(lambda: all(api.house.campaign(each).state == "completed" for each in made))

        asyncio.run(story())
        assert cloud.over_reach == 0, "WhatsApp never had to refuse"
        assert set(cloud.people.values()) == {1}
        assert len(cloud.people) == 40


def test_a_worker_looks_each_hour_and_after_a_webhook_that_speaks_of_it(api: Api) -> None:
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        id_ = number(api, cloud.url, app_secret=APP_SECRET)
        accounts = CloudAccounts(api.house.database)

        async def story() -> None:
            async with working(api.house):
                await until(lambda: accounts.get(id_) is not None)
                cloud.orders.templates = LISTED[:1]
                value = {"event": "APPROVED", "message_template_name": "offer", "new_field": {"a": [1]}}
                body = json.dumps(
                    {"entry": [{"id": WABA, "changes": [{"field": "message_template_status_update", "value": value}]}]}
                ).encode()
                mark = "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
                told = await asyncio.to_thread(
                    lambda: api.ask(
                        "POST", "/hooks/whatsapp_cloud/Cloud", content=body, headers={"X-Hub-Signature-256": mark}
                    )
                )
                assert told.status_code == 200
                await until(lambda: len((accounts.get(id_) or _never()).templates or ()) == 1)

        asyncio.run(story())


def _never() -> Any:
    raise AssertionError


def test_who_is_due_for_a_look(api: Api) -> None:
    """Each hour; five minutes after a look in vain; soon after a webhook, however many of them come."""
    id_ = number(api, "http://127.0.0.1:1")
    clock = HandClock()
    house = House(api.house.settings, World(clock=clock))  # the same ledger, another time
    accounts = CloudAccounts(house.database)
    assert accounts.stale() == [id_]
    asyncio.run(look_at_number(house, id_))
    assert accounts.stale() == []
    clock.pass_(AGAIN_MS / 1000 + 1)
    assert accounts.stale() == [id_], "it brought nothing"
    with Cloud(Orders(templates=LISTED)).running() as cloud:
        api.patch("/senders/Cloud", {"endpoint_url": cloud.url, "api_key": TOKEN})
        asyncio.run(look_at_number(house, id_))
    assert accounts.stale() == []
    clock.pass_(AGAIN_MS / 1000 + 1)
    assert accounts.stale() == []
    for _ in range(3):
        accounts.soon(house.workspace.id)
        clock.pass_(SOON_MS / 3000)
    assert accounts.stale() == [id_]
    asyncio.run(look_at_number(house, id_))
    clock.pass_(EVERY_MS / 1000 + 1)
    assert accounts.stale() == [id_]
    house.senders.remove(id_)
    assert accounts.stale() == []
    house.close()
