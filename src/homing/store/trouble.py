"""What an error of the database means for work that can be done again: try again, connect anew, wait for room, or stop.

SQLite is read by its error name, PostgreSQL by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
"""

import sqlite3
from enum import StrEnum

from homing.model.errors import Misconfigured, Unreachable


class Action(StrEnum):
    RETRY = "retry"  # on the same connection
    RECONNECT = "reconnect"  # close, connect, ask the journal
    WAIT_FOR_SPACE = "no_space"
    FAIL = "failed"  # a bug or a setting: never "connection lost"


_SQLITE = (
    (("SQLITE_FULL",), Action.WAIT_FOR_SPACE),
    (("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_INTERRUPT"), Action.RETRY),
    (("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY_"), Action.RECONNECT),
)
_POSTGRESQL = (
    (("53100", "53200"), Action.WAIT_FOR_SPACE),
    (("40001", "40P01", "55P03", "57014", "23505"), Action.RETRY),
    (("08", "57P01", "57P02", "57P03", "57P05", "53300", "25P03", "25P04", "25006"), Action.RECONNECT),
)


def action_of(error: BaseException) -> Action:
    """Judges an error by the driver's own at the root of it."""
    root = _root(error)
    if isinstance(root, sqlite3.Error):
        return _sqlite(root)
    if hasattr(root, "sqlstate"):
        return _postgresql(root)
    if isinstance(root, OSError):
        return Action.WAIT_FOR_SPACE if root.errno == 28 else Action.RECONNECT
    if isinstance(error, Misconfigured):
        return Action.FAIL
    return Action.RECONNECT if isinstance(error, Unreachable) else Action.FAIL


def is_race(error: BaseException) -> bool:
    """A key that somebody took between our look and our write, or a chunk that came twice: look again."""
    root = _root(error)
    if isinstance(root, sqlite3.IntegrityError):
        return getattr(root, "sqlite_errorname", "") in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return getattr(root, "sqlstate", None) == "23505"


def timed_out(error: BaseException) -> bool:
    """The limit of a chunk was hit: a smaller one may do."""
    root = _root(error)
    return getattr(root, "sqlstate", None) == "57014" or getattr(root, "sqlite_errorname", "") == "SQLITE_INTERRUPT"


def _root(error: BaseException) -> BaseException:
    """The driver's error below ours and SQLAlchemy's."""
    seen: BaseException = error
    while True:
        below = getattr(seen, "orig", None) or seen.__cause__
        if below is None or below is seen:
            return seen
        seen = below


def _sqlite(error: sqlite3.Error) -> Action:
    name = getattr(error, "sqlite_errorname", "") or ""
    if is_race(error):
        return Action.RETRY
    for names, action in _SQLITE:
        if any(name.startswith(each) for each in names):
            return action
    return Action.FAIL


def _postgresql(error: BaseException) -> Action:
    state = getattr(error, "sqlstate", None)
    if state is None:
        # No answer of the server: refused, reset, EOF, DNS, "the connection is closed", too many at connect.
        return Action.RECONNECT if type(error).__name__ in ("OperationalError", "InterfaceError") else Action.FAIL
    for states, action in _POSTGRESQL:
        if state.startswith(states):
            return action
    # The class of every other: operational trouble of the server itself is retried, all else is a bug or a setting.
    return Action.RECONNECT if state.startswith(("57", "58")) else Action.FAIL
