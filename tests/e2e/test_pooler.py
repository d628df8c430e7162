"""Through PgBouncer in transaction mode everything works: nothing of a session is relied on."""

import asyncio
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from homing.live.line import Wish
from homing.live.reader import Reader
from homing.store import migrate
from homing.store.attendance import Attendances
from homing.store.database import Database
from homing.store.events import Events, record
from homing.store.status import StatusBoard
from homing.store.workspaces import Workspaces
from homing.world import World
from proofs.patience import until
from proofs.pg_stand import Machines
from proofs.rig import Rig, sink
from tests.e2e.pooler import Behind, Pooler, pooled
from tests.postgres import QUICK, Server

pytestmark = [pytest.mark.e2e, pytest.mark.needs("pgbouncer")]
MESSAGES = 2_000


@pytest.fixture
def server() -> Iterator[Server]:
    place = Path(tempfile.mkdtemp(prefix="hpb"))
    made = Server(place, QUICK)
    try:
        made.start()
        yield made
    finally:
        with suppress(Exception):
            made.stop(signal.SIGQUIT)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def pooler(server: Server) -> Iterator[Pooler]:
    with pooled(server) as made:
        yield made


def test_L06_a_campaign_through_a_pooler_is_complete_and_nobody_gets_it_twice(
    server: Server, pooler: Pooler, tmp_path: Path
) -> None:
    """Migrated, planned, sent by two workers; one is killed and the pooler is cut in the middle."""
    with sink(tmp_path) as found:
        found.order(set={"latency": 0.05})
        ledger = Behind(tmp_path / "data", server, pooler)
        ledger.prepare(found.port, MESSAGES, {"in_flight": 60})
        fleet = Machines(ledger)
        rig = Rig(tmp_path, found, ledger, fleet, random.Random(1), MESSAGES)
        try:
            for _ in range(2):
                fleet.start()
            fleet.until_ready(2)
            until(lambda: found.look() > MESSAGES / 5, 60, "a fifth has arrived")
            until(lambda: len(fleet.holders()) == 2, 60, "both hold lanes")
            fleet.kill(fleet.holders()[0])
            fleet.start()
            until(lambda: found.look() > MESSAGES / 2, 60, "half has arrived")
            pooler.restart()
            found.order(set={"latency": 0.0})
            ledger.finished(120)
            verdict = rig.judge()
            assert not fleet.gone(), fleet.said()
        finally:
            fleet.close()
    assert verdict.clean, verdict
    assert (verdict.dup, verdict.lost, verdict.false, verdict.open) == (0, 0, 0, 0)
    assert verdict.accepted >= MESSAGES - verdict.uncertain
    assert verdict.uncertain <= 120, "what two cuts can leave in doubt"


def test_R09_news_comes_through_a_pooler_by_looking(server: Server, pooler: Pooler) -> None:
    """No NOTIFY arrives there, and nobody waits for one."""
    db = Database(pooler.url(), World())
    migrate.upgrade(db)
    workspace = Workspaces(db).ensure_default().id
    wakes: list[None] = []
    ear = Events(db).listen(lambda: wakes.append(None))
    assert ear is not None

    async def watch() -> None:
        reader = Reader(Events(db), StatusBoard(db), Attendances(db), World(), version="1", poll=300.0)
        line = await reader.open(Wish(workspace), None)
        with db.write() as tx:
            record(tx, workspace_id=workspace, at=1, topic="campaign:x", kind="told", body={})
        async with asyncio.timeout(60):
            async for data in line.frames():
                if b"told" in data:
                    break
        await reader.stop()

    asyncio.run(watch())
    assert not ear.hears
    assert wakes == []
    ear.close()
    db.close()
