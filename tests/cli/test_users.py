"""`homing user`: who may sign in."""

from pathlib import Path

from homing.store.database import Database
from homing.store.people import People
from homing.store.sessions import Links
from tests.cli.conftest import Run


def test_the_first_user_is_the_owner_and_links_work_once(homing: Run, tmp_path: Path, database: Database) -> None:
    made = homing("user", "add", "Ann@example.org", "--name", "Ann", "--json").json
    assert (made["email"], made["role"]) == ("ann@example.org", "owner")
    secret = made["link"].partition("/link#")[2]
    assert Links(database).use(secret).kind == "invite"
    assert homing("user", "add", "bob@example.org", "--json").json["role"] == "sender"
    homing("user", "add", "bob@example.org", code=3)
    homing("user", "add", "x@example.org", "--role", "king", code=2)
    password = tmp_path / "password"
    password.write_text("seven grey herons\n")
    homing("user", "password", "bob@example.org", "--password-file", password)
    bob = People(database).by_email("bob@example.org")
    assert bob is not None
    assert People(database).check_password(bob, "seven grey herons")
    homing("user", "disable", "ann@example.org", code=3)
    homing("user", "disable", "bob@example.org")
    found = {each["email"]: each for each in homing("user", "list", "--json").json["users"]}
    assert found["bob@example.org"]["disabled_at"]
    assert found["ann@example.org"]["invited"] is True
    homing("user", "disable", "bob@example.org", "--enable")
    assert People(database).roles(bob.id)


def test_a_token_may_end_by_itself(homing: Run) -> None:
    homing("token", "create", "--name", "short", "--expires", "90d")
    (token,) = homing("token", "list", "--json").json["tokens"]
    assert token["expires_at"] > token["created_at"]
    homing("token", "create", "--expires", "soon", code=2)
