"""The bell: news from the log, read on one device is read on all."""

from homing.app import House
from homing.model.campaign import PauseReason
from homing.store.control import ENGINE, Control
from tests.api.conftest import Api, make_draft


def test_R12_what_paused_by_itself_is_news_until_it_is_read_anywhere(api: Api, house: House) -> None:
    id_ = make_draft(api)
    api.post(f"/campaigns/{id_}/send")
    api.post(f"/campaigns/{id_}/pause")
    assert api.get("/notifications").json()["items"] == [], "one's own acts are no news"
    api.post(f"/campaigns/{id_}/resume")
    Control(house.database).pause(house.campaign(id_).id, ENGINE, PauseReason.NO_CONNECTION, "refused")
    told = api.get("/notifications").json()
    (item,) = told["items"]
    assert (told["unread"], item["unread"], item["kind"]) == (1, True, "campaign.paused")
    assert "Spring" in item["subject"]
    before = api.get("/events?after=0&wait=0").json()["cursor"]
    assert api.post("/notifications/read", {"cursor": item["cursor"]}).json() == {"unread": 0}
    assert api.get("/notifications").json()["items"][0]["unread"] is False
    (fact,) = api.get(f"/events?after={before}&wait=0").json()["facts"]
    assert (fact["kind"], fact["topic"], fact["body"]) == ("notice.read", "notices:local", {"cursor": item["cursor"]})
    api.post("/notifications/read", {"cursor": "0"})
    assert api.get("/notifications").json()["unread"] == 0, "a mark never goes back"


def test_the_matrix_is_told_changed_and_kept_for_each_person(api: Api) -> None:
    before = {each["event"]: each for each in api.get("/notifications/choices").json()["items"]}
    assert set(before) == {"campaign.completed", "campaign.paused", "sender.health", "import", "whatsapp"}
    assert before["import"] == {
        "event": "import",
        "words": "An import is done, paused or failed",
        "app": True,
        "browser": True,
        "push": True,
        "email": False,
        "webhooks": 0,
    }
    api.post("/webhooks", {"url": "https://example.org/hook", "kinds": ["import.*"]})
    body = {"choices": [{"event": "import", "way": "app", "on": False}]}
    after = api.ask("PUT", "/notifications/choices", json=body).json()["items"]
    row = next(each for each in after if each["event"] == "import")
    assert (row["app"], row["webhooks"]) == (False, 1)
    wrong = api.ask("PUT", "/notifications/choices", json={"choices": [{"event": "x", "way": "app", "on": True}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/choices/0/event")


def test_a_browser_subscribes_is_listed_tested_and_forgotten(api: Api) -> None:
    from tests.transport.push_service import Browser, b64

    browser = Browser()
    keys = {"p256dh": b64(browser.public), "auth": b64(browser.auth)}
    body = {"endpoint": "https://push.example.net/1", "keys": keys, "expirationTime": None, "agent": "Chromium"}
    made = api.post("/notifications/push", body)
    assert made.status_code == 201, made.text
    told = api.get("/notifications/push").json()
    assert [each["id"] for each in told["items"]] == [made.json()["id"]]
    assert len(told["public_key"]) == 87
    assert "p256dh" not in made.text
    assert api.post(f"/notifications/push/{made.json()['id']}/test").status_code == 202
    assert api.delete(f"/notifications/push/{made.json()['id']}").status_code == 204
    assert api.delete(f"/notifications/push/{made.json()['id']}").status_code == 404
