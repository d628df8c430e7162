"""A truthful IMAP server: as much of RFC 9051 as a reader of one folder needs, spoken as servers speak it, and it cuts on order.

`cut`: the command at which the line ends, as "EXAMINE" (before its answer) or "FETCH half" (in the middle of a literal); it
happens once. `commands` is what was asked, so that a test sees whether anything but reading was.
"""

import asyncio
import base64
import re
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Cut(Exception):
    pass


class ImapServer:
    def __init__(self, *, password: str = "secret", tls: ssl.SSLContext | None = None, implicit: bool = False) -> None:
        self.password = password
        self.folder = "INBOX"
        self.validity = 42
        self.mail: dict[int, tuple[bytes, datetime]] = {}
        self.next = 1
        self.plain = True  # AUTH=PLAIN is announced, else only LOGIN
        self.uid_behind = False
        self.cut = ""
        self.silent = ""  # a command that is never answered
        self.commands: list[str] = []
        self.logins = 0
        self.port = 0
        self._tls, self._implicit = tls, implicit
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    def put(self, raw: str | bytes, *, age: timedelta = timedelta()) -> int:
        """A mail arrives; its number."""
        body = raw.encode() if isinstance(raw, str) else raw
        self.mail[self.next] = (body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), datetime.now(UTC) - age)
        self.next += 1
        return self.next - 1

    async def __aenter__(self) -> "ImapServer":
        context = self._tls if self._implicit else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for each in tuple(self._lines):
            each.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            await _Line(self, reader, writer).talk()
        except (Cut, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._lines.discard(writer)
            writer.close()

    def reached(self, stage: str) -> None:
        if self.cut == stage:
            self.cut = ""
            raise Cut


class _Line:
    def __init__(self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer

    def say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())

    async def talk(self) -> None:
        self.server.reached("greeting")
        self.say("* OK [CAPABILITY IMAP4rev1] truthful")
        while line := await self.reader.readline():
            tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
            word, _, argument = rest.partition(" ")
            name = (f"{word} {argument.partition(' ')[0]}" if word.upper() == "UID" else word).upper()
            self.server.commands.append(name)
            self.server.reached(name)
            if self.server.silent == name:
                await asyncio.get_running_loop().create_future()
            answer: Any = getattr(self, f"do_{name.replace(' ', '_').lower()}", None)
            if answer is None:
                self.say(f"{tag} BAD what is {name}")
                continue
            told = await answer(tag, argument)
            if told is not None:
                self.say(f"{tag} {told}")
            await self.writer.drain()
            if name == "LOGOUT":
                return

    async def do_capability(self, _tag: str, _argument: str) -> str:
        self.say(
            f"* CAPABILITY IMAP4rev1{' AUTH=PLAIN' if self.server.plain else ''}{' STARTTLS' if self.server._tls else ''}"
        )
        return "OK done"

    async def do_starttls(self, tag: str, _argument: str) -> None:
        assert self.server._tls is not None
        self.say(f"{tag} OK begin")
        await self.writer.start_tls(self.server._tls)

    async def do_authenticate(self, _tag: str, _argument: str) -> str:
        self.say("+ ")
        given = base64.b64decode((await self.reader.readline()).strip()).split(b"\0")
        return self._logged_in(given[-1].decode())

    async def do_login(self, _tag: str, argument: str) -> str:
        return self._logged_in(re.findall(r'"((?:[^"\\]|\\.)*)"', argument)[-1])

    def _logged_in(self, password: str) -> str:
        self.server.logins += 1
        return "OK in" if password == self.server.password else "NO [AUTHENTICATIONFAILED] for b@example.org"

    async def do_examine(self, _tag: str, argument: str) -> str:
        if argument.strip('"') != self.server.folder:
            return "NO [NONEXISTENT] no such folder"
        self.say(f"* {len(self.server.mail)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server.validity}] valid")
        self.say(f"* OK [UIDNEXT {self.server.next}] next")
        return "OK [READ-ONLY] open"

    async def do_uid_search(self, _tag: str, argument: str) -> str:
        mail, what = self.server.mail, argument.partition(" ")[2]
        if since := re.fullmatch(r"SINCE (\d+)-(\w+)-(\d+)", what):
            day = datetime(int(since[3]), MONTHS.index(since[2]) + 1, int(since[1]), tzinfo=UTC)
            found = [uid for uid, (_, at) in mail.items() if at >= day]
        elif above := re.fullmatch(r"UID (\d+):\*", what):
            low, top = sorted((int(above[1]), max(mail, default=0)))  # a range has no order: 9:* with 4 mails is 4:9
            found = [uid for uid in mail if low <= uid <= max(top, int(above[1]))]
        else:
            return "BAD criterion"
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        return "OK done"

    async def do_uid_fetch(self, _tag: str, argument: str) -> str:
        _, uids, what = argument.split(" ", 2)
        for n, uid in enumerate(map(int, uids.split(",")), 1):
            if uid not in self.server.mail:
                continue
            raw = self.server.mail[uid][0]
            if names := re.search(r"HEADER\.FIELDS \(([^)]*)\)", what):
                wanted = {name.lower() for name in names[1].split()}
                head = message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
                kept = [f"{name}: {value}\r\n" for name, value in head.items() if name.lower() in wanted]
                label, body = f"BODY[HEADER.FIELDS ({names[1]})]", ("".join(kept) + "\r\n").encode()
            else:
                most = int(re.search(r"<0\.(\d+)>", what)[1])  # type: ignore[index]  # what this server knows
                label, body = "BODY[]<0>", raw[:most]
            before, behind = ("", f" UID {uid})") if self.server.uid_behind else (f"UID {uid} ", ")")
            self.writer.write(f"* {n} FETCH ({before}{label} {{{len(body)}}}\r\n".encode())
            if self.server.cut == "FETCH half" and label == "BODY[]<0>":
                self.writer.write(body[: len(body) // 2])
                await self.writer.drain()
                self.server.reached("FETCH half")
            self.writer.write(body + behind.encode() + b"\r\n")
        return "OK done"

    async def do_logout(self, _tag: str, _argument: str) -> str:
        self.say("* BYE")
        return "OK out"
