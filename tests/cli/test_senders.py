"""`homing sender`."""

from pathlib import Path

from tests.cli.conftest import Run


def test_a_sender_is_made_changed_shown_and_removed(homing: Run, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("canary\n")
    homing(
        "sender", "add", "smtp", "--name", "news", "--host", "127.0.0.1", "--port", 2525, "--user", "u",
        "--password-file", secret, "--probe", "127.0.0.1:1", "--probe", "127.0.0.1:2", "--pacing", "off",
    )  # fmt: skip
    homing("sender", "set", "news", "--rate", "20/s", "--defer-for", "1h")
    told = homing("sender", "list", "--json")
    [one] = told.json["senders"]
    assert (one["name"], one["kind"], one["health"], one["version"]) == ("news", "smtp", "up", 2)
    assert one["options"] == {
        "host": "127.0.0.1", "port": 2525, "user": "u", "probe": ["127.0.0.1:1", "127.0.0.1:2"], "pacing": "off",
        "rate": "20/s", "defer_for": "1h",
    }  # fmt: skip
    assert one["credentials_set_at"] is not None
    assert "canary" not in told.out
    homing("sender", "set", one["id"][:20], "--rate", "")
    homing("sender", "remove", "news")
    assert homing("sender", "list", "--json").json == {"senders": []}


def test_a_wrong_flag_is_named_with_its_cure(homing: Run) -> None:
    err = homing(
        "sender", "add", "smtp", "--name", "x", "--host", "h", "--rate", "fast", "--pacing", "wild", code=2
    ).err
    assert "--rate: 'fast' is no rate; write 20/s" in err
    assert "--pacing: 'wild' is no pacing" in err


def test_an_unknown_kind_names_those_there_are(homing: Run) -> None:
    assert "smtp, simulated" in homing("sender", "add", "pigeon", "--name", "x", code=2).err


def test_the_table_outside_a_terminal_is_separated_by_tabs(homing: Run) -> None:
    homing("sender", "add", "simulated", "--name", "a b")
    lines = homing("sender", "list").out.splitlines()
    assert lines[0].split("\t")[0] == "name"
    assert lines[1].split("\t")[0::2] == ["a b", "simulated", ""]
