"""Workers of the version before go on sending while a PostgreSQL is migrated; a migration only adds (decision 0015)."""

import ast
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import pytest
from alembic import command
from sqlalchemy import text

from homing.model.errors import Unreachable
from homing.model.ids import CampaignId, SenderId, WorkerId, WorkspaceId
from homing.store import migrate
from homing.store.database import Database
from homing.store.share import Claimed, ClaimWish, Share
from homing.store.turn import TurnAnswer, Turns
from homing.world import World
from tests import postgres

OLD = "0016"  # the first that this rule holds from
COUNT = 600
TAKING = {"drop_table", "drop_column", "drop_constraint", "rename_table", "alter_column"}
ROWS = f"""
INSERT INTO workspace (id, uid, name, created_at) VALUES (1, 'w', 'default', 0);
INSERT INTO sender (id, uid, workspace_id, name, kind, created_at) VALUES (1, 's', 1, 's', 'simulated', 0);
INSERT INTO worker (id, uid, host, machine, boot, pid, version, started_at, seen_at) VALUES (1, 'x', 'h', 'm', '', 1, '0', 0, 0);
INSERT INTO lease (kind, key, "group", owner, epoch, until)
  SELECT 'lane', '1/' || n, '1', 1, 1, 9e15 FROM generate_series(0, 15) n;
INSERT INTO contact (id, uid, workspace_id, email, created_at, updated_at)
  SELECT n, 'c' || n, 1, 'u' || n || '@a.test', 0, 0 FROM generate_series(1, {COUNT}) n;
INSERT INTO campaign (id, uid, workspace_id, name, state, sender_id, planned_through, planned_at, created_at, started_at)
  VALUES (1, 'c', 1, 'c', 'sending', 1, {COUNT}, 1, 0, 1);
INSERT INTO campaign_count (campaign_id, shard) SELECT 1, n FROM generate_series(0, 15) n;
INSERT INTO delivery (campaign_id, seq, contact_id, address, shard, state)
  SELECT 1, n, n, 'u' || n || '@a.test', n % 16, 'queued' FROM generate_series(1, {COUNT}) n;
"""


@pytest.fixture
def old() -> Iterator[str]:
    """The URL of a PostgreSQL at the old revision, in which a campaign is being sent."""
    url = postgres.fresh()
    db = Database(url, World())
    config = migrate._config()
    with db.driver.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLD)
        connection.execute(text(ROWS))
    db.close()
    yield url
    postgres.drop(url)


class Sending:
    """Takes turns as a worker does: what a busy database refuses is taken again."""

    def __init__(self, url: str) -> None:
        self.db = Database(url, World())
        self.turns = Turns(self.db, WorkerId(1), SenderId(1))
        self.gone: list[int] = []
        self.refused = 0

    def take(self, **what: object) -> TurnAnswer:
        for _ in range(100):
            share = Share(CampaignId(1), WorkspaceId(1), "campaign:c")
            for name, value in what.items():
                setattr(share, name, value)
            try:
                return self.turns.take([share])
            except Unreachable:
                self.refused += 1
        raise AssertionError("the database never comes back")

    def ten(self, first: int) -> None:
        fresh = list(range(first, first + 10))
        rows: list[Claimed] = self.take(claim=ClaimWish(10, fresh, late=False)).shares[CampaignId(1)].claimed
        keys = [(row.seq, row.attempt) for row in rows]
        went = self.take(intend=keys).shares[CampaignId(1)].go
        self.gone += [seq for seq, _ in went]
        self.take(sent=[(*key, None) for key in sorted(went)])


@pytest.mark.slow
def test_L23_a_worker_of_before_goes_on_sending_while_the_newest_migrations_run(old: str) -> None:
    sending = Sending(old)
    begun, migrated = threading.Event(), threading.Event()

    def send() -> None:
        for first in range(1, COUNT + 1, 10):
            sending.ten(first)
            if first > COUNT // 4:
                begun.set()
            if first > COUNT // 2:
                assert migrated.wait(120)

    def bring() -> str:
        begun.wait(120)
        db = Database(old, World())
        try:
            return migrate.upgrade(db)
        finally:
            db.close()
            migrated.set()

    with ThreadPoolExecutor(2) as pool:
        sent, brought = pool.submit(send), pool.submit(bring)
        assert brought.result() == migrate.head()
        sent.result()
    assert sorted(sending.gone) == list(range(1, COUNT + 1)), "each once"
    with sending.db.read() as tx:
        assert tx.execute(text("SELECT state, count(*) FROM delivery GROUP BY state")).all() == [("sent", COUNT)]
        assert tx.execute(text("SELECT sum(sent) FROM campaign_count")).scalar() == COUNT
        assert tx.execute(text("SELECT state FROM campaign")).scalar() == "completed"
    sending.db.close()


def takes(source: str) -> list[str]:
    """What a migration's upgrade takes away or forbids."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in TAKING:
            found.append(ast.unparse(node))
        if name == "add_column":
            column = ast.unparse(node)
            if "nullable=False" in column and "server_default" not in column:
                found.append(column)
    return found


def test_a_migration_takes_nothing_away_from_the_version_before() -> None:
    assert takes("op.drop_column('a', 'b')")
    assert takes("op.add_column('a', sa.Column('b', sa.Text(), nullable=False))")
    assert not takes("op.add_column('a', sa.Column('b', sa.Text(), nullable=False, server_default=''))")
    folder = resources.files("homing.store").joinpath("migrations", "versions")
    files = {file.name[:4]: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".py")}
    assert OLD in files
    taking = {name: found for name, source in files.items() if name > OLD and (found := takes(source))}
    assert not taking, f"decision 0015: add now, take away in the next release: {taking}"
