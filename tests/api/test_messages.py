"""POST /messages and what becomes of them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from homing.app import make_worker
from homing.store.idempotency import Idempotency
from tests.api.conftest import Api, make_draft
from tests.engine.rig import until

LETTER: dict[str, Any] = {
    "to": "Ada@Example.org",
    "name": "Ada",
    "subject": "Your code, {{ who }}",
    "text": "It is {{ code }}.\n",
    "vars": {"who": "Ada", "code": "7"},
}


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    return tmp_path / "accepted"


@pytest.fixture
def mail(api: Api, sink: Path) -> Api:
    """An API with a sender that writes down what it takes."""
    options = {"from": "Me <me@example.org>", "record": str(sink), "latency": "5ms"}
    api.house.senders.add(api.house.workspace.id, "sim", "simulated", options, {})
    return api


async def _drained(api: Api, ids: list[str]) -> None:
    worker = make_worker(api.house)
    task = asyncio.get_running_loop().create_task(worker.run())
    states = lambda: [_states(api, ids)]  # noqa: E731 - asked again and again
    await until(lambda: all(s == "sent" for s in states()[0]), every=0.05)
    worker.stop()
    await task


def _states(api: Api, ids: list[str]) -> list[str]:
    from homing.store.messages import Messages

    messages = Messages(api.house.database)
    return [messages.get(api.house.workspace.id, each).state for each in ids]


def test_a_message_is_durable_before_its_answer_and_is_sent_with_its_own_content(mail: Api, sink: Path) -> None:
    made = mail.post("/messages", LETTER)
    assert made.status_code == 202, made.text
    told = made.json()
    assert (told["state"], told["to"], told["timeline"]) == ("queued", "ada@example.org", [])
    other = mail.post("/messages", {**LETTER, "to": "bob@example.org", "html": "<p>{{ code }}</p>"}).json()
    asyncio.run(_drained(mail, [told["id"], other["id"]]))
    after = mail.get(f"/messages/{told['id']}").json()
    assert after["state"] == "sent"
    assert [(one["attempt"], one["state"], one["sender"]) for one in after["timeline"]] == [(1, "accepted", "sim")]
    assert after["provider_id"]
    lines = sorted(line.split("\t")[1] for line in sink.read_text().splitlines())
    assert lines == ["ada@example.org", "bob@example.org"]


def test_the_same_key_is_the_same_message_also_when_the_server_died_before_it_kept_its_answer(mail: Api) -> None:
    key = {"Idempotency-Key": "order 1"}
    first = mail.post("/messages", LETTER, headers=key)
    again = mail.post("/messages", LETTER, headers=key)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    Idempotency(mail.house.database).forget("local", "order 1")
    with mail.house.database.write() as tx:
        from sqlalchemy import delete

        from homing.store.tables import idempotency

        tx.execute(delete(idempotency))
    third = mail.post("/messages", LETTER, headers=key)
    assert third.status_code == 202
    assert third.json()["id"] == first.json()["id"]
    assert mail.post("/messages", {**LETTER, "to": "x@example.org"}, headers=key).status_code == 422
    assert mail.post("/messages", LETTER).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to": "nobody"}, "/to"),
        ({"vars": {}}, "/vars"),
        ({"subject": "{{ broken"}, "/subject"),
        ({"from": "not an address"}, "/from"),
        ({"senders": ["missing"]}, None),
        ({"attachments": [{"filename": "a.txt", "content": "%%"}]}, None),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once_and_nothing_is_kept(
    mail: Api, change: dict[str, Any], pointer: str | None
) -> None:
    refused = mail.post("/messages", {**LETTER, **change})
    assert refused.status_code in (404, 422), refused.text
    if pointer is not None:
        assert any(each["pointer"].startswith(pointer) for each in refused.json()["errors"]), refused.text
    assert json.loads(mail.get("/campaigns").text)["items"] == []


def test_single_messages_are_no_campaign_that_people_see_and_never_stand_still(mail: Api) -> None:
    made = mail.post("/messages", LETTER).json()
    assert mail.get("/campaigns").json()["items"] == []
    status = mail.get("/status").json()
    assert status["campaigns"] == []
    assert mail.get(f"/messages/{made['id'][:-2]}zz").status_code == 404
    secret = {"Authorization": "Bearer a secret of the cron"}
    assert mail.get("/api/cron/resume-campaigns", headers=secret).json() == {"resumed": 0}


def test_an_address_that_is_suppressed_is_skipped_and_says_so(mail: Api) -> None:
    mail.post("/suppressions", {"address": "ada@example.org"})
    made = mail.post("/messages", LETTER).json()

    async def story() -> None:
        worker = make_worker(mail.house)
        task = asyncio.get_running_loop().create_task(worker.run())
        await until(lambda: _states(mail, [made["id"]]) == ["skipped"], every=0.05)
        worker.stop()
        await task

    asyncio.run(story())
    assert mail.get(f"/messages/{made['id']}").json()["reason"] == "suppressed"


def test_it_goes_ahead_of_bulk_on_its_lane(mail: Api, sink: Path) -> None:
    """A campaign of 2,000 is under way through the same sender: the message leaves before most of it."""
    house = mail.house
    for n in range(40):
        mail.post("/contacts", {"email": f"bulk{n}@example.org", "list": "all"})
    house.senders.set(house.senders.find(house.workspace.id, "sim").id, {"rate": "20/s"})
    id_ = make_draft(mail, senders=["sim"])
    assert mail.post(f"/campaigns/{id_}/send").status_code == 202

    async def story() -> None:
        worker = make_worker(house)
        task = asyncio.get_running_loop().create_task(worker.run())
        await until(lambda: sink.exists() and len(sink.read_text().splitlines()) >= 5, every=0.02)
        made = mail_post(house)
        await until(lambda: _states(mail, [made]) == ["sent"], every=0.02)
        bulk = sum("bulk" in line for line in sink.read_text().splitlines())
        assert bulk < 30, "it did not wait for the list"
        worker.stop()
        await task

    def mail_post(house: Any) -> str:
        from homing.store.messages import Messages

        sender = house.senders.find(house.workspace.id, "sim").id
        content = {"subject": "now", "text": "now", "from": "me@example.org"}
        return Messages(house.database).post(house.workspace.id, [sender], "now@example.org", content, actor="test")

    asyncio.run(story())


def test_its_sender_can_be_removed_when_nothing_is_open(mail: Api) -> None:
    made = mail.post("/messages", LETTER).json()
    assert mail.delete("/senders/sim").status_code == 409
    asyncio.run(_drained(mail, [made["id"]]))
    assert mail.delete("/senders/sim").status_code == 204
    assert mail.get(f"/messages/{made['id']}").json()["state"] == "sent"
