"""What a device's store says of attempts, and what the client library's words mean."""

import sqlite3
from pathlib import Path

import pytest

from homing.channels.whatsapp_linked.evidence import Absence, Found, linked_jid, resolve
from homing.channels.whatsapp_linked.neonize_driver import STORE_FAULT
from homing.channels.whatsapp_linked.table import ERROR_WORDS, judge_text, outcome_of
from homing.model.outcome import Accepted, Blame, NotSent, Refused, Trouble, Unclear
from tests.whatsapp.rig import linked_real

JID = "94700000001:5@s.whatsapp.net"
SECRET = b"s" * 32


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "device.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY)")
        raw.execute("CREATE TABLE whatsmeow_message_secrets (our_jid TEXT, message_id TEXT, key BLOB)")
        raw.execute("INSERT INTO whatsmeow_device VALUES (?)", (JID,))
        raw.execute("INSERT INTO whatsmeow_message_secrets VALUES (?, '3EB0AA', ?)", (JID, SECRET))
    raw.close()
    return path


def test_a_secret_in_the_store_names_the_frame_that_may_have_left(store: Path) -> None:
    found = resolve(store, JID, {"a": SECRET, "b": b"x" * 32})
    assert found == {"a": Found("3EB0AA"), "b": Found(None, Absence.PROVED)}
    assert linked_jid(store) == JID


def test_absence_proves_nothing_for_another_device_a_doubted_store_or_none(store: Path, tmp_path: Path) -> None:
    """A logout erases every secret: the frame under way may have arrived (L11)."""
    ask = {"b": b"x" * 32}
    assert resolve(store, "94700000001:6@s.whatsapp.net", ask)["b"].absence is Absence.UNKNOWN
    store.with_name("device.db.doubt").write_text("database is locked", encoding="utf-8")
    assert resolve(store, JID, ask)["b"].absence is Absence.UNKNOWN
    assert resolve(tmp_path / "nowhere.db", JID, ask)["b"].absence is Absence.UNKNOWN
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    assert resolve(broken, JID, ask)["b"].absence is Absence.UNKNOWN


@pytest.mark.parametrize(
    ("text", "outcome", "error"),
    [
        ("no LID found for 94711@s.whatsapp.net from server", "refused", "not_on_whatsapp"),
        ("failed to get user info: timed out", "not_sent", "lookup_failed"),
        ("websocket not connected", "not_sent", "not_connected"),
        ("failed to send message node: websocket not connected", "not_sent", "not_connected"),
        ("server returned error 463", "refused", "refused"),
        ("websocket disconnected before message send (retry) returned response", "unclear", "ack_lost"),
        ("timed out waiting for message send response", "unclear", "ack_timeout"),
        ("something that nobody expected", "unclear", "internal"),
    ],
)
def test_the_words_of_the_library_are_judged_by_a_table(text: str, outcome: str, error: str) -> None:
    assert judge_text(text)[:2] == (outcome, error)


@linked_real
def test_the_pinned_library_still_has_the_words_that_are_looked_for() -> None:
    """Words change with versions: an upgrade that renames one would turn a proof of "not sent" into doubt, or worse."""
    import neonize

    (library,) = Path(neonize.__file__).parent.glob("neonize-linux-*.so")
    content = library.read_bytes()
    made_of = {  # what the library joins from a part and its cause
        "failed to send message node: websocket not connected": (
            "failed to send message node",
            "websocket not connected",
        ),
        "websocket disconnected before message send": ("websocket disconnected before %s", "message send"),
    }
    looked_for = [words for words, _, _ in ERROR_WORDS]
    looked_for += [STORE_FAULT, "Ignoring message", "old counter", "Client outdated"]
    missing = [part for words in looked_for for part in made_of.get(words, (words,)) if part.encode() not in content]
    assert missing == []


def test_outcomes_of_the_protocol() -> None:
    assert outcome_of({"outcome": "accepted", "message_id": "3EB0"}) == Accepted("3EB0")
    locked = outcome_of({"outcome": "refused", "error": "refused", "code": "463"})
    assert isinstance(locked, NotSent)
    assert (locked.blame, locked.trouble, locked.retry_after) == (Blame.SENDER, Trouble.LIMIT, 24 * 3600.0)
    assert isinstance(outcome_of({"outcome": "refused", "error": "refused", "code": "479"}), Refused)
    away = outcome_of({"outcome": "not_sent", "error": "not_connected"})
    assert isinstance(away, NotSent)
    assert (away.blame, away.trouble) == (Blame.SENDER, Trouble.CONNECT)
    assert isinstance(outcome_of({}), Unclear)


def test_a_store_whose_process_was_killed_in_a_write_is_read_all_the_same(store: Path) -> None:
    """R39: its journal is rolled back by who reads next; taken for unreadable, the device would be asked for a new scan."""
    import subprocess
    import sys

    code = (
        "import os, sqlite3, sys; raw = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "raw.execute('PRAGMA cache_size=1'); raw.execute('BEGIN IMMEDIATE'); "
        "[raw.execute('INSERT INTO whatsmeow_message_secrets VALUES (?, ?, zeroblob(999))', ('x', str(n))) for n in range(400)]; "
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(store)], check=False)
    assert store.with_name("device.db-journal").exists()
    assert linked_jid(store) == JID
    assert resolve(store, JID, {"a": SECRET})["a"].message_id == "3EB0AA"


def test_a_store_that_cannot_be_read_is_believed_to_be_what_the_ledger_says(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    assert linked_jid(broken, JID) == JID
    assert linked_jid(tmp_path / "nowhere.db", JID) is None
