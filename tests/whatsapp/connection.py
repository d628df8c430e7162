"""One client of the loopback WhatsApp server: handshake, then pairing or login, then stanzas."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator
from typing import Any

from tests.whatsapp.frames import Closed, WebSocket
from tests.whatsapp.keys import Noise, keypair, shared, sign
from tests.whatsapp.server import Device, Server
from tests.whatsapp.typed import Typing, WrongCode
from tests.whatsapp.wabinary import SERVER, Jid, Node, decode, encode, pb, unpb


class Connection:
    def __init__(self, server: Server, socket: WebSocket) -> None:
        self.server = server
        self.socket = socket
        self.me: Device | None = None
        self.noise = Noise()
        self._pending: Device | None = None  # what a pairing in progress will become
        self._static = b""
        self._published: dict[str, Any] = {}
        self._header = b""

    # ---- frames: a 4-byte header (behind an optional "ED" routing block) once, then 3-byte lengths

    async def frames(self) -> AsyncIterator[bytes]:
        buffer = b""
        async for message in self.socket.messages():
            buffer += message
            if not self._header:
                if buffer[:2] == b"ED":
                    buffer = buffer[7 + int.from_bytes(buffer[4:7], "big") :]
                if len(buffer) < 4:
                    continue
                self._header, buffer = buffer[:4], buffer[4:]
            while len(buffer) >= 3:
                size = int.from_bytes(buffer[:3], "big")
                if len(buffer) < 3 + size:
                    break
                frame, buffer = buffer[3 : 3 + size], buffer[3 + size :]
                yield frame

    async def _frame(self, data: bytes) -> None:
        await self.socket.send(len(data).to_bytes(3, "big") + data)

    async def send(self, node: Node) -> None:
        with contextlib.suppress(Closed):
            await self._frame(self.noise.write(b"\0" + encode(node)))

    async def farewell(self, node: Node) -> None:
        """Sends a last stanza, leaves it time to arrive, closes."""
        await self.send(node)
        await asyncio.sleep(0.05)
        await self.socket.close()

    # ---- the life of a connection

    async def run(self) -> None:
        frames = self.frames()
        payload = await self._handshake(frames)
        if 1 in payload:  # a user name: the client was paired before
            await self._login(payload)
        else:
            self._published = _published(payload)
            await self._register()
        async for frame in frames:
            node = decode(self.noise.read(frame))
            if os.environ.get("TRACE"):
                print("  <<", repr(node)[:700], flush=True)
            await self._on(node)

    async def _handshake(self, frames: AsyncIterator[bytes]) -> dict[int, list[Any]]:
        """Noise XX as responder. Gives what the client says of itself; leaves the transport keys set."""
        server, noise = self.server, self.noise
        hello = await anext(frames)
        noise.mix_hash(self._header)
        ephemeral = unpb(unpb(hello)[2][0])[1][0]
        noise.mix_hash(ephemeral)
        private, public = keypair()
        noise.mix_hash(public)
        noise.mix_key(shared(private, ephemeral))
        static = noise.seal(server.static[1])
        noise.mix_key(shared(server.static[0], ephemeral))
        certificate = noise.seal(server.certificate)
        await self._frame(pb((3, pb((1, public), (2, static), (3, certificate)))))
        finish = unpb(unpb(await anext(frames))[4][0])
        self._static = noise.open(finish[1][0])
        noise.mix_key(shared(private, self._static))
        payload = unpb(noise.open(finish[2][0]))
        noise.split()
        return payload

    async def _register(self) -> None:
        """A new device: offers QR refs, or refuses."""
        server = self.server
        server.say("register")
        if refusal := server.mode.get("register_fail"):
            await self.farewell(Node("failure", dict(refusal, location="loopback")))
            return
        refs = [base64.b64encode(os.urandom(20)).decode() for _ in range(server.mode.get("refs", 6))]
        server.waiting.update(dict.fromkeys(refs, self))
        attrs = {"from": Jid("@" + SERVER), "id": "pd1", "type": "set", "xmlns": "md"}
        offer = Node("pair-device", {}, [Node("ref", {}, ref.encode()) for ref in refs])
        await self.send(Node("iq", attrs, [offer]))

    async def scanned(self, qr: str, phone: str) -> int:
        """The phone scanned this client's code: signs its identity and tells it who it is."""
        _ref, _noise, identity, adv_secret = qr.rsplit("#", maxsplit=1)[-1].split(",")[:4]
        return await self._signed(phone, base64.b64decode(identity), base64.b64decode(adv_secret))

    async def typed(self, code: str, phone: str) -> None:
        """Its owner typed the code of this client on the phone."""
        server, typing = self.server, self.server.typing[phone][1]
        await self.send(typing.hello(code, server.phones.setdefault(phone, keypair())))

    async def _on_link_code(self, iq: Node, reg: Node) -> None:
        """A client that wants to be linked by a code: its first step, and its last."""
        server = self.server
        phone = str(reg.attrs["jid"]).partition("@")[0]
        if refusal := server.mode.get("no_codes"):
            attrs = {"from": Jid("@" + SERVER), "id": iq.attrs["id"], "type": "error"}
            await self.send(Node("iq", attrs, [Node("error", dict(refusal))]))
            return
        if reg.attrs["stage"] == "companion_hello":
            typing = Typing(phone, reg.bytes_of("link_code_pairing_wrapped_companion_ephemeral_pub"))
            server.typing[phone] = (self, typing)
            server.say("link-code", phone=phone)
            ref = Node("link_code_pairing_ref", {}, typing.ref)
            await self.send(_result(iq, Node("link_code_companion_reg", {}, [ref])))
            return
        await self.send(_result(iq))
        try:
            identity, secret = server.typing[phone][1].finish(reg, server.phones[phone])
        except WrongCode:
            server.mistyped += 1
            server.say("link-code-wrong", phone=phone)  # the phone says so to its owner; the client hears nothing
            return
        del server.typing[phone]
        await self._signed(phone, identity, secret)

    async def _signed(self, phone: str, identity: bytes, adv_secret: bytes) -> int:
        """The phone takes the device on: signs its identity, and tells it who it is."""
        server = self.server
        number = next(server.device_numbers)
        account = server.phones.setdefault(phone, keypair())
        details = pb((1, 42), (2, int(time.time())), (3, 1))
        signature = sign(account[0], b"\x06\x00" + details + identity)
        signed = pb((1, details), (2, account[1]), (3, signature))
        mac = hmac.new(adv_secret, signed, hashlib.sha256).digest()
        self._pending = (phone, number)
        jids = {
            "jid": Jid(f"{phone}:{number}@{SERVER}"),
            "lid": Jid(f"{server.lid(phone)}:{number}@lid"),
        }
        success = Node(
            "pair-success",
            {},
            [
                Node("device-identity", {}, pb((1, signed), (2, mac))),
                Node("platform", {"name": "android"}),
                Node("device", jids),
            ],
        )
        attrs = {"from": Jid("@" + SERVER), "id": "ps1", "type": "set", "xmlns": "md", "t": int(time.time())}
        await self.send(Node("iq", attrs, [success]))
        return number

    async def _paired(self) -> None:
        """The client signed the pairing: it is remembered, and the stream starts again, as the real server has it."""
        server = self.server
        server.say("paired")
        assert self._pending is not None
        server.devices[self._pending] = self._static
        server.identities[self._pending] = self._published
        if not server.mode.get("no515"):
            await self.farewell(Node("stream:error", {"code": "515"}))

    async def _login(self, payload: dict[int, list[Any]]) -> None:
        server = self.server
        key: Device = (str(payload[1][0]), payload.get(18, [0])[0])
        if refusal := server.mode["login"]:
            server.say("login-refused", attrs=refusal)
            if server.mode.get("login_once"):
                server.mode["login"] = None
            await self.farewell(Node("failure", dict(refusal, location="loopback")))
            return
        if server.devices.get(key) != self._static:
            server.say("login-unknown", user=key[0], device=key[1])
            await self.farewell(Node("failure", {"reason": "401", "location": "loopback"}))
            return
        if (old := server.live.get(key)) and old is not self:
            server.say("replaced", user=key[0], device=key[1])
            await old.send(Node("stream:error", {}, [Node("conflict", {"type": "replaced"})]))
            await old.socket.close()
        server.live[key], self.me = self, key
        server.say("login", user=key[0], device=key[1])
        lid = Jid(f"{server.lid(key[0])}:{key[1]}@lid")
        await self.send(Node("success", {"t": int(time.time()), "props": "27", "lid": lid, "location": "loopback"}))
        waits = list(server.boxes.get(key, {}).values())
        await self.send(Node("ib", {"from": Jid("@" + SERVER)}, [Node("offline", {"count": str(len(waits))})]))
        for node in waits:
            await self.send(node)

    async def _on(self, node: Node) -> None:
        match node.tag:
            case "message":
                await self._on_message(node)
            case "ack":
                kind = node.attrs.get("type") or ""
                self.server.confirmed(self.me, f"{node.attrs.get('class')}/{node.attrs['id']}/{kind}")
            case "receipt":
                self.server.confirmed(self.me, f"message/{node.attrs['id']}/")
                self.server.say("receipt", id=node.attrs["id"], kind=node.attrs.get("type"))
            case "iq":
                if node.child("pair-device-sign"):
                    await self._paired()
                elif reg := node.child("link_code_companion_reg"):
                    await self._on_link_code(node, reg)
                elif node.child("remove-companion-device"):
                    await self._logged_out(node)
                elif node.attrs.get("type") not in ("result", "error"):
                    await self._on_query(node)

    async def _on_query(self, iq: Node) -> None:
        """Answered, but for what the mode leaves unanswered: all of it, or what has that child."""
        server = self.server
        if not server.mode["iq"]:
            return
        if (silent := server.mode.get("silent_on")) and iq.child(silent):
            server.hanging += 1
            server.say("query-hangs", about=silent)
            return
        await self.send(self._answer(iq))

    async def _logged_out(self, iq: Node) -> None:
        """The device unlinks itself."""
        server = self.server
        if self.me is not None:
            server.devices.pop(self.me, None)
            server.say("unlinked", user=self.me[0], device=self.me[1])
        await self.send(_result(iq))

    def _answer(self, iq: Node) -> Node:
        """The result of a query; an empty one for whatever is not known here."""
        server, namespace = self.server, iq.attrs.get("xmlns")
        if namespace == "encrypt" and iq.child("count"):
            return _result(iq, Node("count", {"value": "0" if server.mode.get("want_keys") else "500"}))
        if namespace == "encrypt" and iq.child("digest"):
            return _result(iq, Node("digest", {}, []))
        if namespace == "encrypt" and iq.attrs.get("type") == "set" and iq.child("registration"):
            self._publish(iq)
        if namespace == "encrypt" and (wanted := iq.child("key")):
            jids = [user.attrs["jid"] for user in wanted.kids()]
            return _result(iq, Node("list", {}, [Node("user", {"jid": Jid(j)}, server.bundle(j)) for j in jids]))
        if namespace == "usync" and (usync := iq.child("usync")):
            return _result(iq, self._usync(usync))
        if iq.child("media_conn"):
            attrs = {"auth": "loopback", "ttl": "300", "auth_ttl": "21600", "max_buckets": "12"}
            return _result(iq, Node("media_conn", attrs, [Node("host", {"hostname": "media.whatsapp.net"})]))
        return _result(iq)

    def _publish(self, iq: Node) -> None:
        """The keys with which others begin to speak to this device."""
        if self.me is None:
            return
        signed, listed = iq.child("skey"), iq.child("list")
        assert signed is not None
        assert listed is not None
        self.server.identities[self.me] = {
            "identity": iq.bytes_of("identity"),
            "signed": (int.from_bytes(signed.bytes_of("id"), "big"), signed.bytes_of("value")),
            "once": [(int.from_bytes(key.bytes_of("id"), "big"), key.bytes_of("value")) for key in listed.kids()],
        }

    def _usync(self, usync: Node) -> Node:
        """Who is on WhatsApp, which devices they have, what their LID is. Numbers that end in 404 are not."""
        query, listed = usync.child("query"), usync.child("list")
        assert query is not None
        assert listed is not None
        users = []
        for user in listed.kids():
            jid = user.attrs.get("jid")
            if jid is None:
                jid = f"{user.bytes_of('contact').decode().lstrip('+')}@{SERVER}"
            phone = self.server.phone(jid)
            known = not phone.endswith("404")
            devices = [Node("device", {"id": "0"})] if known else []
            answers = {
                "devices": Node("devices", {}, [Node("device-list", {}, devices)]),
                "lid": Node("lid", {"val": Jid(f"{self.server.lid(phone)}@lid")} if known else {}),
                "contact": Node("contact", {"type": "in" if known else "out"}),
            }
            users.append(Node("user", {"jid": Jid(jid)}, [answers[q.tag] for q in query.kids() if q.tag in answers]))
        defaults = (("sid", "1"), ("mode", "query"), ("context", "x"))
        echoed = {key: usync.attrs.get(key, default) for key, default in defaults}
        attrs = {**echoed, "index": "0", "last": "true"}
        return Node("usync", attrs, [Node("list", {}, users)])

    async def _on_message(self, node: Node) -> None:
        server = self.server
        message_id, to = node.attrs["id"], node.attrs["to"]
        mode = server.mode["msg"]
        if isinstance(mode, list):
            mode = mode.pop(0) if mode else "ack"
        assert self.me is not None
        if mode.startswith("nack"):
            server.say("message-refused", id=message_id, to=to)
        elif mode != "lose":
            repeated = server.accept(message_id, to, self.me, _kind(node))
            server.say("message", id=message_id, to=server.phone(to), mode=mode, again=repeated, bot=_is_bot(node))
        ack = {"class": "message", "id": message_id, "from": Jid(to), "t": int(time.time())}
        match mode:
            case "silent" | "lose":
                return
            case "drop":
                await self.socket.close()
                return
            case "abort":
                self.socket.abort()
                return
            case _ if mode.startswith("nack"):
                await self.send(Node("ack", {**ack, "error": mode[4:]}))
                return
        kinds = (None, "read") if server.mode["receipts"] else ()
        if mode.startswith("late"):
            for kind in kinds:  # a device that is back before a late answer finds them waiting
                server.receipt(self.me, to, message_id, kind)
            await asyncio.sleep(float(mode[4:]))
        try:
            await self.send(Node("ack", ack))
        finally:  # the recipient's phone has it, whether the sender's line still stands or not
            receipts = [server.receipt(self.me, to, message_id, kind)[1] for kind in kinds]
        for receipt in receipts:
            await self.send(receipt)


def _published(payload: dict[int, list[Any]]) -> dict[str, Any]:
    """The keys with which others begin to speak to a new device, from what it said of itself."""
    told = unpb(payload[19][0])
    return {"identity": told[3][0], "signed": (int.from_bytes(told[4][0], "big"), told[5][0]), "once": []}


def _result(iq: Node, *kids: Node) -> Node:
    attrs = {"from": Jid("@" + SERVER), "id": iq.attrs["id"], "type": "result"}
    return Node("iq", attrs, list(kids) or None)


def _kind(node: Node) -> str:
    """text, or the kind of media that the stanza says."""
    parts = [*node.kids(), *(enc for to in node.kids() for one in to.kids() for enc in (one, *one.kids()))]
    found = next((str(part.attrs["mediatype"]) for part in parts if "mediatype" in part.attrs), None)
    return found or str(node.attrs.get("type", "text"))


def _is_bot(node: Node) -> bool:
    return node.child("bot") is not None
