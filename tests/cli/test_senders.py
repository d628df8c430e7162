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
    assert (
        "smtp, sendgrid, ses, whatsapp_cloud, whatsapp_linked, simulated"
        in homing("sender", "add", "pigeon", "--name", "x", code=2).err
    )


def test_the_table_outside_a_terminal_is_separated_by_tabs(homing: Run) -> None:
    homing("sender", "add", "simulated", "--name", "a b")
    lines = homing("sender", "list").out.splitlines()
    assert lines[0].split("\t")[0] == "name"
    assert lines[1].split("\t")[0::2] == ["a b", "simulated", ""]


def test_every_number_of_resilience_is_shown_and_can_be_changed(homing: Run, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("SG.canary\n")
    homing("sender", "add", "sendgrid", "--name", "sg", "--api-key-file", key, "--from", "A <a@b.test>")
    [one] = homing("sender", "list", "--json").json["senders"]
    assert one["settings"] == {
        "rate": None, "hourly": None, "daily": None, "warm_up": None, "connections": 100, "in_flight": 100, "retries": 3,
        "backoff_seconds": 1.0, "backoff_cap_seconds": 60.0, "defer_for_seconds": 86400.0, "timeout_seconds": 30.0,
        "probe": ["8.8.8.8:53"], "probe_timeout_seconds": 5.0, "check_every_seconds": 10.0,
        "give_up_after_seconds": 300.0, "resume_when_back": True, "pacing": "off", "delay_seconds": [1.0, 3.0],
        "rest_every": 50, "rest_seconds": [30.0, 60.0], "per_minute": 20, "per_domain": None,
    }  # fmt: skip
    homing("sender", "set", "sg", "--retries", 5, "--check-every", "2s", "--give-up-after", 0, "--hourly", 100)
    homing("sender", "set", "sg", "--per-domain", "60/m")
    told = homing("sender", "list")
    assert "5 retries" in told.out
    assert "never pauses" in told.out
    assert "hourly 100" in told.out
    assert "60/m to each domain" in told.out
    assert "canary" not in told.out + homing("sender", "list", "--json").out


def test_a_provider_is_asked_for_what_it_needs(homing: Run, tmp_path: Path) -> None:
    assert "--api-key-file" in homing("sender", "add", "sendgrid", "--name", "x", code=2).err
    assert "--region" in homing("sender", "add", "ses", "--name", "x", code=2).err
    assert (
        "--secret-key-file"
        in homing("sender", "add", "ses", "--name", "x", "--region", "eu-west-1", "--access-key-id", "AKIA", code=2).err
    )
    key = tmp_path / "key"
    key.write_text("s")
    bad = ("sender", "add", "sendgrid", "--name", "x", "--api-key-file", key, "--endpoint-url")
    assert "give https" in homing(*bad, "http://relay.example.org", code=2).err
    told = homing(*bad, "http://127.0.0.1:1", "--timeout", "5s")
    assert "--timeout under 30s" in told.err
    assert "--api-key-file" in homing("sender", "set", "x", "--endpoint-url", "https://other.example.org", code=2).err
    assert homing("sender", "test", "x", code=1).err.startswith(
        "the sender 'x' cannot send: Nobody answers at 127.0.0.1:"
    )
