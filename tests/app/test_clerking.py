"""What the clerk is given to do, assembled as a worker assembles it, over a real ledger and a simulated provider."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from homing.app import House
from homing.app.clerking import jobs_of, notice_mail
from homing.engine.scribe import Scribe
from homing.model.sender import Health
from homing.settings import load
from homing.store import events
from homing.store.notice_tables import notice
from homing.store.notices import Notices
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
