"""`homing send` and what follows it, with a real worker process."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import homing as package
from tests.cli.conftest import Run

Ready = Callable[..., str]


@contextmanager
def process(data: Path, *args: str) -> Iterator["subprocess.Popen[str]"]:
    """A homing process of its own, ended by SIGTERM when the block ends."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(package.__file__).parent.parent),
        "HOMING_DATA": str(data),
    }
    child = subprocess.Popen([sys.executable, "-m", "homing", *args], env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield child
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.communicate()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [["email", "name", "city"], *([f"p{n}@example.org", f"=P {n}", "Town"] for n in range(40))]
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("Hello {{ name }} of {{ city }}, {{ greeting }}")
    return path


@pytest.fixture
def send(homing: Run, people: Path, letter: Path, tmp_path: Path) -> Ready:
    """Makes a sender and sends; returns the id."""
    variables = tmp_path / "vars.json"
    variables.write_text('{"greeting": "yours"}')

    def go(*more: object, code: int = 0, sender: tuple[str, ...] = ()) -> str:
        homing("sender", "add", "simulated", "--name", "sim", "--from", "Me <me@example.org>", *sender)
        done = homing(
            "send", "--csv", people, "--subject", "Hi", "--text", letter, "--vars", variables, *more, code=code
        )
        return done.out.strip()

    return go


def test_a_campaign_goes_from_a_file_to_its_balance(homing: Run, send: Ready, data: Path) -> None:
    """R8, R13, R35, R38: sent by a worker, shown by status, accounted by audit, exported line by line, failures queued again."""
    id_ = send("--name", "Spring", sender=("--refuse", "10%", "--unclear", "10%"))
    waiting = homing("status", "Spring", "--json").json["campaigns"][0]
    assert (waiting["id"], waiting["state"], waiting["activity"]) == (id_, "sending", "waiting_for_worker")
    assert "homing worker" in waiting["reason"]
    with process(data, "worker"):
        while homing("status", id_[:18], "--json").json["campaigns"][0]["state"] != "completed":
            pass
    books = homing("audit", "Spring", "--json").json
    assert books["balanced"] is True
    assert books["audience"] == 40 == books["sent"] + books["failed"] + books["uncertain"]
    lines = [json.loads(line) for line in homing("export", "Spring", "--format", "jsonl").out.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, 41))
    assert set(lines[0]) == {
        "seq", "email", "phone", "state", "attempts", "reason", "code", "words", "provider_id", "message_id", "at",
    }  # fmt: skip
    assert lines[0]["message_id"] == f"<{id_}.1@example.org>"
    failed = list(csv.DictReader(io.StringIO(homing("export", "Spring", "--state", "failed").out)))
    assert len(failed) == books["failed"] > 0
    kinds = [json.loads(line)["kind"] for line in homing("tail", "Spring", "--once", "--json").out.splitlines()]
    assert kinds[0] == "campaign.created"
    assert kinds[-1] == "campaign.completed"
    assert books["uncertain"] == len(homing("uncertain", "list", "Spring", "--json").json["uncertain"]) > 0
    homing("uncertain", "resolve", "Spring", "--as", "sent", code=2)
    resolved = homing("uncertain", "resolve", "Spring", "--all", "--as", "sent", "--json").json
    assert resolved == {"resolved": books["uncertain"], "as": "sent"}
    requeued = homing("retry", "Spring", "--reason", "bad_address", "--json").json["requeued"]
    assert 0 <= requeued <= books["failed"]


def test_the_switches_answer_and_refuse(homing: Run, send: Ready) -> None:
    """R7, R35: pause and resume from any process; --stuck moves what nobody meant to stop, and nothing else."""
    send("--name", "Spring")
    assert homing("pause", "Spring", "--json").json["reason"] == "by_person"
    assert homing("resume", "--stuck", "--json").json["resumed"] == 0
    assert homing("resume", "Spring", "--json").json["state"] == "sending"
    homing("resume", code=2)
    homing("approve", "Spring", code=0)
    assert homing("cancel", "Spring", "--json").json["state"] == "cancelled"
    homing("resume", "Spring", code=3)
    homing("pause", "nothing", code=3)
    assert homing("audit", "Spring").code == 0


def test_a_draft_is_only_made(homing: Run, send: Ready) -> None:
    send("--name", "Later", "--draft")
    assert homing("status", "Later", "--json").json["campaigns"][0]["state"] == "draft"


def test_a_start_ahead_is_scheduled(homing: Run, send: Ready) -> None:
    send("--name", "Later", "--at", "2100-01-01T08:00", "--zone", "Europe/Berlin")
    told = homing("status", "Later", "--json").json["campaigns"][0]
    assert (told["state"], told["start_at"]) == ("scheduled", 4_102_470_000_000)


def test_the_dry_run_says_what_is_missing_and_leaves_nothing(homing: Run, send: Ready, letter: Path) -> None:
    letter.write_text("Hello {{ nickname }}")
    send("--dry-run", code=1)
    assert homing("status", "--json").json["campaigns"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--canary", "none"), ("--window", "late"), ("--stop-if-failed", "most"), ("--at", "soon"), ("--header", "no colon"),
        ("--header", "From: a@b"), ("--sender", "nobody"), ("--from", "no address"), ("--attach", "/nowhere/file"),
    ],
)  # fmt: skip
def test_a_wrong_option_starts_nothing_and_leaves_nothing(homing: Run, send: Ready, wrong: tuple[str, str]) -> None:
    send(*wrong, code=2)
    assert homing("status", "--json").json["campaigns"] == []


def test_a_letter_that_does_not_compile_starts_nothing(homing: Run, send: Ready, letter: Path) -> None:
    letter.write_text("Hello {{ name")
    send(code=2)
    assert homing("status", "--json").json["campaigns"] == []


def test_without_a_sender_it_says_how_to_make_one(homing: Run, people: Path, letter: Path) -> None:
    assert "homing sender add" in homing("send", "--csv", people, "--subject", "x", "--text", letter, code=3).err


def test_waiting_ends_when_the_campaign_does(homing: Run, send: Ready, data: Path) -> None:
    """The progress is on standard error; standard output has the id alone."""
    with process(data, "worker"):
        assert len(send("--wait")) == 36


def test_ctrl_c_leaves_the_campaign_running_and_says_so(homing: Run, data: Path, people: Path, letter: Path) -> None:
    letter.write_text("Hello")
    homing("sender", "add", "simulated", "--name", "sim", "--from", "Me <me@example.org>")
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(package.__file__).parent.parent),
        "HOMING_DATA": str(data),
    }
    command = [
        sys.executable,
        "-m",
        "homing",
        "send",
        "--csv",
        str(people),
        "--subject",
        "x",
        "--text",
        str(letter),
        "--wait",
    ]
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stderr is not None
    id_ = child.stdout.readline().strip()
    while "not counted yet" not in (line := child.stderr.readline()):  # what the check warns of comes before
        assert line
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert f"homing status {id_[:18]}" in err
    assert homing("status", id_, "--json").json["campaigns"][0]["state"] == "sending"
