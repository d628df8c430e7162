"""What somebody sees at two in the morning: why it does not move, what would move it, and which command that is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from homing.model.campaign import Activity
from homing.model.ids import CampaignId
from homing.model.moment import rfc3339
from homing.store.campaigns import Campaigns
from homing.store.control import ENGINE, Control
from homing.store.database import Database
from homing.store.lookout import Activities
from homing.store.tables import worker
from homing.store.workers import Workers
from homing.store.workspaces import Workspaces
from tests.cli.conftest import Run

Start = Callable[..., CampaignId]


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("Hello {{ name | default('you') }}")
    return path


@pytest.fixture
def start(homing: Run, letter: Path, database: Database) -> Start:
    """Makes a sender, two people and a campaign to them; returns its key."""

    def make(*more: str) -> CampaignId:
        homing("sender", "add", "simulated", "--name", "s", "--from", "me@example.org")
        for name in ("a", "b"):
            homing("contacts", "add", f"{name}@example.net")
        homing("send", "--all", "--subject", "Spring", "--text", letter, *more)
        here = Workspaces(database).ensure_default().id
        return Campaigns(database).find(here, "Spring").id

    return make


def waits(database: Database, id_: CampaignId, activity: Activity, words: str, seconds: int) -> None:
    """As a living worker tells it."""
    Workers(database).enter(host="here", version="0")
    Activities(database).tell(id_, activity, words, database.world.clock.now() + seconds * 1000)


def test_R38_an_audience_that_nobody_counted_is_not_nobody(homing: Run, start: Start) -> None:
    start()
    shown = homing("status").out
    assert "its recipients are not counted yet. No worker is running. Start one: `homing serve`" in shown
    assert "0 open" not in shown
    assert homing("status", "--json").json["campaigns"][0]["planned"] is False
    assert "not all counted yet" in homing("audit", "Spring").err


@pytest.mark.parametrize(
    ("activity", "words", "says"),
    [
        (Activity.WAITING_FOR_CONNECTION, "Waiting for connection... refused", "it looks again in 9 s and goes on by itself"),
        (Activity.WAITING_FOR_SENDER, "Waiting for the sender... refused", "`homing sender test` says more"),
        (Activity.WAITING_FOR_RETRY, "662 are due for a later try", "the next in 9 s. `homing export --state queued`"),
        (Activity.WAITING_FOR_WINDOW, "outside its sending hours", "it goes on in 9 s"),
    ],
)  # fmt: skip
def test_R38_who_waits_says_until_when_and_what_a_person_may_do(
    homing: Run, start: Start, database: Database, activity: Activity, words: str, says: str
) -> None:
    waits(database, start(), activity, words, 9)
    reason = homing("status", "--json").json["campaigns"][0]["reason"]
    assert reason.startswith(words)
    assert says in reason.replace("in 8 s", "in 9 s")


def test_a_wait_whose_time_has_passed_promises_nothing(homing: Run, start: Start, database: Database) -> None:
    waits(database, start(), Activity.WAITING_FOR_SENDER, "The sender needs a person: auth.", -1)
    assert homing("status", "--json").json["campaigns"][0]["reason"] == "The sender needs a person: auth."


def test_nothing_there_yet_is_said_in_words_not_in_empty_tables(homing: Run) -> None:
    shown = homing("status").out
    assert shown.splitlines() == [
        "no campaign yet",
        "",
        "no worker runs: start `homing serve` or `homing worker`",
        "no sender yet: `homing sender add` makes one",
    ]


def test_a_draft_is_started_from_the_command_line(homing: Run, start: Start) -> None:
    start("--draft")
    assert "draft: not started. `homing resume" in homing("status").out
    assert "'Spring' is sending" in homing("resume", "Spring").err


def test_deciding_on_nobody_is_said_and_is_no_success(homing: Run, start: Start) -> None:
    start()
    assert "homing uncertain list" in homing("uncertain", "resolve", "Spring", "--seq", 9, "--as", "sent", code=3).err
    assert "--as sent" in homing("uncertain", "resolve", "Spring", "--all", code=2).err
    assert homing("uncertain", "resolve", "Spring", "--all", "--as", "sent").err == "0 resolved as sent\n"
    homing("uncertain", "resolve", "Spring", "--seq", -1, "--as", "sent", code=2)
    assert "--state failed" in homing("retry", "Spring").err


def test_a_finish_that_left_some_says_so(homing: Run, start: Start, database: Database) -> None:
    start()
    Control(database).pause(Campaigns(database).find(Workspaces(database).ensure_default().id, "Spring").id, ENGINE)
    assert "'Spring' is paused" in homing("finish", "Spring").err


def test_a_cursor_that_is_none_is_refused(homing: Run) -> None:
    assert "--after" in homing("tail", "--once", "--after", "x", code=2).err
    homing("tail", "--once", "--after", "9" * 30, code=2)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--name", "a\nb"], "a campaign's name is one line"),
        (["--name", "x" * 201], "a campaign's name is one line"),
        (["--name", ""], "give the campaign a name"),
        (["--canary", "9" * 20], "canary"),
        (["--at", "9999-12-31T23:59:59-12:00"], "too far away"),
        (["--header", "X-A: x\r\nBcc: y@example.org"], "line break"),
        (["--from", "a\r\nBcc: b <c@example.org>"], "'from' is not an address"),
        (["--subject", "two\nlines"], "remove the line end"),
        (["--subject", "{{ oops"], "subject, line 1"),
        (["--zone", "../../etc/passwd", "--window", "08:00-20:00"], "no time zone"),
        (["--stop-if-failed", "nan"], "no share"),
        (["--sender", "nobody"], "homing sender list"),
    ],
)
def test_what_is_wrong_is_named_before_anybody_is_taken_in(
    homing: Run, letter: Path, tmp_path: Path, flags: list[str], says: str
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\na@example.net\n")
    homing("sender", "add", "simulated", "--name", "s", "--from", "me@example.org")
    ran = homing("send", "--csv", people, "--subject", "Hi", "--text", letter, *flags, code=2)
    assert says in ran.err
    assert homing("contacts", "list", "--json").json["contacts"] == []
    assert homing("status", "--json").json["campaigns"] == []


@pytest.mark.parametrize("flag", ["--csv", "--text", "--attach", "--vars"])
def test_a_folder_is_no_file(homing: Run, letter: Path, tmp_path: Path, flag: str) -> None:
    homing("sender", "add", "simulated", "--name", "s", "--from", "me@example.org")
    given = {"--csv": tmp_path / "none.csv", "--text": letter, flag: tmp_path}
    flags = [part for pair in given.items() for part in pair]
    assert flag in homing("send", "--subject", "x", *flags, code=2).err
    assert homing("status", "--json").json["campaigns"] == []


def test_bytes_that_are_no_text_are_wrong_use(homing: Run) -> None:
    assert "UTF-8" in homing("token", "revoke", b"\xff".decode(errors="surrogateescape"), code=2).err


def test_the_balance_as_json_is_one_document(homing: Run, start: Start) -> None:
    start()
    wanted = {"campaign", "name", "state", "audience", "sent", "failed", "skipped", "cancelled", "uncertain", "open"}
    wanted |= {"balanced", "delivered", "bounced", "attempts", "window"}
    assert wanted <= set(json.loads(homing("audit", "Spring", "--json").out))


def test_L19_a_worker_that_lives_and_cannot_write_is_told_by_any_other_process(
    homing: Run, start: Start, database: Database
) -> None:
    """This process has no word of the worker but its lock, and when it last wrote."""
    id_ = start()
    waits(database, id_, Activity.SENDING, "", 0)
    assert "has written nothing" not in homing("status").out
    with database.write() as tx:
        seen = database.world.clock.now() - 60_000
        tx.execute(update(worker).values(seen_at=seen))
    now = homing("status", "--json").json["campaigns"][0]
    assert now["activity"] == "waiting_for_worker"
    assert f"lives, but has written nothing since {str(rfc3339(seen))[11:19]} UTC" in now["reason"]
    shown = homing("status").out
    assert "homing doctor" in shown
    assert "goes on by itself" in shown
