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
