"""API tokens."""

from pathlib import Path

import pytest

from homing.model.errors import Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.store import migrate
from homing.store.database import Database
from homing.store.tokens import Scope, Tokens, looks_right
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


@pytest.fixture
def workspace(database: Database) -> WorkspaceId:
    return Workspaces(database).ensure_default().id


def test_a_leaked_database_yields_no_token(database: Database, workspace: WorkspaceId, tmp_path: Path) -> None:
    _, secret = Tokens(database).create(workspace, "ci")
    database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert secret.startswith("hm_live_")
    assert len(secret) == 8 + 32 + 6
    assert secret.encode() not in stored
    assert secret[8:40].encode() not in stored


def test_a_token_is_known_until_it_is_revoked(database: Database, workspace: WorkspaceId) -> None:
    tokens = Tokens(database)
    assert not tokens.any()
    made, secret = tokens.create(workspace, "ci", ["read"])
    assert tokens.any()
    found = tokens.check(secret)
    assert found is not None
    assert (found.uid, found.scopes, found.workspace_id) == (made.uid, (Scope.READ,), workspace)
    assert tokens.list(workspace)[0].last_used_at is not None
    tokens.revoke(workspace, "ci")
    assert tokens.check(secret) is None
    assert not tokens.any()
    with pytest.raises(NotFound):
        tokens.revoke(workspace, "ci")


def test_a_mistyped_token_is_told_by_its_checksum(database: Database, workspace: WorkspaceId) -> None:
    _, secret = Tokens(database).create(workspace, "ci")
    wrong = secret[:-7] + ("a" if secret[-7] != "a" else "b") + secret[-6:]
    assert looks_right(secret)
    assert not looks_right(wrong)
    assert Tokens(database).check(wrong) is None
    assert Tokens(database).check("hm_live_" + "ä" * 38) is None


def test_an_unknown_scope_is_refused(database: Database, workspace: WorkspaceId) -> None:
    with pytest.raises(Invalid, match="read, write, send, admin"):
        Tokens(database).create(workspace, "ci", ["everything"])


def test_a_token_of_another_workspace_cannot_be_revoked_from_here(database: Database, workspace: WorkspaceId) -> None:
    """R46: nothing reaches across workspaces."""
    other = Workspaces(database).add("other")
    made, _ = Tokens(database).create(other.id, "theirs")
    for reference in ("theirs", made.uid):
        with pytest.raises(NotFound):
            Tokens(database).revoke(workspace, reference)
