"""`homing token`."""

from tests.cli.conftest import Run


def test_a_token_is_printed_alone_and_once(homing: Run) -> None:
    made = homing("token", "create", "--name", "ci")
    assert made.out.startswith("hm_live_")
    assert made.out.count("\n") == 1
    listed = homing("token", "list", "--json")
    assert [t["name"] for t in listed.json["tokens"]] == ["ci"]
    assert made.out.strip() not in listed.out
    homing("token", "revoke", "ci")
    homing("token", "revoke", "--name", "ci", code=3)
    assert homing("token", "list", "--json").json["tokens"][0]["revoked_at"]


def test_a_token_may_be_narrowed(homing: Run) -> None:
    assert homing("token", "create", "--scope", "read", "--json").json["scopes"] == ["read"]
    homing("token", "create", "--scope", "all", code=2)
