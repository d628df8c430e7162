"""What a device's store notes of a message on its way (whatsapp_linked/witness.py), with statements as the library makes them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from homing.channels.whatsapp_linked.evidence import Absence, Found, resolve
from homing.channels.whatsapp_linked.witness import appoint, draw_line

JID = "94700000001:5@s.whatsapp.net"
A, B = b"a" * 32, b"b" * 32
NEVER = Found(None, Absence.PROVED)


@contextmanager
def library(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(store)) as raw, raw:
        yield raw


def write_secret(store: Path, message_id: str, secret: bytes) -> None:
    with library(store) as raw:
        raw.execute("INSERT INTO whatsmeow_message_secrets VALUES (?, 'chat', 'me', ?, ?)", (JID, message_id, secret))


def encrypt(store: Path, recipient: str, session: bytes = b"new") -> None:
    with library(store) as raw:
        raw.execute(
            "INSERT INTO whatsmeow_sessions VALUES (?, ?, ?) "
            "ON CONFLICT (our_jid, their_id) DO UPDATE SET session = excluded.session",
            (JID, recipient, session),
        )


def make_sessions(raw: sqlite3.Connection) -> None:
    raw.execute(
        "CREATE TABLE whatsmeow_sessions (our_jid TEXT, their_id TEXT, session bytea, PRIMARY KEY (our_jid, their_id))"
    )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "device.db"
    with library(path) as raw:
        raw.execute("CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY)")
        raw.execute("INSERT INTO whatsmeow_device VALUES (?)", (JID,))
        raw.execute(
            "CREATE TABLE whatsmeow_message_secrets (our_jid TEXT, chat_jid TEXT, sender_jid TEXT, message_id TEXT, key bytea, "
            "PRIMARY KEY (our_jid, chat_jid, sender_jid, message_id))"
        )
        make_sessions(raw)
    assert appoint(path)
    return path


def found(store: Path, secret: bytes = A) -> Found:
    return resolve(store, JID, {"x": secret})["x"]


def test_a_message_that_was_not_encrypted_never_left_and_one_that_was_may_have(store: Path) -> None:
    write_secret(store, "3EB0A", A)
    assert found(store) == NEVER
    encrypt(store, "recipient")
    assert found(store) == Found("3EB0A")
    write_secret(store, "3EB0B", B)
    assert (found(store), found(store, B)) == (Found("3EB0A"), NEVER)
    encrypt(store, "recipient", b"a session that was there is changed")
    assert found(store, B) == Found("3EB0B")


def test_a_secret_that_comes_in_meanwhile_hides_nothing(store: Path) -> None:
    """The library keeps the secrets of messages that it receives in the same table."""
    write_secret(store, "3EB0A", A)
    write_secret(store, "of somebody else", b"c" * 32)
    encrypt(store, "recipient")
    assert found(store) == Found("3EB0A")


def test_what_the_next_process_writes_does_not_touch_a_proof(store: Path) -> None:
    write_secret(store, "3EB0A", A)
    draw_line(store)  # the process died, the next one is about to dial
    encrypt(store, "somebody who writes to us")
    assert found(store) == NEVER


def test_a_session_that_is_deleted_again_still_speaks(store: Path) -> None:
    """A recipient with a new phone: the library drops his sessions, and nothing looks as if it had been encrypted."""
    write_secret(store, "3EB0A", A)
    encrypt(store, "recipient")
    with library(store) as raw:
        raw.execute("DELETE FROM whatsmeow_sessions")
    assert found(store) == Found("3EB0A")


def test_tables_that_were_made_anew_prove_nothing_of_the_time_before(store: Path) -> None:
    """An update of the library rebuilds its tables; triggers go with them, silently."""
    write_secret(store, "3EB0A", A)
    with library(store) as raw:
        raw.execute("DROP TABLE whatsmeow_sessions")
        make_sessions(raw)
    encrypt(store, "recipient")
    assert found(store) == Found("3EB0A"), "without the triggers nothing is proved"
    draw_line(store)
    assert appoint(store)
    assert found(store) == Found("3EB0A"), "nor with new ones"
    write_secret(store, "3EB0B", B)
    assert found(store, B) == NEVER


def test_a_store_in_doubt_of_a_device_that_is_gone_or_without_triggers_proves_nothing(store: Path) -> None:
    write_secret(store, "3EB0A", A)
    doubt = store.with_name("device.db.doubt")
    doubt.write_text("database is locked", encoding="utf-8")
    assert found(store) == Found("3EB0A")
    doubt.unlink()
    assert found(store) == NEVER
    with library(store) as raw:
        raw.execute("DELETE FROM whatsmeow_device")
    assert found(store) == Found("3EB0A")


def test_a_store_that_takes_no_triggers_is_no_fault(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    sqlite3.connect(empty).close()
    assert not appoint(empty)
    draw_line(empty)
    draw_line(tmp_path / "nowhere.db")


def test_the_notes_stay_few(store: Path) -> None:
    with library(store) as raw:
        rows = [(JID, f"3EB{n}", n.to_bytes(32)) for n in range(10_050)]
        raw.executemany("INSERT INTO whatsmeow_message_secrets VALUES (?, 'chat', 'me', ?, ?)", rows)
        assert raw.execute("SELECT count(*) FROM homing_frame").fetchone() == (10_000,)
