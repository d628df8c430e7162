"""A mailbox that bounces come back to, read by IMAP (RFC 9051): what is new since a place, without changing anything in it.

Mail is named by (UIDVALIDITY, UID): numbers only grow while the first stays, so the place is the last number that was kept.
Heads are read first, and of the bodies only those that may be a report or came to an address of ours: a mailbox may hold
letters that are nobody's business here. The folder is opened read-only; its owner decides what is removed and when.
"""

import contextlib
import imaplib
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses

from homing.model.errors import Unreachable
from homing.model.sender import MailboxAccess

STEP_SECONDS = 30.0
MOST_BYTES = 1024 * 1024  # of one mail; what stands behind is not asked for
MOST_AT_ONCE = 100
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc")
_HEADS = " ".join((*_ADDRESSED, "From", "Return-Path", "Content-Type", "Auto-Submitted", "X-Failed-Recipients"))
_UID = re.compile(rb"\bUID (\d+)")
_NUMBER = re.compile(rb"\d+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_POSTMEN = ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon")
_WAY_OUT = re.compile(r"/u/([A-Za-z0-9_-]{28})(?![A-Za-z0-9_-])")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a folder was read. `validity` 0: never."""

    validity: int = 0
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """One mail. `addresses`: whom it came to, in the order of belief; `raw` None: neither a report nor for an address of ours."""

    uid: int
    addresses: tuple[str, ...]
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Looked:
    """`place`: what holds when all of `found` is kept; `more`: whether there is more to read now."""

    place: Place
    found: tuple[Found, ...]
    more: bool


class Mailbox:
    """One look. Blocks, for a thread of its own; `cut` may be called from another one and ends it."""

    def __init__(self, access: MailboxAccess) -> None:
        self._access = access
        self._line: imaplib.IMAP4 | None = None

    def read(self, since: Place, ours: Callable[[str], bool], oldest_ms: int) -> Looked:
        """What came after `since`; of a folder that was never read, what came after `oldest_ms` (wall time).

        `ours`: whether an address is one that bounces come back to. Raises Unreachable, in words without addresses.
        """
        with self._opened() as line:
            validity = _number(line, "UIDVALIDITY")
            known = since.uid if since.validity == validity else 0
            waiting = self._new(line, known, oldest_ms)
            now, more = waiting[:MOST_AT_ONCE], len(waiting) > MOST_AT_ONCE
            found = tuple(self._found(line, now, ours))
            return Looked(Place(validity, max([known, *now])), found, more)

    def look(self) -> None:
        """Logs in and opens the folder. Raises Unreachable."""
        with self._opened():
            pass

    def cut(self) -> None:
        """Ends a look that takes too long; it raises Unreachable in its thread."""
        line = self._line
        if line is not None:
            # By a twin: closing what another thread reads from would wait for it.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(line.sock.fileno())) as twin:
                twin.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        try:
            self._line = line = self._connected()
            try:
                self._logged_in(line)
                self._chosen(line)
                yield line
                line.logout()
            finally:
                _closed(line)
        except imaplib.IMAP4.abort as error:
            raise Unreachable(f"the mailbox's server ended the connection ({_stage(error)})") from error
        except imaplib.IMAP4.error as error:
            raise Unreachable(f"the mailbox's server refused: {_stage(error)}") from error
        except ssl.SSLError as error:
            raise Unreachable(f"no TLS with the mailbox's server: {error.reason or type(error).__name__}") from error
        except (OSError, EOFError, ValueError) as error:
            raise Unreachable(f"the mailbox's server cannot be read: {type(error).__name__}") from error

    def _connected(self) -> imaplib.IMAP4:
        access = self._access
        context = ssl.create_default_context(cafile=access.ca_file)
        if access.implicit:
            return _LimitedTls(access.host, access.port, ssl_context=context, timeout=STEP_SECONDS)
        line = _Limited(access.host, access.port, timeout=STEP_SECONDS)
        if not access.plain:
            try:
                line.starttls(context)
            except BaseException:
                _closed(line)
                raise
        return line

    def _logged_in(self, line: imaplib.IMAP4) -> None:
        """Never in the clear but to this machine: `_connected` saw to that."""
        user, password = self._access.user, self._access.password or ""
        if "AUTH=PLAIN" in line.capabilities:  # RFC 4616: takes any letters
            line.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            line.login(_quoted(user), password)

    def _chosen(self, line: imaplib.IMAP4) -> None:
        told, words = line.select(_quoted(self._access.folder), readonly=True)
        if told != "OK":
            raise imaplib.IMAP4.error(_first(words).decode("ascii", "replace"))

    def _new(self, line: imaplib.IMAP4, known: int, oldest_ms: int) -> list[int]:
        """Numbers above `known`, in order. `N:*` names the last mail too when there is none above."""
        if known:
            criterion = f"UID {known + 1}:*"
        else:
            day = datetime.fromtimestamp(oldest_ms / 1000, UTC)
            criterion = f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        found = _first(_good(line.uid("SEARCH", criterion)))
        return sorted(uid for uid in map(int, _NUMBER.findall(found)) if uid > known)

    def _found(self, line: imaplib.IMAP4, uids: Sequence[int], ours: Callable[[str], bool]) -> Iterator[Found]:
        for uid, head in self._fetched(line, uids, f"BODY.PEEK[HEADER.FIELDS ({_HEADS})]"):
            told = message_from_bytes(head, policy=policy.compat32)
            addresses = _addresses(told)
            wanted = any(map(ours, addresses)) or _may_be_a_report(told)
            whole = dict(self._fetched(line, [uid], f"BODY.PEEK[]<0.{MOST_BYTES}>")) if wanted else {}
            yield Found(uid, addresses, whole.get(uid))

    def _fetched(self, line: imaplib.IMAP4, uids: Sequence[int], what: str) -> list[tuple[int, bytes]]:
        """What there is of these: a mail that was removed meanwhile is no fault."""
        if not uids:
            return []
        answers = _good(line.uid("FETCH", ",".join(map(str, uids)), f"(UID {what})"))
        found = []
        for n, each in enumerate(answers):
            if not isinstance(each, tuple):
                continue
            after = answers[n + 1] if n + 1 < len(answers) else b""
            # A server may name it behind the literal too.
            named = _UID.search(each[0]) or _UID.search(after if isinstance(after, bytes) else b"")
            if named and int(named[1]) in uids:
                found.append((int(named[1]), bytes(each[1])))
        return found


class _Limited(imaplib.IMAP4):
    """The standard library takes a literal of any size, and reads it whole."""

    def read(self, size: int) -> bytes:
        if size > 2 * MOST_BYTES:
            raise self.abort("literal")
        return super().read(size)


class _LimitedTls(_Limited, imaplib.IMAP4_SSL):
    pass


def token_of(raw: bytes) -> str | None:
    """The token of the way out in the message that a report gives back: its MAC says whose delivery it was."""
    message = message_from_bytes(raw[:MOST_BYTES], policy=policy.compat32)
    for part in message.walk():
        head = str(part.get("List-Unsubscribe", "")) if part is not message else ""
        found = _WAY_OUT.search(head) or _WAY_OUT.search(_text(part))
        if found:
            return found[1]
    return None


def _text(part: Message) -> str:
    if part.is_multipart() or part.get_content_maintype() not in ("text", "message"):
        return ""
    content = part.get_payload(decode=True)
    # A header may be folded anywhere between its parts, and a body in quoted-printable anywhere.
    return content.decode("latin-1").replace("=\r\n", "").replace("=\n", "") if isinstance(content, bytes) else ""


def _may_be_a_report(head: Message) -> bool:
    """Reports by their type; else what no person wrote: an empty return path, or one of the postmen's names."""
    if head.get_content_type() == "multipart/report" or head.get("X-Failed-Recipients"):
        return True
    if str(head.get("Return-Path", "")).strip() == "<>":
        return True
    return any(
        address.partition("@")[0].lower() in _POSTMEN for _, address in getaddresses([str(head.get("From", ""))])
    )


def _addresses(head: Message) -> tuple[str, ...]:
    told = (str(value) for name in _ADDRESSED for value in head.get_all(name, []))
    return tuple(dict.fromkeys(address for _, address in getaddresses(list(told)) if "@" in address))


def _closed(line: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError):  # it was, by its logout
        line.shutdown()


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def _good(answer: tuple[str, list[object]]) -> list[object]:
    told, words = answer
    if told != "OK":
        raise imaplib.IMAP4.error(_first(words).decode("ascii", "replace"))
    return words


def _first(words: Sequence[object]) -> bytes:
    return words[0] if words and isinstance(words[0], bytes) else b""


def _number(line: imaplib.IMAP4, code: str) -> int:
    found = _NUMBER.search(_first(line.response(code)[1]))
    if found is None:
        raise imaplib.IMAP4.error(f"{code} is missing")
    return int(found[0])


def _stage(error: Exception) -> str:
    """A server's words, cut short, without what could be an address."""
    said = error.args[0] if error.args else ""
    words = re.sub(r"\S*@\S*", "...", said.decode("ascii", "replace") if isinstance(said, bytes) else str(said))
    return "".join(c if c.isprintable() else " " for c in words)[:120]
