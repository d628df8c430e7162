"""`homing doctor`."""

import sqlite3
from pathlib import Path

from tests.cli.conftest import Run
from tests.faults.dns_server import name_server


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
    assert "'gone': Nobody answers at 127.0.0.1:1: connection refused" in told, (
        "as the page and `homing sender test` say it"
    )
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


def test_a_domain_is_looked_at_with_the_keys_and_senders_of_this_installation(homing: Run) -> None:
    made = homing("dkim", "add", "garden.example", "--selector", "s1", "--json").json
    record = " ".join(f'"{made["value"][at : at + 255]}"' for at in range(0, len(made["value"]), 255))
    homing(
        *("sender", "add", "smtp", "--name", "main", "--host", "127.0.0.1", "--from", "Us <us@garden.example>"),
        *("--bounce-domain", "b.garden.example"),
    )
    zone: dict[tuple[str, str], list[str]] = {
        ("garden.example", "MX"): ["10 mx.garden.example."],
        ("b.garden.example", "MX"): ["10 mx.garden.example."],
        ("mx.garden.example", "A"): ["192.0.2.1"],
        ("garden.example", "TXT"): ['"v=spf1 mx -all"'],
        ("b.garden.example", "TXT"): ['"v=spf1 mx -all"'],
        ("s1._domainkey.garden.example", "TXT"): [record],
        ("_dmarc.garden.example", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:d@garden.example"'],
    }
    with name_server(zone) as server:
        asked = ("doctor", "domain", "Garden.Example", "--resolver", f"127.0.0.1:{server.port}")
        told = homing(*asked, "--json").json
        assert (told["domain"], told["ok"]) == ("garden.example", True)
        checks = {each["check"] for each in told["findings"] if each["verdict"] == "ok"}
        assert checks >= {"mx", "spf", "dkim", "dmarc", "alignment", "tls"}
        server.zone.pop(("s1._domainkey.garden.example", "TXT"))
        out = homing(*asked, code=1).out
        assert f"s1._domainkey.garden.example TXT {made['value']}" in out
        homing(*asked, "--address", "mail.example", code=2)
    homing("doctor", "domain", "no domain", code=2)
    homing("doctor", "domain", "garden.example", "--resolver", "name.example", code=2)
