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
