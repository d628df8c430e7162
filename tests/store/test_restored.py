"""A restored copy starts paused (law L21); an ordinary restart goes on by itself (R33)."""

import shutil
from pathlib import Path

from sqlalchemy import insert

from homing.model.campaign import PauseReason, State
from homing.model.ids import SenderId, WorkspaceId
from homing.store import migrate
from homing.store.campaigns import Campaign, Campaigns, Draft
from homing.store.control import By, Control
from homing.store.database import Database
from homing.store.restored import MARK, Witness
from homing.store.tables import meta, sender
from homing.store.workspaces import Workspaces
from homing.world import World


def _ledger(path: Path) -> tuple[Database, Campaign]:
    db = Database(f"sqlite:///{path}", World())
    migrate.upgrade(db)
    workspace = Workspaces(db).ensure_default()
    with db.write() as tx:
        tx.execute(insert(sender).values(uid="s", workspace_id=workspace.id, name="s", kind="simulated", created_at=0))
    content = {"subject": "s", "text": "t", "from": "a@example.org"}
    draft = Draft("Spring", content, {"all": True}, senders=[SenderId(1)])
    made = Campaigns(db).create(WorkspaceId(workspace.id), draft)
    return db, Control(db).start(made.id, By("cli:test"))


def test_L21_a_restart_goes_on_by_itself(tmp_path: Path) -> None:
    db, campaign = _ledger(tmp_path / "homing.db")
    assert Witness(db).check() == []
    Witness(db).note()
    assert Witness(db).check() == []
    assert Campaigns(db).get(campaign.id).state is State.SENDING


def test_L21_an_older_copy_starts_paused_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "homing.db"
    db, campaign = _ledger(path)
    Witness(db).check()
    db.close()
    shutil.copy(path, tmp_path / "backup.db")
    control = Control(db)
    control.pause(campaign.id, By("cli:test"))
    control.resume(campaign.id, By("cli:test"))
    Witness(db).note()
    db.close()
    for left in tmp_path.glob("homing.db-wal"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", path)
    paused = Witness(db).check()
    assert [(c.state, c.reason) for c in paused] == [(State.PAUSED, PauseReason.RESTORED)]
    assert "older copy" in (paused[0].detail or "")
    assert control.rescue(By("cron")) == []  # nobody but a person who looked resumes it
    assert control.resume(campaign.id, By("cli:test")).state is State.SENDING
    assert Witness(db).check() == []


def test_L21_the_mark_of_a_backup_pauses_once(tmp_path: Path) -> None:
    db, campaign = _ledger(tmp_path / "homing.db")
    with db.write() as tx:
        tx.execute(insert(meta).values(name=MARK, value="1"))
    assert [c.id for c in Witness(db).check()] == [campaign.id]
    Control(db).resume(campaign.id, By("cli:test"))
    assert Witness(db).check() == []


def test_L21_a_ledger_from_another_machine_is_a_copy(tmp_path: Path) -> None:
    db, campaign = _ledger(tmp_path / "homing.db")
    (tmp_path / "homing.db-seen").write_text('{"machine": "another", "event": 0}')
    assert [c.id for c in Witness(db).check()] == [campaign.id]
