"""A truthful SMTP server on loopback: it writes down what it accepts before it says so, and can break at every step.

    python -m tests.faults.smtp_server --record LEDGER [options]

prints one JSON line {"port": N, "control": N, "ca": PATH or null, "pid": N} when it listens, and runs until SIGTERM.
Each accepted message is one line in LEDGER (O_APPEND, written before the 250): `CAMPAIGN/SEQ<TAB>recipient<TAB>Message-ID`,
taken from X-Homing-Delivery, RCPT and Message-ID. A verdict compares that file with the database, nothing else.

options
  --port 0 --control 0        where to listen; 0: any free port
  --fault STAGE=ACTION[*N]    repeatable; at STAGE do ACTION, for the first N arrivals (without *N: always)
  --refuse-share 0.05         that share of recipients gets 550 5.1.1 at RCPT (by hash of the address: always the same ones)
  --greylist-share 0.1        that share gets 451 4.7.1 at its first RCPT, then is welcome
  --drop-share 0.01           of messages is accepted (in the ledger), then the connection is cut without a reply
  --cut-share 0.01            of messages is not accepted, the connection is cut at the dot
  --latency 0.05              seconds before anything received is looked at
  --no-pipelining --size N --dsn --smtputf8 --no-8bitmime --mailmax N     what EHLO says
  --tls starttls|implicit --tls-dir DIR     with a fresh authority, written to DIR/ca.pem
  --auth USER:PASSWORD        asks for AUTH PLAIN or LOGIN before MAIL
  --seed 1                    of the shares by message

STAGE   banner ehlo starttls auth mail rcpt data body dot quit      (body: the first bytes of content have come)
ACTION  close               FIN, no reply                 421, 451, 550, or "451 4.7.1 any words"   that reply
        rst                 RST, no reply                 (421 closes afterwards)
        stall               reads on, says nothing        torn       the bytes `25`, then FIN
        pause               does not even read on         slow       the reply in single bytes
        garbage             bytes that are no reply
        At `dot`, each of close, rst, stall, torn, garbage may be prefixed `accept-`: the message is in the ledger first.
        accept-reply-rst    accepted, replied, then RST (what a salvaging client still reads)
        say:TEXT            these bytes instead of the reply (\\r \\n are understood)

control (TCP, one JSON object a line, one JSON answer a line)
  {"down": true}            stops listening and cuts every connection; {"down": false} listens on the same port again
  {"set": {"drop_share": 0.1, "latency": 0.0, "refuse_share": 0, ...}}     changes any option of the running server
  {"faults": ["rcpt=451*3"]}      replaces the faults
  {"stats": true}           {"accepted": n, "connections": n, "arrivals": {"mail": n, ...}}
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_DELIVERY = re.compile(rb"^X-Homing-Delivery:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_PATH = re.compile(rb":[ \t]*<([^>]*)>", re.IGNORECASE)


@dataclass(slots=True)
class Behaviour:
    """What the server offers and how it misbehaves; may be changed while it runs."""

    pipelining: bool = True
    eight_bit: bool = True
    size: int = 0
    dsn: bool = False
    smtputf8: bool = False
    mailmax: int = 0
    auth: str = ""
    refuse_share: float = 0.0
    greylist_share: float = 0.0
    drop_share: float = 0.0
    cut_share: float = 0.0
    latency: float = 0.0
    faults: dict[str, tuple[str, int]] = field(default_factory=dict)  # stage -> action, how often (-1: always)

    def arm(self, spec: str) -> None:
        """'rcpt=451*3' or 'dot=close'."""
        stage, _, action = spec.partition("=")
        times = re.search(r"\*(\d+)$", action)
        self.faults[stage] = (action[: times.start()], int(times[1])) if times else (action, -1)

    def fault(self, stage: str) -> str:
        """What to do at this arrival; '' for what is right."""
        action, left = self.faults.get(stage, ("", 0))
        if not action or left == 0:
            return ""
        self.faults[stage] = (action, left - 1 if left > 0 else left)
        return action


class Ledger:
    """The O_APPEND file, or only memory."""

    def __init__(self, path: Path | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else -1
        self.lines: list[str] = []
        self.count = 0
        self._keep = path is None

    def append(self, content: bytes, recipient: bytes) -> None:
        head = content[: content.find(b"\r\n\r\n") + 2]
        key, message_id = _DELIVERY.search(head), _MESSAGE_ID.search(head)
        line = b"%b\t%b\t%b\n" % (key[1] if key else b"-", recipient, message_id[1] if message_id else b"-")
        if self._file >= 0:
            os.write(self._file, line)
        if self._keep:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
        self.count += 1

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)


def _share(text: bytes, share: float) -> bool:
    """Whether this text belongs to a share of all texts; always the same answer."""
    if share <= 0:
        return False
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big") < share * 2**32


class Connection(asyncio.Protocol):
    """One client. Replies to everything in one read leave in one write."""

    def __init__(self, server: "SmtpServer", *, encrypted: bool = False) -> None:
        self.server = server
        self.behaviour = server.behaviour
        self.encrypted = encrypted
        self.transport: Any = None
        self.buffer = b""
        self.out: list[bytes] = []
        self.deaf = False
        self.handshaking = False  # the first command may come before start_tls has returned
        self.mode = "command"  # command, tls, content, discard (the rest of a content that has its reply), auth
        self.signed_in = False
        self._auth_step: list[bytes] = []
        self._reset()

    def _reset(self) -> None:
        self.sender: bytes | None = None
        self.recipient = b""
        self._body_seen = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        first = self.transport is None
        self.transport = transport
        self.server.connections.add(self)
        if first:
            self.server.met += 1
            self._stage("banner", b"220 truthful.test ESMTP\r\n")
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.deaf = True
        self.server.connections.discard(self)
        self.server.notify()

    def data_received(self, data: bytes) -> None:
        if self.handshaking:
            self.buffer += data
        elif self.behaviour.latency > 0:
            asyncio.get_running_loop().call_later(self.behaviour.latency, self._take, data)
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        self.buffer += data
        while self.buffer and not self.deaf and self._step():
            pass
        if self.mode != "tls":
            self._flush()
        self.server.notify()

    def _flush(self) -> None:
        if self.out and not self.transport.is_closing():
            self.transport.write(b"".join(self.out))
        self.out.clear()

    def _step(self) -> bool:
        """Handles one command or one content; False when more bytes are needed."""
        if self.mode in ("content", "discard"):
            return self._content()
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            return False
        self.buffer = rest
        if self.mode == "auth":
            self._auth_answer(line)
        else:
            self._command(line)
        return True

    # ---- commands

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        handler = {
            b"EHLO": self._ehlo,
            b"HELO": self._ehlo,
            b"STAR": self._starttls,
            b"AUTH": self._auth,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"QUIT": self._quit,
        }.get(verb)
        if handler is None:
            self.out.append(b"500 5.5.2 what?\r\n")
        else:
            handler(line)

    def _ehlo(self, line: bytes) -> None:
        b = self.behaviour
        words = ["truthful.test", "ENHANCEDSTATUSCODES"]
        words += (
            ["PIPELINING"] * b.pipelining + ["8BITMIME"] * b.eight_bit + ["DSN"] * b.dsn + ["SMTPUTF8"] * b.smtputf8
        )
        words += [f"SIZE {b.size}"] * bool(b.size) + [f"LIMITS MAILMAX={b.mailmax}"] * bool(b.mailmax)
        if self.server.tls == "starttls" and not self.encrypted:
            words.append("STARTTLS")
        if b.auth:
            words.append("AUTH PLAIN LOGIN")
        text = "".join(f"250-{word}\r\n" for word in words[:-1]) + f"250 {words[-1]}\r\n"
        self._stage("ehlo", text.encode())

    def _starttls(self, line: bytes) -> None:
        self._stage("starttls", b"220 2.0.0 go ahead\r\n")
        if not self.deaf and self.server.context is not None:
            self.buffer = b""
            self.deaf = True
            self.mode = "tls"
            self.server.tasks.add(asyncio.get_running_loop().create_task(self._encrypt()))

    async def _encrypt(self) -> None:
        inner = Connection(self.server, encrypted=True)
        inner.transport = self.transport
        inner.handshaking = True
        loop = asyncio.get_running_loop()
        self._flush()  # in the step that begins the handshake: nothing of it may be read as plaintext
        with contextlib.suppress(OSError):
            context = self.server.context or ssl.create_default_context()
            inner.transport = await loop.start_tls(self.transport, inner, context, server_side=True)
            inner.handshaking = False
            self.server.connections.add(inner)
            inner._take(b"")

    def _auth(self, line: bytes) -> None:
        parts = line.split()
        if len(parts) >= 2 and parts[1].upper() == b"PLAIN" and len(parts) == 3:
            self._sign_in(parts[2])
        else:
            self.mode = "auth"
            self._auth_step = parts[1:]
            self.out.append(b"334 VXNlcm5hbWU6\r\n" if parts[1].upper() == b"LOGIN" else b"334 \r\n")

    def _auth_answer(self, line: bytes) -> None:
        if self._auth_step[0].upper() == b"PLAIN":
            self.mode = "command"
            self._sign_in(line)
        elif len(self._auth_step) == 1:
            self._auth_step.append(line)
            self.out.append(b"334 UGFzc3dvcmQ6\r\n")
        else:
            self.mode = "command"
            user, password = base64.b64decode(self._auth_step[1]), base64.b64decode(line)
            self._sign_in(base64.b64encode(b"\0" + user + b"\0" + password))

    def _sign_in(self, token: bytes) -> None:
        _, user, password = base64.b64decode(token).split(b"\0")
        self.signed_in = f"{user.decode()}:{password.decode()}" == self.behaviour.auth
        self._stage("auth", b"235 2.7.0 welcome\r\n" if self.signed_in else b"535 5.7.8 bad credentials\r\n")

    def _mail(self, line: bytes) -> None:
        if self.behaviour.auth and not self.signed_in:
            self._stage("mail", b"530 5.7.0 authentication required\r\n")
            return
        if self._stage("mail", b"250 2.1.0 ok\r\n"):
            self._reset()
            self.sender = (_PATH.search(line) or [b"", b""])[1]
        self.server.note(line.decode("utf-8", "replace"))

    def _rcpt(self, line: bytes) -> None:
        self.server.note(line.decode("utf-8", "replace"))
        recipient = (_PATH.search(line) or [b"", b""])[1]
        reply = b"250 2.1.5 ok\r\n"
        if self.sender is None:
            reply = b"503 5.5.1 MAIL first\r\n"
        elif _share(b"refuse" + recipient, self.behaviour.refuse_share):
            reply = b"550 5.1.1 no such user here\r\n"
        elif recipient not in self.server.greeted and _share(b"grey" + recipient, self.behaviour.greylist_share):
            self.server.greeted.add(recipient)
            reply = b"451 4.7.1 greylisted, please come again\r\n"
        if self._stage("rcpt", reply) and reply[:1] == b"2":
            self.recipient = recipient

    def _data(self, line: bytes) -> None:
        if self.server.always_354 and self._stage("data", b"354 go ahead\r\n"):
            self.mode = "content"
        elif self.sender is None or not self.recipient:
            self._stage("data", b"503 5.5.1 RCPT first\r\n")
        elif self._stage("data", b"354 end with a dot\r\n"):
            self.mode = "content"

    def _rset(self, line: bytes) -> None:
        self._reset()
        self.server.note("RSET")
        self.out.append(b"250 2.0.0 ok\r\n")

    def _noop(self, line: bytes) -> None:
        self.out.append(b"250 2.0.0 ok\r\n")

    def _quit(self, line: bytes) -> None:
        self._stage("quit", b"221 2.0.0 bye\r\n")
        self.server.note("QUIT")
        self._flush()
        if not self.deaf:
            self.transport.close()
            self.deaf = True

    # ---- content

    def _content(self) -> bool:
        if not self._body_seen and self.mode == "content" and not self.buffer.startswith(b".\r\n"):
            self._body_seen = True
            if not self._stage("body", b""):
                self.mode = "discard"
                if self.deaf:
                    return False
        content = self._cut_content()
        if content is None:
            return False
        mode, self.mode = self.mode, "command"
        if mode == "content":
            self._dot(content)
        self._reset()
        return True

    def _cut_content(self) -> bytes | None:
        """Takes the content and its dot off the buffer, when they are complete."""
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        end = self.buffer.find(b"\r\n.\r\n")
        if end < 0:
            return None
        content, self.buffer = self.buffer[: end + 2], self.buffer[end + 5 :]
        if content[:1] == b"." or b"\r\n." in content:
            content = content.removeprefix(b".").replace(b"\r\n.", b"\r\n")
        return content

    def _dot(self, content: bytes) -> None:
        server, behaviour = self.server, self.behaviour
        if not self.recipient:
            server.arrivals["lone dot"] += 1
            self.out.append(b"554 5.5.1 no valid recipients\r\n")
            return
        if behaviour.cut_share and server.dice.random() < behaviour.cut_share:
            self._act("dot", "close", b"")
            return
        action = behaviour.faults.get("dot", ("", 0))
        accepts = not action[0] or action[1] == 0 or action[0].startswith("accept-") or action[0] == "slow"
        if accepts:
            server.ledger.append(content, self.recipient)
            if server.keep_content:
                server.contents.append(content)
        if accepts and behaviour.drop_share and server.dice.random() < behaviour.drop_share:
            self._act("dot", "close", b"")
            return
        self._stage("dot", b"250 2.0.0 Ok: queued as %X\r\n" % server.ledger.count)

    # ---- faults

    def _stage(self, stage: str, reply: bytes) -> bool:
        """Replies, or does what the script says. True when the right reply was given."""
        server = self.server
        server.arrivals[stage] += 1
        action = self.behaviour.fault(stage)
        if not action:
            if reply:
                self.out.append(reply)
            return True
        self._act(stage, action.removeprefix("accept-"), reply)
        return action == "slow"

    def _act(self, stage: str, action: str, reply: bytes) -> None:
        if action == "reply-rst":
            self.out.append(reply)
            action = "rst"
        elif action.startswith("say:"):
            self.out.append(action[4:].replace("\\r", "\r").replace("\\n", "\n").encode())
            return
        self._flush()
        if action in ("stall", "pause"):
            self._fall_silent(action)
        elif action == "slow":
            self.transport.pause_reading()
            self.server.tasks.add(asyncio.get_running_loop().create_task(self._drip(reply)))
        elif action in ("close", "rst", "torn"):
            self._leave(action)
        elif action == "garbage":
            self.out.append(b"\x00\xffwhat is this\r\n")
        else:
            self._say(action)

    def _fall_silent(self, how: str) -> None:
        self.deaf = True
        if how == "pause":
            self.transport.pause_reading()

    def _say(self, action: str) -> None:
        text = action if len(action) > 3 else f"{action} scripted reply"
        self.out.append(f"{text}\r\n".encode())
        if action.startswith("421"):
            self._flush()
            self._leave("close")

    async def _drip(self, reply: bytes) -> None:
        for i in range(len(reply)):
            self.transport.write(reply[i : i + 1])
            await asyncio.sleep(0.001)
        self.transport.resume_reading()

    def _leave(self, how: str) -> None:
        self.deaf = True
        if how == "torn":
            self.transport.write(b"25")
        if how == "rst":
            reset(self.transport)
        else:
            self.transport.close()


def reset(transport: Any) -> None:
    """Ends a connection with RST."""
    raw = transport.get_extra_info("socket")
    with socket.socket(fileno=os.dup(raw.fileno())) as twin:
        twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class SmtpServer:
    """The server on the running loop. `arrivals` counts stages; `reached` waits for them."""

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        *,
        record: Path | None = None,
        tls: str = "none",
        tls_dir: Path | None = None,
        seed: int = 1,
        keep_content: bool = False,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.ledger = Ledger(record)
        self.tls = tls
        self.ca: Path | None = None
        self.context: ssl.SSLContext | None = None
        if tls != "none":
            if tls_dir is None:
                raise ValueError("TLS needs a folder for its certificates")
            self.ca, self.context = certify(tls_dir)
        self.dice = random.Random(seed)
        self.keep_content = keep_content
        self.always_354 = False
        self.contents: list[bytes] = []
        self.commands: list[str] = []
        self.arrivals: Counter[str] = Counter()
        self.connections: set[Connection] = set()
        self.met = 0
        self.greeted: set[bytes] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self._listener: asyncio.Server | None = None
        self._waiters: list[tuple[Any, asyncio.Future[None]]] = []

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        context = self.context if self.tls == "implicit" else None
        encrypted = context is not None
        self._listener = await loop.create_server(
            lambda: Connection(self, encrypted=encrypted), "127.0.0.1", port, ssl=context, backlog=1024
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stops listening and cuts everything ("down"); `start(self.port)` is "up"."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in tuple(self.connections):
            connection.deaf = True
            connection.transport.abort()
        await asyncio.sleep(0)

    async def reached(self, stage: str, count: int = 1, patience: float = 20.0) -> None:
        """Returns when `stage` has been arrived at `count` times."""
        await self.until(lambda: self.arrivals[stage] >= count, patience)

    async def until(self, true: Any, patience: float = 20.0) -> None:
        """Returns when `true()` is; looked at whenever something arrived."""
        if true():
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((true, waiter))
        await asyncio.wait_for(waiter, patience)

    def notify(self) -> None:
        for true, waiter in tuple(self._waiters):
            if true():
                self._waiters.remove((true, waiter))
                if not waiter.done():
                    waiter.set_result(None)

    def note(self, command: str) -> None:
        """Commands are kept for tests; a long run forgets them."""
        if len(self.commands) < 10_000:
            self.commands.append(command)

    # ---- control

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(await self._ordered(json.loads(line))).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _ordered(self, order: dict[str, Any]) -> dict[str, Any]:
        if order.get("down") is True:
            await self.stop()
        elif order.get("down") is False and self._listener is None:
            await self.start(self.port)
        for name, value in order.get("set", {}).items():
            setattr(self.behaviour, name, value)
        if "faults" in order:
            self.behaviour.faults.clear()
            for spec in order["faults"]:
                self.behaviour.arm(spec)
        return {"accepted": self.ledger.count, "connections": self.met, "arrivals": dict(self.arrivals)}


def certify(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A fresh authority (DIR/ca.pem) and a server context for localhost and 127.0.0.1 signed by it."""
    import datetime as dt
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder.mkdir(parents=True, exist_ok=True)
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)

    def build(name: str, key: Any, issuer: x509.Name, signer: Any, *extensions: tuple[Any, bool]) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = (
            builder.serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + 30 * day)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Truthful CA")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    own_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = build(
        "Truthful CA", ca_key, ca_name, ca_key, (x509.BasicConstraints(True, 0), True), (usage, True), (own_id, False)
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    leaf = build("localhost", key, ca_name, ca_key, (names, False), (issuer_id, False))
    pem = serialization.Encoding.PEM
    ca_file, chain = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(private + leaf.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return ca_file, context


# ---- as a process


class Running:
    """A server in its own process, for proofs."""

    def __init__(self, process: "subprocess.Popen[bytes]", hello: dict[str, Any]) -> None:
        self.process = process
        self.port: int = hello["port"]
        self.ca: str | None = hello["ca"]
        self._control: int = hello["control"]

    def order(self, **order: Any) -> dict[str, Any]:
        """One order on the control connection, e.g. order(down=True), order(set={"drop_share": 0.1}), order(stats=True)."""
        with socket.create_connection(("127.0.0.1", self._control), 10) as line, line.makefile("rb") as answers:
            line.sendall(json.dumps(order).encode() + b"\n")
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer


@contextlib.contextmanager
def running(record: Path, *options: str) -> Iterator[Running]:
    """Starts `python -m tests.faults.smtp_server --record record *options`; ends it on leaving."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.faults.smtp_server", "--record", str(record), *options]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Running(process, json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("port", "control", "size", "mailmax"):
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ("refuse-share", "greylist-share", "drop-share", "cut-share", "latency"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    for name in ("dsn", "smtputf8"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--no-pipelining", dest="pipelining", action="store_false")
    parser.add_argument("--no-8bitmime", dest="eight_bit", action="store_false")
    parser.add_argument("--auth", default="")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--record", type=Path)
    parser.add_argument("--tls", choices=("none", "starttls", "implicit"), default="none")
    parser.add_argument("--tls-dir", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    behaviour = Behaviour()
    for name in Behaviour.__dataclass_fields__:
        if name != "faults":
            setattr(behaviour, name, getattr(arguments, name))
    for spec in arguments.fault:
        behaviour.arm(spec)
    server = SmtpServer(
        behaviour, record=arguments.record, tls=arguments.tls, tls_dir=arguments.tls_dir, seed=arguments.seed
    )
    await server.start(arguments.port)
    control = await asyncio.start_server(server.control, "127.0.0.1", arguments.control)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    hello = {"port": server.port, "control": control.sockets[0].getsockname()[1], "ca": server.ca and str(server.ca)}
    print(json.dumps({**hello, "pid": os.getpid()}), flush=True)
    await stopped.wait()
    await server.stop()
    server.ledger.close()


def main() -> None:
    arguments = _arguments()
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(arguments))
    else:
        uvloop.run(_serve(arguments))


if __name__ == "__main__":
    main()
