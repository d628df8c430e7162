"""What the clerk is given to do, assembled as a worker assembles it, over a real ledger and a simulated provider."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from homing.app import House
from homing.app.clerking import jobs_of, notice_mail
from homing.engine.receiver import Receiver
from homing.engine.scribe import Scribe
from homing.model.receipt import Receipt
from homing.model.sender import Health
from homing.settings import load
from homing.store import events
from homing.store.chores import Chores
from homing.store.notice_tables import notice, webhook_call
from homing.store.notices import Notices
from homing.store.receipts import HookCall, Receipts
from homing.store.suppressions import Suppressions
from homing.store.webhooks import Webhooks
from tests.api.conftest import blank

__all__ = ["blank"]


@pytest.fixture
def house(tmp_path: Path, blank: Path) -> Iterator[House]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(blank, folder / "homing.db")
    made = House(load({"data": str(folder)}, {"HOMING_NOTICE_TO": "ops@example.org"}, tmp_path))
    yield made
    made.close()


def work(house: House) -> None:
    async def go() -> None:
        scribe = Scribe(house.world)
        for _ in range(2):
            for job in jobs_of(house, scribe):
                await job.look()
        scribe.close()

    asyncio.run(go())


def test_a_notice_leaves_by_another_sender_than_the_one_it_speaks_of(house: House, tmp_path: Path) -> None:
    records = {}
    for name in ("first", "second"):
        records[name] = tmp_path / name
        options = {"from": f"Me <{name}@example.org>", "record": str(records[name])}
        house.senders.add(house.workspace.id, name, "simulated", options, {})
    down = house.senders.find(house.workspace.id, "first")
    work(house)
    house.senders.set_health(down.id, Health.DOWN, "connection refused")
    work(house)
    assert not records["first"].exists()
    assert "ops@example.org" in records["second"].read_text()
    assert not Notices(house.database).due()


def test_without_a_sender_a_notice_waits(house: House) -> None:
    with house.database.write() as tx:
        w, now = house.workspace.id, house.world.clock.now()
        events.record(
            tx, workspace_id=w, at=now, topic="campaign:u", kind="campaign.completed", body={"name": "Spring"}
        )
    work(house)
    with house.database.read() as tx:
        rows = tx.execute(select(notice.c.state, notice.c.tries, notice.c.words)).all()
    assert [tuple(row) for row in rows] == [("due", 1, "no sender can send it now")]


def test_a_notice_says_that_a_program_wrote_it(house: House) -> None:
    with house.database.write() as tx:
        w, now = house.workspace.id, house.world.clock.now()
        body = {"name": "{{ braces }} ü"}
        events.record(tx, workspace_id=w, at=now, topic="campaign:u", kind="campaign.completed", body=body)
    asyncio.run(first_job(house))
    (due,) = Notices(house.database).due()
    raw = notice_mail(due, "Homing <h@example.org>", now)
    assert b"Auto-Submitted: auto-generated\r\n" in raw
    assert b"{{ braces }}" in raw
    assert notice_mail(due, "Homing <h@example.org>", now) == raw


async def first_job(house: House) -> None:
    scribe = Scribe(house.world)
    await jobs_of(house, scribe)[0].look()
    scribe.close()


def test_no_body_of_a_provider_keeps_those_behind_it_waiting(house: House) -> None:
    """R45: of a sender that is gone, of nobody, of a shape that nothing expects: a STOP behind them is heard."""
    where = {"phone_number_id": "1055501234", "endpoint_url": "http://127.0.0.1:1"}
    gone, number = (
        house.senders.add(house.workspace.id, name, "whatsapp_cloud", where, {"api_key": "k"})
        for name in ("gone", "it")
    )
    stop = {"id": "w1", "from": "94711000001", "timestamp": "5", "type": "text", "text": {"body": "STOP"}}
    value = {"metadata": {"phone_number_id": "1055501234"}, "messages": [stop]}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    hooks = Receipts(house.database)
    hooks.keep(house.workspace.id, "whatsapp_cloud", body, sender_id=gone.id)
    house.senders.remove(gone.id)
    hooks.keep(house.workspace.id, "sendgrid", b"[{]", sender_id=number.id)
    hooks.keep(house.workspace.id, "ses", b"\xff\xfe", sender_id=number.id)
    hooks.keep(house.workspace.id, "whatsapp_cloud", b"{}", sender_id=None)
    hooks.keep(house.workspace.id, "whatsapp_cloud", body, sender_id=number.id)
    work(house)
    assert hooks.waiting() == []
    assert Suppressions(house.database).covering(house.workspace.id, "+94711000001", channel="whatsapp") is not None


def test_R45_a_reply_goes_out_by_webhook_and_the_words_of_its_sender_count(house: House) -> None:
    """Of a number of the Cloud API: what it was told of as STOP ends; the call carries ids, and no text."""
    where = {"phone_number_id": "1055501234", "endpoint_url": "http://127.0.0.1:1", "stop_words": "genug"}
    number = house.senders.add(house.workspace.id, "it", "whatsapp_cloud", where, {"api_key": "k"})
    Webhooks(house.database, house.seal).add(
        house.workspace.id, "https://hooks.example.org/in", kinds=["conversation.*"]
    )
    said = {"id": "w1", "from": "94711000001", "timestamp": "5", "type": "text", "text": {"body": "Genug!"}}
    value = {"metadata": {"phone_number_id": "1055501234"}, "messages": [said]}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    Receipts(house.database).keep(house.workspace.id, "whatsapp_cloud", body, sender_id=number.id)

    async def go() -> None:
        scribe = Scribe(house.world)
        jobs = {job.name: job for job in jobs_of(house, scribe)}
        await jobs["notifier"].look()  # from here on
        await jobs["receipts"].look()
        await jobs["notifier"].look()
        scribe.close()

    asyncio.run(go())
    assert Suppressions(house.database).covering(house.workspace.id, "+94711000001", channel="whatsapp") is not None
    with house.database.read() as tx:
        (call,) = tx.execute(select(webhook_call.c.kind, webhook_call.c.body)).all()
    assert call.kind == "conversation.received"
    assert "Genug" not in call.body
    assert '"wish":"stop"' in call.body.replace(" ", "")


def test_a_fault_of_ours_in_one_body_keeps_nobody_waiting(house: House) -> None:
    """Whatever raises: it is logged with its body's number, and the next is worked off."""
    hooks = Receipts(house.database)
    ids = [hooks.keep(house.workspace.id, "sendgrid", b"[]") for _ in range(3)]

    def parse(call: HookCall) -> list[Receipt]:
        if call.id == ids[0]:
            raise RuntimeError("a bug")
        return []

    async def confirm(call: HookCall) -> bool:
        if call.id == ids[1]:
            raise ValueError("another")
        return True

    async def go() -> None:
        scribe = Scribe(house.world)
        await Receiver(scribe, hooks, parse, confirm).look()
        scribe.close()

    asyncio.run(go())
    assert hooks.waiting() == []


def test_each_job_is_called_while_it_has_something_to_do(house: House) -> None:
    """What the worker asks of all jobs at once says of each what its own look would find."""
    scribe = Scribe(house.world)
    jobs = {job.name: job for job in jobs_of(house, scribe)}
    chores = Chores({name: job.waits for name, job in jobs.items() if job.waits is not None})

    def waiting() -> frozenset[str]:
        with house.database.read() as tx:
            return chores.look(tx, house.world.clock.now())

    async def look(name: str) -> None:
        while await jobs[name].look():
            pass

    w, now = house.workspace.id, house.world.clock.now()
    asyncio.run(look("notifier"))
    assert waiting() == frozenset()
    Webhooks(house.database, house.seal).add(w, "https://hooks.example.org/in", kinds=["campaign.completed"])
    with house.database.write() as tx:
        events.record(tx, workspace_id=w, at=now, topic="campaign:u", kind="campaign.completed", body={"name": "S"})
    assert waiting() == {"notifier"}
    asyncio.run(look("notifier"))
    assert waiting() == {"webhooks", "notices"}
    Receipts(house.database).keep(w, "sendgrid", b"[]")
    assert waiting() == {"webhooks", "notices", "receipts"}
    asyncio.run(look("receipts"))
    house.senders.add(
        w, "number", "whatsapp_cloud", {"phone_number_id": "1", "endpoint_url": "http://127.0.0.1:9"}, {"api_key": "k"}
    )
    with house.database.write() as tx:
        tx.execute(update(notice).values(state="done"))
        tx.execute(update(webhook_call).values(state="done"))
    assert waiting() >= {"numbers at WhatsApp"}
    scribe.close()
