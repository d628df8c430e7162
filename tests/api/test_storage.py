"""What the API says while the storage refuses: from memory, and without a write of its own (L19)."""

from homing.app import House
from homing.model.ids import WorkerId
from homing.model.storage import Refusal
from homing.store.workers import Workers
from tests.api.conftest import Api, make_draft
from tests.store.ledger import FullDisk

FULL = Refusal("database or disk is full", 1_700_000_000_000, 1_700_000_005_000)


def disk(house: House) -> FullDisk:
    made = FullDisk(house.settings.database, house.world)
    house.__dict__["database"] = made
    return made


def test_L19_a_campaign_that_sends_waits_for_the_storage_and_a_draft_does_not(house: House) -> None:
    told: list[Refusal] = []
    api = Api(house, storage=lambda: told[-1] if told else None)
    sending, draft = make_draft(api), make_draft(api, "Later")
    api.post(f"/campaigns/{sending}/send")
    me: WorkerId = Workers(house.database).enter(host="here", version="0")
    assert api.get("/readyz").status_code == 200
    told.append(FULL)
    answer = api.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "waiting for storage")
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["next_at"] == "2023-11-14T22:13:25.000Z"
    shown = api.get(f"/campaigns/{sending}").json()
    assert (shown["activity"], shown["next_at"]) == ("waiting_for_storage", "2023-11-14T22:13:25.000Z")
    assert "disk is full" in shown["detail"]
    assert api.get(f"/campaigns/{draft}").json()["activity"] is None
    by_name = {each["name"]: each for each in api.get("/status").json()["campaigns"]}
    assert by_name["Spring"]["activity"] == "waiting_for_storage"
    assert by_name["Later"]["activity"] is None
    assert api.get("/events?after=0&wait=0").json()["storage"]["activity"] == "waiting_for_storage"
    told.clear()
    assert api.get(f"/campaigns/{sending}").json()["activity"] != "waiting_for_storage"
    Workers(house.database).bury([me])


def test_L19_a_token_can_still_ask_while_nothing_can_be_written(house: House) -> None:
    """That it was used is not worth refusing the question."""
    full = disk(house)
    api = Api(house, storage=lambda: FULL)
    made = api.post("/tokens", {"name": "watch"}).json()
    full.full = True
    watching = Api(house, token=made["token"], storage=lambda: FULL)
    assert watching.get("/status").json()["storage"]["detail"] == "database or disk is full"
    assert watching.get("/readyz").status_code == 503
    refused = watching.post("/lists", {"name": "new"})
    assert (refused.status_code, "disk is full" in refused.json()["detail"]) == (503, True)
