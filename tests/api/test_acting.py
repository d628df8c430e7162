"""Idempotency-Key."""

import threading
from concurrent.futures import ThreadPoolExecutor

from homing.store.idempotency import Idempotency
from tests.api.conftest import Api

KEY = {"Idempotency-Key": "one"}


def test_a_repeated_request_gets_the_first_answer_and_is_not_done_twice(api: Api) -> None:
    first = api.post("/lists", {"name": "a"}, headers=KEY)
    again = api.post("/lists", {"name": "a"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(api.get("/lists").json()["items"]) == 1


def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    api.post("/lists", {"name": "a"}, headers=KEY)
    refused = api.post("/lists", {"name": "b"}, headers=KEY)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_in_flight_is_a_conflict(api: Api) -> None:
    kept = Idempotency(api.house.database)
    assert api.post("/lists", {"name": "a"}, headers=KEY).status_code == 201
    fingerprints: list[str] = []

    class Seen(Idempotency):
        def begin(self, principal: str, key: str, fingerprint: str) -> None:
            fingerprints.append(fingerprint)
            assert kept.begin(principal, "two", fingerprint) is None

    api.app.state.ledger.idempotency = Seen(api.house.database)
    api.post("/lists", {"name": "c"}, headers=KEY)
    api.app.state.ledger.idempotency = kept
    refused = api.post("/lists", {"name": "c"}, headers={"Idempotency-Key": "two"})
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_in_flight")


def test_many_at_once_do_it_once(api: Api, draft: str) -> None:
    gate = threading.Barrier(5)

    def post(_: int) -> int:
        gate.wait()
        return api.post("/lists", {"name": "a"}, headers=KEY).status_code

    with ThreadPoolExecutor(5) as pool:
        codes = sorted(pool.map(post, range(5)))
    assert set(codes) <= {201, 409}
    assert [each["name"] for each in api.get("/lists").json()["items"]].count("a") == 1


def test_a_refused_request_does_not_use_its_key_up(api: Api) -> None:
    assert api.post("/lists", {"name": ""}, headers=KEY).status_code == 422
    assert api.post("/lists", {"wrong": 1}, headers=KEY).status_code == 422
    assert api.post("/lists", {"name": "a"}, headers=KEY).status_code == 201


def test_a_key_without_use_is_refused(api: Api) -> None:
    assert api.post("/lists", {"name": "a"}, headers={"Idempotency-Key": "x" * 300}).status_code == 422
