"""`homing lint`, and what `homing send` does about its errors."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.html"
    path.write_text('<p>Hello {{ name }}</p><a href="page.html">more</a>', encoding="utf-8")
    return path


def test_files_are_looked_at_without_a_database(homing: Run, bad: Path, data: Path) -> None:
    (data / "homing.db").unlink()
    found = homing("lint", "--html", bad, "--subject", "Hi", "--json", code=1).json
    assert found["ok"] is False
    first = found["findings"][0]
    assert (first["check"], first["verdict"]) == ("links", "fail")
    assert "page.html" in first["words"]
    assert first["mend"]
    bad.write_text("<p>Hello {{ name", encoding="utf-8")
    homing("lint", "--html", bad, code=2)
    homing("lint", code=2)
    assert not (data / "homing.db").exists()


def test_a_campaign_with_errors_does_not_start_and_leaves_nothing_unless_somebody_insists(
    homing: Run, bad: Path, data: Path
) -> None:
    homing("sender", "add", "simulated", "--name", "sim", "--from", "Me <me@example.org>")
    homing("contacts", "add", "ada@example.net", "--name", "Ada", "--list", "all")
    letter = ("send", "--list", "all", "--subject", "Hi", "--name", "Spring", "--html", bad)
    refused = homing(*letter, code=2)
    assert "page.html" in refused.err
    assert refused.out == ""
    assert homing("status", "--json").json["campaigns"] == []
    draft = homing(*letter, "--draft")
    assert "warn" in draft.err
    told = homing("lint", "Spring", "--json", code=1).json
    assert {each["check"] for each in told["findings"] if each["verdict"] == "fail"} == {"links"}
    homing("resume", "Spring", code=2)
    id_ = homing(*letter[:-4], "--name", "Summer", "--html", bad, "--anyway").out.strip()
    assert homing("status", id_, "--json").json["campaigns"][0]["state"] == "sending"
    with sqlite3.connect(data / "homing.db") as ledger:
        acts = [row[0] for row in ledger.execute("SELECT body FROM audit_log WHERE act = 'campaign.started'")]
    assert '"despite"' in str(acts[0])
