"""Lets a device's store bear witness to how far a message came, in the library's own transactions.

The library writes, in this order: (secret -> message id), then the recipient's session, changed by the encryption, then the frame
leaves. If it cannot save the session it gives up. Triggers in its store put the first two side by side:

    homing_frame(message_id, state)    a row for each secret: open, then touched as soon as any session is written

Open, and its process dead: nothing was encrypted for anybody since the secret, so the frame never left; before the next process
dials, such a row is closed. Touched says nothing: a message that comes in writes sessions too. The triggers are written by the
process that keeps the device, never by the one that runs the library: two SQLite libraries in one process undo their locks.
"""

import contextlib
import logging
import sqlite3
from pathlib import Path

log = logging.getLogger(__name__)

_TABLE = (
    "CREATE TABLE homing_frame (n INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, state TEXT NOT NULL)"
)
_ON_INSERT = """CREATE TRIGGER homing_secret AFTER INSERT ON whatsmeow_message_secrets BEGIN
    INSERT INTO homing_frame (message_id, state) VALUES (NEW.message_id, 'open');
    DELETE FROM homing_frame WHERE n <= (SELECT max(n) FROM homing_frame) - 10000;
END"""
_ON_SESSION = """CREATE TRIGGER homing_session_{0} AFTER {0} ON whatsmeow_sessions BEGIN
    UPDATE homing_frame SET state = 'touched' WHERE state = 'open';
END"""
_TRIGGERS = {
    "homing_secret": _ON_INSERT,
    **{f"homing_session_{change}": _ON_SESSION.format(change) for change in ("insert", "update", "delete")},
}
_OURS = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'homing!_%' ESCAPE '!'"


def appoint(store: Path) -> bool:
    """Writes table and triggers where they are missing; what was open counts as touched then. Whether all is there.

    For a store whose library is up and sends nothing yet: an update may make its tables anew, and triggers go with them.
    """
    try:
        with contextlib.closing(_open(store)) as raw:
            if _whole(raw):
                return True
            raw.isolation_level = None
            raw.execute("BEGIN IMMEDIATE")
            there = {name for name, _ in raw.execute(_OURS)}
            if "homing_frame" not in there:
                raw.execute(_TABLE)
            raw.execute("UPDATE homing_frame SET state = 'touched' WHERE state = 'open'")
            for name, text in _TRIGGERS.items():
                if name in there:
                    raw.execute(f"DROP TRIGGER {name}")
                raw.execute(text)
            raw.execute("COMMIT")
            return True
    except sqlite3.Error as error:
        log.warning("a device's store takes no triggers: after a kill more stays in doubt", extra={"cause": str(error)})
        return False


def draw_line(store: Path) -> None:
    """What is open was never encrypted, whatever is written from now on. For a store whose lock is ours, before anybody dials."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_open(store)) as raw, raw:
        if _whole(raw):
            raw.execute("UPDATE homing_frame SET state = 'closed' WHERE state = 'open'")


def never_encrypted(raw: sqlite3.Connection, message_id: str) -> bool:
    """Whether the store proves that this message was not encrypted, so did not leave. The process that began it must be dead."""
    if not _whole(raw):
        return False
    rows = raw.execute("SELECT state FROM homing_frame WHERE message_id = ?", (message_id,)).fetchall()
    return rows in ([("open",)], [("closed",)])


def _whole(raw: sqlite3.Connection) -> bool:
    return dict(raw.execute(_OURS)) == {"homing_frame": _TABLE, **_TRIGGERS}


def _open(store: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{store}?mode=rw", uri=True, timeout=2)
