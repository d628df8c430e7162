"""The driver over neonize (whatsmeow inside). Everything it knows of that library is here and in table.py.

What bites, and what is done: a panic ends the interpreter (hence a process for each device); its flags about the link lie
(events are trusted); `disconnect` leaks a thread (`stop` and a new `connect` instead); pairing that fails is only told in
its log (which is read); every message carries a bot's mark unless NEONIZE_BOT_TAG is `off` when the process starts (setting it
later is too late: measured on the wire).
"""

import asyncio
import contextlib
import importlib.metadata
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from homing.channels.whatsapp_linked.child import CommandError, Emit, Settled
from homing.channels.whatsapp_linked.evidence import linked_jid
from homing.channels.whatsapp_linked.news import PHONES, jid_text, letter_facts, receipt_facts, unread_facts
from homing.channels.whatsapp_linked.prompt import hear_at_once
from homing.channels.whatsapp_linked.relay import Relay, carries
from homing.channels.whatsapp_linked.table import judge_text

PINNED = "0.5.2"
INSTALL = "pip install 'homing[whatsapp]'"
STORE_FAULT = "Failed to store message secret key"
_CAPABILITIES = ("waits_ack", "pair_code")
_TEMP_BANS = {1: 101, 2: 102, 3: 103, 4: 104, 5: 106}
_LOGOUTS = {2: "401", 4: "403", 5: "406"}  # the library's ConnectFailureReason -> code of the server
_FAILURES = {1: "400", 3: "402", 6: "405", 7: "409", 8: "500", 9: "501", 10: "503"}


class NeonizeDriver:
    def __init__(self, emit: Emit, settled: Settled) -> None:
        self._emit = emit
        self._settled = settled
        self._loop: asyncio.AbstractEventLoop | None = None
        self._relay: Relay | None = None
        self._client: Any = None
        self._store = Path()
        self._proxy: str | None = None
        self._linked = False
        self._up = False
        self._phone: str | None = None
        self._codes = 0
        self._library: Any = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    # ---- commands

    async def start(self, told: dict[str, Any]) -> dict[str, Any]:
        """Loads the library and opens the store."""
        version = _version()
        self._store, self._proxy = Path(told["store"]), told.get("proxy") or None
        self._loop = asyncio.get_running_loop()
        if carries(self._proxy):
            self._relay = Relay(self._settled, self._proxy)
        self._linked = await asyncio.to_thread(linked_jid, self._store, "unread") is not None
        self._library = await asyncio.to_thread(_load)
        self._store.touch(mode=0o600)
        logging.getLogger("whatsmeow").addHandler(_Listener(self._heard))
        logging.getLogger("Whatsmeow").addHandler(_Listener(self._heard))
        self._make()
        facts = {"driver": "neonize", "driver_version": version, "capabilities": list(_CAPABILITIES)}
        self._emit("ready", has_device=self._linked, **facts)
        return {"has_device": self._linked}

    async def pair(self, told: dict[str, Any]) -> dict[str, Any]:
        """Begins to show codes, or asks for one to be typed on the phone."""
        if self._linked:
            raise CommandError("bad_command", "this device is linked already")
        self._phone = str(told.get("phone") or "").lstrip("+") if told.get("method") == "code" else None
        await self._dial()
        return {}

    async def connect(self, told: dict[str, Any]) -> dict[str, Any]:
        if not self._linked:
            raise CommandError("device_gone", "there is no linked device in this store")
        await self._dial()
        return {}

    async def recycle(self, told: dict[str, Any]) -> dict[str, Any]:
        """An immediate new dial."""
        await self._hang_up()
        self._make()
        await self._dial()
        return {}

    async def stop(self, told: dict[str, Any]) -> dict[str, Any]:
        await self._hang_up()
        return {}

    async def logout(self, told: dict[str, Any]) -> dict[str, Any]:
        """Unlinks the device at the server."""
        if not self._up:
            raise CommandError("not_connected", "only a device that is connected can be unlinked")
        self._stopping = True
        try:
            async with asyncio.timeout(8):
                await self._client.logout()
        except (TimeoutError, self._library.NeonizeError) as error:
            raise CommandError("not_connected", str(error)[:300] or "no answer") from error
        finally:
            await self._hang_up()
        return {}

    async def check(self, told: dict[str, Any]) -> dict[str, Any]:
        """Which numbers are on WhatsApp."""
        numbers = [str(number).lstrip("+") for number in told["numbers"]]
        found = await self._client.is_on_whatsapp(*["+" + number for number in numbers])
        known = {each.Query.lstrip("+"): each for each in found}
        result = {}
        for number in numbers:
            one = known.get(number)
            result[number] = {
                "on_whatsapp": bool(one and one.IsIn),
                "jid": jid_text(one.JID) if one and one.IsIn else None,
            }
        return {"result": result}

    async def send(self, told: dict[str, Any]) -> dict[str, Any]:
        """One message to one number. `secret`: what it can be found by in the store, whatever happens next."""
        if not self._up:
            return {"outcome": "not_sent", "error": "not_connected"}
        try:
            message = await self._message(told["payload"])
        except (OSError, KeyError, ValueError) as error:
            return {"outcome": "not_sent", "error": "media_unreadable", "detail": str(error)[:300]}
        except self._library.NeonizeError as error:  # an upload that failed: no message has left
            return {"outcome": "not_sent", "error": "lookup_failed", "detail": str(error)[:300]}
        message.messageContextInfo.messageSecret = bytes.fromhex(told["secret"])
        number, _, server = str(told["jid"]).partition("@")
        try:
            sent = await self._client.send_message(self._library.build_jid(number, server or "s.whatsapp.net"), message)
        except self._library.NeonizeError as error:
            outcome, word, code = judge_text(str(error))
            return {"outcome": outcome, "error": word, "code": code, "detail": str(error)[:300]}
        return {"outcome": "accepted", "message_id": sent.ID, "server_time": sent.Timestamp}

    async def ping(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"rss": _memory(), "threads": threading.active_count(), "connected": self._up}

    # ---- the client

    def _make(self) -> None:
        library = self._library
        client = library.Client(str(self._store), uuid="device", props=library.props)
        handlers: dict[str, Callable[[Any], Awaitable[None]]] = {
            "ConnectedEv": self._on_connected,
            "DisconnectedEv": self._on_lost,
            "LoggedOutEv": self._on_logged_out,
            "StreamReplacedEv": lambda event: self._state("replaced"),
            "TemporaryBanEv": self._on_ban,
            "ClientOutdatedEv": lambda event: self._state("upgrade_required", code="405"),
            "ConnectFailureEv": self._on_failure,
            "KeepAliveTimeoutEv": self._on_silence,
            "KeepAliveRestoredEv": lambda event: self._state("connected"),
            "PairStatusEv": self._on_paired,
        }
        for name, handler in handlers.items():
            client.event(getattr(library.events, name))(_kept(handler))

        hear_at_once(client, library.events, library.events.ReceiptEv, self._on_receipt)
        hear_at_once(client, library.events, library.events.MessageEv, self._on_message)

        async def on_qr(_client: Any, code: bytes) -> None:
            await self._on_code(code.decode())

        client.qr(on_qr)
        self._client = client

    async def _dial(self) -> None:
        self._emit("state", state="connecting")
        self._stopping = False
        way = await self._relay.open() if self._relay is not None else self._proxy
        proxy = self._library.Proxy(way) if way else None
        task = await self._client.connect(proxy)
        self._task = task
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """The library gave up by itself: no network at the start, or a refusal that it has no name for."""
        if task.cancelled() or self._stopping or task is not self._task:
            return
        self._up = False
        text = str(task.exception() or "")
        if text.startswith("failed to dial"):
            self._emit("state", state="lost", code="no_network", detail=text[:300])
        elif text:
            self._emit("state", state="failed", code="unknown", detail=text[:300])

    async def _hang_up(self) -> None:
        self._stopping = True
        self._up = False
        if self._client is not None:
            await self._client.stop()
        if self._task is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(asyncio.shield(self._task), 3)

    # ---- what the library tells

    async def _state(self, state: str, **facts: Any) -> None:
        self._up = state in ("connected", "degraded") and (self._up or state == "connected")
        self._emit("state", state=state, **facts)

    async def _on_connected(self, event: Any) -> None:
        self._linked = True
        await self._state("connected")

    async def _on_lost(self, event: Any) -> None:
        if not self._stopping:
            await self._state("lost", code="network")

    async def _on_logged_out(self, event: Any) -> None:
        self._linked = False
        code = _LOGOUTS.get(event.Reason, "401") if event.OnConnect else "401"
        await self._state("logged_out", code=code)

    async def _on_ban(self, event: Any) -> None:
        await self._state("temp_banned", code=str(_TEMP_BANS.get(event.Code, event.Code)), seconds=int(event.Expire))

    async def _on_failure(self, event: Any) -> None:
        await self._state(
            "failed", code=_FAILURES.get(event.Reason, str(event.Reason)), detail=str(event.Message)[:300]
        )

    async def _on_silence(self, event: Any) -> None:
        await self._state("degraded", code=str(event.ErrorCount))

    async def _on_paired(self, event: Any) -> None:
        if event.Error:
            self._emit("state", state="failed", code="pairing", detail=event.Error[:300])
            return
        self._linked = True
        self._emit("paired", jid=jid_text(event.ID), phone=event.ID.User, platform=event.Platform)

    async def _on_code(self, code: str) -> None:
        self._codes += 1
        if self._phone is None:
            self._emit("qr", code=code, number=self._codes, ttl_s=60 if self._codes == 1 else 20)
        elif self._codes == 1:
            try:
                typed = await self._client.PairPhone(self._phone, True)
            except self._library.NeonizeError as error:  # WhatsApp gives no code: too many were asked for, say
                self._emit("state", state="failed", code="pairing", detail=str(error)[:300])
                return
            self._emit("qr", code=typed, number=1, ttl_s=160, typed=True)

    # ---- in the library's own thread, before it goes on

    def _on_receipt(self, event: Any) -> None:
        if (facts := receipt_facts(event)) is not None:
            self._emit("receipt", **facts)

    def _on_message(self, event: Any) -> None:
        """Noted at once, with whatever is known: the library confirms it when this returns, and it comes no second time."""
        if (facts := letter_facts(event)) is not None:
            self._on_letter(facts)

    def _on_letter(self, facts: dict[str, Any]) -> None:
        self._emit("inbound", **facts)
        if facts["phone"] is None and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._name(facts), self._loop)

    async def _name(self, facts: dict[str, Any]) -> None:
        """Says it again with the number, where the library knows it."""
        user, _, server = facts["sender"].partition("@")
        with contextlib.suppress(self._library.NeonizeError):
            phone = await self._client.get_pn_from_lid(self._library.build_jid(user, server))
            if phone.Server == PHONES:
                self._emit("inbound", **{**facts, "phone": phone.User})

    def _heard(self, level: str, text: str) -> None:
        """A line of the library's log. A store that could not be written voids every proof of absence: said durably."""
        if STORE_FAULT in text:
            with self._store.with_name(self._store.name + ".doubt").open("a", encoding="utf-8") as file:
                file.write(text[:300] + "\n")
                file.flush()
                os.fsync(file.fileno())
        if (lost := unread_facts(text)) is not None:
            self._on_letter(lost)
        if level in ("WARNING", "ERROR", "CRITICAL") or "outdated" in text:
            self._emit("log", level=level.lower(), text=text[:500])

    # ---- messages

    async def _message(self, payload: dict[str, Any]) -> Any:
        library = self._library
        media = payload.get("media")
        if not media:
            return library.Message(conversation=str(payload["text"]))
        mime, caption = str(media["mime"]), media.get("caption") or None
        body = await asyncio.to_thread(Path(media["path"]).read_bytes)
        kind = mime.partition("/")[0]
        kind = kind if kind in ("image", "video") else "document"
        sort = {"image": "MediaImage", "video": "MediaVideo", "document": "MediaDocument"}[kind]
        up = await self._client.upload(body, getattr(library.MediaType, sort))
        fields = {
            "URL": up.url,
            "directPath": up.DirectPath,
            "mediaKey": up.MediaKey,
            "fileEncSHA256": up.FileEncSHA256,
            "fileSHA256": up.FileSHA256,
            "fileLength": up.FileLength,
            "mimetype": mime,
        }
        if caption:
            fields["caption"] = caption
        if kind == "document":
            name = media.get("filename") or Path(media["path"]).name
            return library.Message(documentMessage=library.Document(fileName=name, title=name, **fields))
        part = library.Image(**fields) if kind == "image" else library.Video(**fields)
        return library.Message(**{f"{kind}Message": part})


class _Listener(logging.Handler):
    def __init__(self, hear: Callable[[str, str], None]) -> None:
        super().__init__()
        self._hear = hear

    def emit(self, record: logging.LogRecord) -> None:
        self._hear(record.levelname, record.getMessage())


class _Library:
    """The names of neonize that are used, loaded once."""

    def __init__(self) -> None:
        from neonize._binder import ProxySettings
        from neonize.aioze import events
        from neonize.aioze.client import NewAClient
        from neonize.exc import NeonizeError
        from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps
        from neonize.proto.waE2E import WAWebProtobufsE2E_pb2 as e2e
        from neonize.utils.enum import MediaType
        from neonize.utils.jid import build_jid

        self.Client: Any = NewAClient
        self.Proxy: Any = ProxySettings
        self.NeonizeError: Any = NeonizeError
        self.MediaType: Any = MediaType
        self.build_jid: Any = build_jid
        self.events: Any = events
        self.Message: Any = e2e.Message
        self.Image: Any = e2e.ImageMessage
        self.Video: Any = e2e.VideoMessage
        self.Document: Any = e2e.DocumentMessage
        self.props: Any = DeviceProps(os="Homing", platformType=DeviceProps.DESKTOP)


def _version() -> str:
    """Looked at before the import, which would fetch another library when versions do not fit."""
    try:
        found = importlib.metadata.version("neonize")
    except importlib.metadata.PackageNotFoundError:
        raise CommandError("not_installed", f"linked devices need the extra: {INSTALL}") from None
    if found != PINNED:
        raise CommandError("not_installed", f"neonize {found} is here and {PINNED} is needed: {INSTALL}")
    return found


def _load() -> _Library:
    try:
        return _Library()
    except ImportError as error:
        cure = "install libmagic1 (Debian) or libmagic (macOS)" if "magic" in str(error) else INSTALL
        raise CommandError("not_installed", f"linked devices cannot be loaded: {error}; {cure}") from error


def _kept(handler: Callable[[Any], Awaitable[None]]) -> Callable[[Any, Any], Awaitable[None]]:
    """The library forgets what a handler raises."""

    async def handle(_client: Any, event: Any) -> None:
        try:
            await handler(event)
        except Exception:
            logging.getLogger(__name__).exception("a handler failed")

    return handle


def _memory() -> int:
    """Bytes of this process in memory; 0 where that cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
