"""The cron route."""

import pytest
from sqlalchemy import update

from homing.app import House
from homing.settings import load
from homing.store.tables import campaign
from tests.api.conftest import Api, make_draft

SECRET = "a secret of the cron"


def _resume(
    api: Api, secret: str | None = SECRET, path: str = "/api/v1/cron/resume-campaigns"
) -> tuple[int, dict[str, object]]:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}".encode("latin-1")}
    answer = api.get(path, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "\xe4"])
def test_without_the_secret_it_is_401_and_says_unauthorized(api: Api, secret: str | None) -> None:
    """R37: missing or wrong."""
    status, body = _resume(api, secret)
    assert (status, body["error"], body["status"]) == (401, "Unauthorized", 401)


def test_with_no_secret_set_nobody_may(house: House, api: Api) -> None:
    """R37: unset is 401, also for an empty bearer."""
    settings = load({"data": str(house.settings.data)}, {}, house.settings.data)
    bare = Api(House(settings))
    for secret in (None, "", SECRET):
        assert _resume(bare, secret)[0] == 401
    bare.house.close()


def test_the_cron_secret_opens_nothing_else(api: Api) -> None:
    assert api.get("/campaigns", headers={"Authorization": f"Bearer {SECRET}"}).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/cron/resume-campaigns", "/api/cron/resume-campaigns"])
def test_it_counts_exactly_what_it_set_moving(api: Api, house: House, path: str) -> None:
    """R37, R35: what an outage paused and what stands still; never what a person or a rule paused."""
    states = {
        "gone": {"state": "paused", "reason": "no_connection"},
        "down": {"state": "paused", "reason": "sender_down"},
        "still": {"state": "sending", "started_at": 1},
        "person": {"state": "paused", "reason": "by_person"},
        "failures": {"state": "paused", "reason": "too_many_failures"},
        "canary": {"state": "paused", "reason": "canary"},
        "draft": {},
    }
    ids = {}
    for name, values in states.items():
        ids[name] = make_draft(api, name=name)
        if not values:
            continue
        api.post(f"/campaigns/{ids[name]}/send")
        with house.database.write() as tx:
            tx.execute(update(campaign).where(campaign.c.uid == ids[name]).values(**values))
    assert _resume(api, path=path) == (200, {"resumed": 3})
    assert _resume(api, path=path) == (200, {"resumed": 0})
    now = {name: api.get(f"/campaigns/{id_}").json() for name, id_ in ids.items()}
    assert [now[name]["state"] for name in ("gone", "down", "still")] == ["sending"] * 3
    assert {name: now[name]["reason"] for name in ("person", "failures", "canary")} == {
        "person": "by_person", "failures": "too_many_failures", "canary": "canary",
    }  # fmt: skip
    assert now["draft"]["state"] == "draft"
