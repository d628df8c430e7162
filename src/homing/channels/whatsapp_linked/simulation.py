"""A driver that leads nowhere: the protocol without a phone, for rehearsals and for showing every state.

What happens is written, one JSON object a line, into the file `STORE.script` while it runs; each line is done once:

    {"state": "lost"}                a `state` event with its other fields: logged_out, temp_banned, replaced, degraded ...
    {"scan": "94700000001"}          the phone scans the code that is shown
    {"inbound": "94711111111", "text": "STOP"}
    {"accept": false}                nothing can be dialled until {"accept": true}
    {"nack": "463"}                  the server refuses each message with that code, until {"nack": null}

Numbers that end in 404 are not on WhatsApp. What was accepted is in `STORE.sent`, one message id and number a line.
"""

import asyncio
import contextlib
import json
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from homing.channels.whatsapp_linked.child import CommandError, Emit, Settled
from homing.channels.whatsapp_linked.evidence import linked_jid

_TABLES = """
CREATE TABLE IF NOT EXISTS whatsmeow_device (jid TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS whatsmeow_message_secrets (our_jid TEXT, message_id TEXT, key BLOB);
"""
_CODES = 6


class SimulatedDriver:
    def __init__(self, emit: Emit, settled: Settled) -> None:
        """`settled`: it confirms nothing to anybody."""
        self._emit = emit
        self._store = Path()
        self._up = False
        self._accepts = True
        self._nack: str | None = None
        self._codes: asyncio.Task[None] | None = None
        self._script: asyncio.Task[None] | None = None

    async def start(self, told: dict[str, Any]) -> dict[str, Any]:
        self._store = Path(told["store"])
        with contextlib.closing(sqlite3.connect(self._store)) as raw:
            raw.executescript(_TABLES)
        self._script = asyncio.get_running_loop().create_task(self._follow())
        linked = linked_jid(self._store) is not None
        self._emit(
            "ready", driver="sim", driver_version="1", capabilities=["waits_ack", "pair_code"], has_device=linked
        )
        return {"has_device": linked}

    async def pair(self, told: dict[str, Any]) -> dict[str, Any]:
        typed = told.get("method") == "code"
        self._codes = asyncio.get_running_loop().create_task(self._show(typed=typed))
        return {}

    async def connect(self, told: dict[str, Any]) -> dict[str, Any]:
        if linked_jid(self._store) is None:
            raise CommandError("device_gone", "there is no linked device in this store")
        self._emit("state", state="connecting")
        if self._accepts:
            self._come_up()
        else:
            self._emit("state", state="lost", code="no_network")
        return {}

    async def recycle(self, told: dict[str, Any]) -> dict[str, Any]:
        self._up = False
        return await self.connect(told)

    async def stop(self, told: dict[str, Any]) -> dict[str, Any]:
        self._up = False
        return {}

    async def logout(self, told: dict[str, Any]) -> dict[str, Any]:
        self._forget()
        return {}

    async def check(self, told: dict[str, Any]) -> dict[str, Any]:
        numbers = [str(number).lstrip("+") for number in told["numbers"]]
        return {"result": {n: {"on_whatsapp": not n.endswith("404"), "jid": f"{n}@s.whatsapp.net"} for n in numbers}}

    async def send(self, told: dict[str, Any]) -> dict[str, Any]:
        if not self._up:
            return {"outcome": "not_sent", "error": "not_connected"}
        number = str(told["jid"]).partition("@")[0]
        if number.endswith("404"):
            return {"outcome": "refused", "error": "not_on_whatsapp"}
        if self._nack:
            return {"outcome": "refused", "error": "refused", "code": self._nack, "detail": "server returned error"}
        message_id = "3EB0" + secrets.token_hex(9).upper()
        with contextlib.closing(sqlite3.connect(self._store)) as raw, raw:
            row = (linked_jid(self._store), message_id, bytes.fromhex(told["secret"]))
            raw.execute("INSERT INTO whatsmeow_message_secrets VALUES (?, ?, ?)", row)
        with self._store.with_name(self._store.name + ".sent").open("a", encoding="utf-8") as file:
            file.write(f"{message_id} {number}\n")
        for kind in ("delivered", "read"):
            self._emit("receipt", message_ids=[message_id], kind=kind, at=0)
        return {"outcome": "accepted", "message_id": message_id}

    async def ping(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"rss": 0, "threads": 1, "connected": self._up}

    # ---- the script

    async def _follow(self) -> None:
        path, done = self._store.with_name(self._store.name + ".script"), 0
        while True:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            for line in lines[done:]:
                self._play(json.loads(line))
            done = len(lines)
            await asyncio.sleep(0.05)

    def _play(self, told: dict[str, Any]) -> None:
        if "accept" in told:
            self._accepts = bool(told["accept"])
        if "nack" in told:
            self._nack = told["nack"]
        if "scan" in told:
            self._scanned(str(told["scan"]))
        if "inbound" in told:
            phone = str(told["inbound"])
            facts = {"sender": f"{phone}@s.whatsapp.net", "phone": phone, "name": "", "media": None, "at": 0}
            self._emit("inbound", message_id="3A" + secrets.token_hex(9).upper(), text=told.get("text") or "", **facts)
        if "state" in told:
            self._up = told["state"] == "connected"
            if told["state"] == "logged_out":
                self._forget()
            self._emit("state", **told)

    def _scanned(self, phone: str) -> None:
        if self._codes is not None:
            self._codes.cancel()
        jid = f"{phone}:1@s.whatsapp.net"
        with contextlib.closing(sqlite3.connect(self._store)) as raw, raw:
            raw.execute("INSERT INTO whatsmeow_device VALUES (?)", (jid,))
        self._emit("paired", jid=jid, phone=phone, platform="sim")
        self._come_up()

    async def _show(self, *, typed: bool) -> None:
        if typed:
            self._emit("qr", code="SIMU-LATE", number=1, ttl_s=160, typed=True)
            return
        for number in range(1, _CODES + 1):
            seconds = 60 if number == 1 else 20
            self._emit("qr", code=f"sim,{secrets.token_hex(16)}", number=number, ttl_s=seconds)
            await asyncio.sleep(seconds)

    def _come_up(self) -> None:
        self._up = True
        self._emit("state", state="connected")

    def _forget(self) -> None:
        self._up = False
        with contextlib.closing(sqlite3.connect(self._store)) as raw, raw:
            raw.execute("DELETE FROM whatsmeow_device")
            raw.execute("DELETE FROM whatsmeow_message_secrets")
