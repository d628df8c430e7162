"""`homing recurring`."""

from pathlib import Path

from tests.cli.conftest import Run


def test_a_draft_is_made_to_come_again_rests_and_ends(homing: Run, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Hello")
    draft = ["--subject", "Hi", "--text", letter, "--name", "Weekly", "--draft"]
    homing("sender", "add", "simulated", "--name", "sim", "--from", "Me <me@example.org>")
    homing("contacts", "add", "a@example.org", "--list", "all")
    homing("send", "--sender", "sim", "--list", "all", *draft)
    made = homing("recurring", "add", "Weekly", "0 9 * * 1", "--zone", "Europe/Berlin", "--json").json
    assert (made["name"], made["on"], made["runs"]) == ("Weekly", True, [])
    assert homing("recurring", "list", "--json").json["recurring"] == [made]
    assert homing("recurring", "show", "Weekly", "--json").json == made
    assert homing("recurring", "set", "Weekly", "--off", "--json").json["next_at"] is None
    assert homing("recurring", "set", made["id"][:30], "--on", "--cron", "30 8 * * *", "--json").json["next_at"]
    homing("recurring", "add", "Weekly", "99 9 * * 1", code=2)
    homing("recurring", "set", "Weekly", code=2)
    homing("recurring", "remove", "Weekly", code=3)
    homing("recurring", "remove", "Weekly", "--yes")
    homing("recurring", "show", "Weekly", code=3)
