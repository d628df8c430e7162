"""Reads in a device's store what became of an attempt: the library writes (secret -> its message id) before a frame leaves.

    a row with the secret      the frame may have left: its id is known, and a receipt with it proves acceptance
    the same, not encrypted    the frame never left (witness.py), if all holds: a proof (law L11)
    no row, and all holds      the frame never left: a proof
    no row, anything else      nothing is known

What must hold for the proofs: the device that the attempt began with is still in the store (a logout erases every secret with
it), whoever wrote then is dead, the library never failed to write a secret, the store opens, and the disk has room.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from homing.channels.whatsapp_linked.witness import never_encrypted

_LEAST_FREE = 1024 * 1024


class Absence(StrEnum):
    PROVED = "proved"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """`message_id`: the library's name for the frame; None with what its absence means."""

    message_id: str | None
    absence: Absence = Absence.UNKNOWN


def resolve(store: Path, jid: str, secrets: Mapping[str, bytes]) -> dict[str, Found]:
    """What became of attempts, by their key. `jid`: of the device that they began with; their process must be dead.

    Reads for some milliseconds, in a process that does not load the client library.
    """
    unknown = dict.fromkeys(secrets, Found(None))
    if not store.is_file():
        return unknown
    try:
        with contextlib.closing(_open(store)) as raw:
            same = raw.execute("SELECT 1 FROM whatsmeow_device WHERE jid = ?", (jid,)).fetchone() is not None
            sound = same and not _doubted(store) and shutil.disk_usage(store.parent).free > _LEAST_FREE
            return {key: _find(raw, jid, secret, sound) for key, secret in secrets.items()}
    except sqlite3.Error:
        return unknown


def _find(raw: sqlite3.Connection, jid: str, secret: bytes, sound: bool) -> Found:
    query = "SELECT message_id FROM whatsmeow_message_secrets WHERE our_jid = ? AND key = ?"
    row = raw.execute(query, (jid, secret)).fetchone()
    if row is not None and not (sound and never_encrypted(raw, row[0])):
        return Found(row[0])
    return Found(None, Absence.PROVED if sound else Absence.UNKNOWN)


def linked_jid(store: Path, otherwise: str | None = None) -> str | None:
    """The device of this store; None when it has none. `otherwise`: what is believed while it cannot be read."""
    if not store.is_file():
        return None
    try:
        with contextlib.closing(_open(store)) as raw:
            row = raw.execute("SELECT jid FROM whatsmeow_device").fetchone()
    except sqlite3.Error:
        return otherwise
    return str(row[0]) if row else None


def phone_of(store: Path, sender: str) -> str | None:
    """The number behind an address that WhatsApp gave instead of it, as the library learnt it. None: not known."""
    user, _, server = sender.partition("@")
    if server != "lid" or not store.is_file():
        return None
    try:
        with contextlib.closing(_open(store)) as raw:
            row = raw.execute("SELECT pn FROM whatsmeow_lid_map WHERE lid = ?", (user,)).fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def put_aside(store: Path) -> None:
    """A session that the server ended, and that the library had no time to remove, makes room for a new one. It is kept."""
    if linked_jid(store) is None:
        return
    for part in ("", "-journal"):  # a journal belongs to its file
        old = store.with_name(store.name + part)
        if old.exists():
            old.replace(store.with_name(f"unlinked-{store.name}{part}"))


def _open(store: Path) -> sqlite3.Connection:
    """Not read-only: a process that was killed in a write leaves a journal, and who reads next has to roll it back."""
    return sqlite3.connect(f"file:{store}?mode=rw", uri=True, timeout=2)


def _doubted(store: Path) -> bool:
    """Whether the library ever failed to write a secret, and sent all the same."""
    return store.with_name(store.name + ".doubt").exists()
