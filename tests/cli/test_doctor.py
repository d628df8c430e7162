"""`homing doctor`."""

import sqlite3
from pathlib import Path

from tests.cli.conftest import Run


def _verdicts(findings: list[dict[str, str]]) -> dict[str, str]:
    return {each["check"]: each["verdict"] for each in findings}


def test_a_healthy_installation_passes(homing: Run, data: Path) -> None:
    homing("sender", "add", "simulated", "--name", "sim")
    (data / "homing.db").chmod(0o600)
    found = homing("doctor", "--json").json
    assert found["ok"] is True
    verdicts = _verdicts(found["findings"])
    assert {name: verdicts[name] for name in ("database", "audit log", "disk", "key", "sender")} == dict.fromkeys(
        ("database", "audit log", "disk", "key", "sender"), "ok"
    )


def test_a_sender_that_cannot_send_fails_with_the_mend(homing: Run) -> None:
    homing("sender", "add", "smtp", "--name", "gone", "--host", "127.0.0.1", "--port", 1)
    told = homing("doctor", code=1).out
    assert "fail  sender" in told
    assert "homing sender set" in told
    assert homing("sender", "test", "gone", "--json", code=1).json["ok"] is False


def test_a_changed_audit_log_is_found(homing: Run, data: Path) -> None:
    homing("sender", "add", "simulated", "--name", "sim")
    with sqlite3.connect(data / "homing.db") as raw:
        raw.execute("UPDATE audit_log SET actor = 'nobody'")
    assert _verdicts(homing("doctor", "--json", code=1).json["findings"])["audit log"] == "fail"


def test_a_clock_that_went_back_is_found(homing: Run, data: Path) -> None:
    homing("sender", "add", "simulated", "--name", "sim")
    assert _verdicts(homing("doctor", "--json").json["findings"])["clock"] == "ok"
    with sqlite3.connect(data / "homing.db") as raw:
        raw.execute("UPDATE event SET at = at + 3600000")
    assert "NTP" in homing("doctor", code=1).out


def test_names_and_encryption_of_servers_are_looked_at(homing: Run) -> None:
    homing("sender", "add", "smtp", "--name", "lost", "--host", "nowhere.invalid", "--port", 25)
    homing("sender", "add", "smtp", "--name", "open", "--host", "127.0.0.1", "--port", 1, "--tls", "none")
    found = homing("doctor", "--json", code=1).json["findings"]
    told = {each["check"]: (each["verdict"], each["words"]) for each in found}
    assert told["dns"][0] == "fail"
    assert "nowhere.invalid" in told["dns"][1]
    assert told["tls"] == ("ok", "'open' sends without TLS, to this machine")
