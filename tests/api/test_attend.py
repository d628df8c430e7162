"""/attend, /campaigns/{id}/watch and /mode over HTTP, and the frames of /events as the description tells them."""

from homing.api.frame_shapes import PollAnswer
from homing.app import House
from homing.store.attendance import Attendances
from tests.api.conftest import Api, make_draft

ME, YOU = "browser-one", "browser-two"


def test_R2_whoever_starts_it_attends_until_another_device_takes_over(api: Api, house: House) -> None:
    id_ = make_draft(api, mode="attended")
    started = api.post(f"/campaigns/{id_}/send", {"attendant": ME}).json()
    assert (started["mode"], started["state"], started["attendant"]) == ("attended", "sending", ME)
    ack = api.post("/attend", {"n": 7, "attendant": ME, "campaigns": [id_, "0" * 8]}).json()
    assert ack == {"n": 7, "lease_ms": 2500, "campaigns": {id_: {"state": "sending", "held": True, "why": None}}}
    assert api.post(f"/campaigns/{id_}/watch", {"attendant": YOU}).json()["attendant"] == YOU
    told = api.post("/attend", {"attendant": ME, "campaigns": [id_]}).json()["campaigns"][id_]
    assert (told["held"], told["why"]) == (False, "elsewhere")


def test_R10_send_via_cloud_at_any_moment_and_nothing_more_after_the_end(api: Api, house: House) -> None:
    id_ = make_draft(api, mode="attended")
    api.post(f"/campaigns/{id_}/send", {"attendant": ME})
    attendances = Attendances(house.database, grace_ms=-1)
    campaign = house.campaign(id_)
    attendances.acknowledge(house.workspace.id, ME, [id_])
    assert attendances.pause_unwatched(campaign.id) is not None
    refused = api.post(f"/campaigns/{id_}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_watches")
    changed = api.post(f"/campaigns/{id_}/mode", {"mode": "server"}).json()
    assert (changed["mode"], changed["state"], changed["attendant"]) == ("server", "sending", None)
    assert api.post(f"/campaigns/{id_}/watch", {"attendant": ME}).status_code == 409
    api.post(f"/campaigns/{id_}/cancel")
    assert api.post(f"/campaigns/{id_}/mode", {"mode": "attended"}).status_code == 409


def test_a_name_that_is_no_random_word_is_refused(api: Api, draft: str) -> None:
    for name in ("", "short", "has a space in it", "x" * 81, "ümlaut-name"):
        refused = api.post("/attend", {"attendant": name, "campaigns": [draft]})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/attendant")
    assert api.post(f"/campaigns/{draft}/mode", {"mode": "cloud"}).status_code == 422


def test_the_long_poll_tells_the_frames_of_the_stream_and_counts_as_an_acknowledgement(api: Api, house: House) -> None:
    id_ = make_draft(api, mode="attended")
    api.post(f"/campaigns/{id_}/send", {"attendant": ME})
    Attendances(house.database, grace_ms=-1).acknowledge(house.workspace.id, ME, [id_])
    Attendances(house.database).pause_unwatched(house.campaign(id_).id)
    answer = api.get(f"/events?after=0&wait=0&attendant={ME}").json()
    PollAnswer.model_validate(answer)
    kinds = [frame["event"] for frame in answer["frames"]]
    assert kinds == ["hello", "batch", "ping"]
    batch = answer["frames"][1]
    assert (batch["data"]["from"], batch["id"]) == ("0", answer["cursor"])
    assert [fact[2] for fact in batch["data"]["facts"]][-2:] == ["campaign.paused", "campaign.resumed"]
    assert batch["data"]["snap"][id_]["state"] == "sending"
    assert answer["frames"][2]["data"]["attend"] == [id_]
    gone = api.get("/events?after=999999&wait=0").json()
    assert [frame["event"] for frame in gone["frames"]] == ["hello", "reset"]
