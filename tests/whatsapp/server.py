"""What the loopback WhatsApp server knows: keys, accounts, paired devices, what it accepted, and what waits for whom.

It tells the truth: what a device handed over is in its ledger file before the device hears of it, and what it has for a
device (receipts, messages) is kept until that device confirmed it, however often the line breaks.
"""

import hashlib
import itertools
import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.whatsapp.keys import KeyPair, keypair, sign
from tests.whatsapp.wabinary import Jid, Node, pb

if TYPE_CHECKING:
    from tests.whatsapp.connection import Connection
    from tests.whatsapp.typed import Typing

Device = tuple[str, int]  # (phone, device number)


class Server:
    """`ledger`: a file to which each accepted message is appended, `PHONE TAB MESSAGE_ID TAB FROM TAB TYPE` a line."""

    def __init__(self, ledger: Path | None = None, told: bool = True) -> None:
        self.root, self.intermediate, self.static = keypair(), keypair(), keypair()
        self.certificate = self._certificate()
        self.devices: dict[Device, bytes] = {}  # paired device -> its noise public key
        self.identities: dict[Device, dict[str, Any]] = {}  # paired device -> the keys it published
        self.live: dict[Device, Connection] = {}
        self.most_live = 0
        self.waiting: dict[str, Connection] = {}  # QR ref -> the client that shows it
        self.typing: dict[str, tuple[Connection, Typing]] = {}  # phone -> the client whose code it may type
        self.mistyped = self.hanging = 0
        self.phones: dict[str, KeyPair] = {}  # phone -> account identity
        self.seen: dict[str, list[str]] = {}  # message id -> recipients; a repeated id is a resend
        self.media: dict[str, int] = {}  # uploads: path -> bytes
        self.boxes: dict[Device, dict[str, Node]] = {}  # what a device has not confirmed yet
        self.device_numbers: Iterator[int] = itertools.count(5)
        self.mode: dict[str, Any] = {"msg": "ack", "login": None, "receipts": True, "accept": True, "iq": True}
        self._told = told
        self._people: dict[str, str] = {}  # LID user -> phone
        self.stranger = keypair()  # stands for the devices of everybody who is no account here
        self._signed = keypair()
        self._signatures: dict[bytes, bytes] = {}
        self._file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if ledger else None

    def _certificate(self) -> bytes:
        now = int(time.time())

        def details(serial: int, issuer: int, key: bytes) -> bytes:
            return pb((1, serial), (2, issuer), (3, key), (4, now - 86400), (5, now + 86400 * 365))

        intermediate, leaf = details(1, 0, self.intermediate[1]), details(2, 1, self.static[1])
        return pb(
            (1, pb((1, leaf), (2, sign(self.intermediate[0], leaf)))),
            (2, pb((1, intermediate), (2, sign(self.root[0], intermediate)))),
        )

    def say(self, event: str, **facts: Any) -> None:
        if self._told:
            print("SAID " + json.dumps({"event": event, **facts, "at": round(time.time(), 3)}), flush=True)

    def accept(self, message_id: str, to: str, sender: Device, kind: str) -> bool:
        """Takes a message over, on paper first. Whether that id was here before."""
        repeated = message_id in self.seen
        self.seen.setdefault(message_id, []).append(to)
        if self._file is not None:
            os.write(self._file, f"{self.phone(to)}\t{message_id}\t{sender[0]}\t{kind}\n".encode())
        return repeated

    def lid(self, user: str) -> str:
        """The LID user that stands for a phone number: stable, and never the number itself."""
        digits = hashlib.md5(user.encode()).hexdigest()[:12].translate(str.maketrans("abcdef", "012345"))
        self._people.setdefault("9" + digits, user)
        return "9" + digits

    def phone(self, jid: str) -> str:
        """The number behind an address."""
        user = jid.partition("@")[0].partition(":")[0]
        return self._people.get(user, user) if jid.endswith("@lid") else user

    # ---- what waits for devices

    def keep(self, device: Device, key: str, node: Node) -> None:
        self.boxes.setdefault(device, {})[key] = node

    def confirmed(self, device: Device | None, key: str) -> None:
        if device is not None:
            self.boxes.get(device, {}).pop(key, None)

    # ---- keys that others see

    def bundle(self, jid: str) -> list[Node]:
        """A pre-key bundle for one device: the account's own identity, or the stranger's."""
        user = self.phone(jid)
        identity = self.phones.get(user, self.stranger)
        signature = self._signatures.get(identity[1])
        if signature is None:
            signature = self._signatures[identity[1]] = sign(identity[0], b"\x05" + self._signed[1])
        key = [Node("id", {}, b"\0\0\1"), Node("value", {}, self._signed[1]), Node("signature", {}, signature)]
        return [
            Node("registration", {}, struct.pack(">I", 1234)),
            Node("type", {}, b"\x05"),
            Node("identity", {}, identity[1]),
            Node("skey", {}, key),
            Node("key", {}, [Node("id", {}, b"\0\0\7"), Node("value", {}, keypair()[1])]),
        ]

    def receipt(self, device: Device, sender: str, message_id: str, kind: str | None) -> tuple[str, Node]:
        """A receipt and the key under which the device will confirm it."""
        attrs = {"from": Jid(sender), "id": message_id, "t": int(time.time()), "type": kind}
        key = f"receipt/{message_id}/{kind or ''}"
        node = Node("receipt", attrs)
        self.keep(device, key, node)
        return key, node
