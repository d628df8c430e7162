"""A loopback Cloud API that tells the truth: what it accepts is counted by its attempt before anybody is answered.

Its webhooks are signed, late, doubled and out of order, as those of Meta are.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web

TOKEN, NUMBER, APP_SECRET, VERIFY = "token-of-the-app", "1055501234", "secret-of-the-app", "verify-me"
WABA = "2099901234"


def template(name: str, body: str, language: str = "en", **more: Any) -> dict[str, Any]:
    """A template as WhatsApp lists it."""
    kept = {"id": str(abs(hash((name, language)))), "name": name, "language": language, "status": "APPROVED"}
    parts = [{"type": "BODY", "text": body}, *more.pop("components", [])]
    return {**kept, "category": "MARKETING", "parameter_format": "POSITIONAL", "components": parts, **more}


@dataclass
class Orders:
    """How it behaves. Shares from 0 to 1; `rate`: messages a second; `code`: the answer for a number."""

    drop: float = 0.0  # accepts, then closes without an answer
    rate: float | None = None
    code: dict[str, int] = field(default_factory=dict)
    late: float = 0.0  # seconds until a status is told, at most
    twice: float = 0.0  # share of statuses that are told again
    templates: list[dict[str, Any]] | None = None  # None: every template is taken
    page: int = 2  # templates on a page, whatever is asked for
    tier: str = "TIER_250"
    quality: str = "GREEN"
    reach: int | None = None  # so many people are written to first; the next is refused


_PLACE = ("latitude", "longitude")
_VALUE = {"url": ("text", "text"), "quick_reply": ("payload", "payload"), "copy_code": ("coupon_code", "coupon_code")}


def _buttons_fit(found: dict[str, Any], given: list[Any]) -> bool:
    """A value for each button that wants one, named as its kind is; the others take none."""
    listed = [each for part in found["components"] if part["type"] == "BUTTONS" for each in part["buttons"]]
    values = {part["index"]: part for part in given}
    if len(values) != len(given):
        return False
    for place, button in enumerate(listed):
        kind, part = button["type"].lower(), values.pop(str(place), None)
        wanted = kind == "copy_code" or (kind == "url" and "{{" in button["url"])
        if part is None and not wanted:
            continue
        if part is None or not (wanted or kind == "quick_reply") or part["sub_type"] != kind:
            return False
        (value,) = part["parameters"]
        type_, name = _VALUE[kind]
        if (
            set(value) != {"type", name}
            or value["type"] != type_
            or not value[name]
            or " " in value[name] * (kind == "url")
        ):
            return False
    return not values


class Cloud:
    def __init__(self, orders: Orders | None = None, seed: int = 1) -> None:
        self.orders = orders or Orders()
        self.accepted: Counter[str] = Counter()  # by CAMPAIGN/SEQ/ATTEMPT
        self.people: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.files: dict[str, tuple[str, str, bytes]] = {}  # media id -> MIME type, name, content
        self.throttled = self.told = self.refused_hooks = self.over_reach = self.looked = 0
        self.hook: str | None = None  # where statuses are told
        self.url = ""
        self._dice = random.Random(seed)
        self._ids = itertools.count(1)
        self._tokens, self._filled = 10.0, 0.0
        self._statuses: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        made = web.Application(client_max_size=110 * 1024 * 1024)
        made.router.add_post("/{version}/{number}/messages", self._message)
        made.router.add_post("/{version}/{number}/media", self._upload)
        made.router.add_get("/{version}/{number}", self._number)
        made.router.add_get("/{version}/{account}/message_templates", self._list)
        return made

    async def _number(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(190, "invalid token", 401)
        facts = {"id": NUMBER, "display_phone_number": "+94 70 000 0001", "verified_name": "Shop"}
        limit = {"whatsapp_business_manager_messaging_limit": self.orders.tier, "quality_rating": self.orders.quality}
        asked = request.query["fields"].split(",")
        self.looked += 1
        return web.json_response({name: value for name, value in {**facts, **limit}.items() if name in (*asked, "id")})

    async def _list(self, request: web.Request) -> web.Response:
        """Page by page, as the Graph API: `next` is an address that nobody should have to trust."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(190, "invalid token", 401)
        if request.match_info["account"] != WABA:
            return _error(100, "Unsupported get request", 400)
        listed, start = self.orders.templates or [], int(request.query.get("after", "0"))
        end = start + min(self.orders.page, int(request.query.get("limit", "25")))
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(listed):
            paging["next"] = "http://127.0.0.1:1/elsewhere"
        return web.json_response({"data": listed[start:end], "paging": paging})

    def _refused(self, body: dict[str, Any], to: str) -> web.Response | None:
        """What WhatsApp would not take: an unknown template, one too many or too few values, one person too many."""
        if body["type"] != "template":
            return None
        if self.orders.templates is not None:
            given = body["template"]
            named = (given["name"], given["language"]["code"])
            found = next((each for each in self.orders.templates if (each["name"], each["language"]) == named), None)
            if found is None or found["status"] not in ("APPROVED", "PAUSED", "DISABLED"):
                return _error(132001, "Template name does not exist in the translation")
            if found["status"] != "APPROVED":
                return _error(132015 if found["status"] == "PAUSED" else 132016, "Template is paused")
            wanted = set(re.findall(r"\{\{(\w+)\}\}", found["components"][0]["text"]))
            values = [value for part in given["components"] if part["type"] == "body" for value in part["parameters"]]
            if found["parameter_format"] == "NAMED":
                if {value.get("parameter_name") for value in values} != wanted:
                    return _error(100, "Parameter name is missing or wrong")
            elif len(values) != len(wanted):
                return _error(132000, "Number of parameters does not match")
            if not self._header_fits(found, [part for part in given["components"] if part["type"] == "header"]):
                return _error(132012, "Parameter format does not match format in the created template")
            if not _buttons_fit(found, [part for part in given["components"] if part["type"] == "button"]):
                return _error(132012, "Parameter format does not match format in the created template")
        if self.orders.reach is not None and to not in self.people and len(self.people) >= self.orders.reach:
            self.over_reach += 1
            return _error(131048, "Spam rate limit hit")
        return None

    def _header_fits(self, found: dict[str, Any], given: list[Any]) -> bool:
        """A header that is a file wants exactly that file, by the id of its upload; every other takes none.

        developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates/media-message-templates
        """
        shown = next((each["format"].lower() for each in found["components"] if each["type"] == "HEADER"), "text")
        if shown == "location":
            (value,) = given[0]["parameters"] if len(given) == 1 else ({"type": "none"},)
            place = value.get("location", {})
            fits = value["type"] == shown and all(
                float(place.get(name, "nan")) == float(place[name]) for name in _PLACE
            )
            return fits and set(place) <= {*_PLACE, "name", "address"}
        if shown not in ("image", "video", "document"):
            return not any(value["type"] != "text" for part in given for value in part["parameters"])
        if len(given) != 1 or len(given[0]["parameters"]) != 1 or set(given[0]) != {"type", "parameters"}:
            return False
        value = given[0]["parameters"][0]
        file = value.get(shown) or {}
        mime, name, _ = self.files.get(file.get("id"), ("", "", b""))
        wanted = {"id": file.get("id"), **({"filename": name} if shown == "document" else {})}
        is_it = mime.startswith(f"{shown}/") if shown != "document" else mime == "application/pdf"
        return is_it and value == {"type": shown, shown: wanted}

    async def _upload(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(190, "invalid token", 401)
        form = await request.post()
        file = form["file"]
        if form.get("messaging_product") != "whatsapp" or not isinstance(file, web.FileField):
            return _error(100, "invalid parameter")
        media_id = str(next(self._ids))
        self.files[media_id] = (str(form["type"]), file.filename, file.file.read())
        return web.json_response({"id": media_id})

    async def _message(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(190, "invalid token", 401)
        body = await request.json()
        to = str(body["to"])
        if not self._has_token():
            self.throttled += 1
            return _error(130429, "rate limit hit")
        if (code := self.orders.code.get(to)) is not None:
            return _error(code, "scripted")
        if (refused := self._refused(body, to)) is not None:
            return refused
        part = body[str(body["type"])]
        if body["type"] in ("image", "video", "document") and part.get("id") not in self.files:
            return _error(131053, "this media does not exist")
        name = str(body["biz_opaque_callback_data"])
        self.accepted[name] += 1
        self.people[to] += 1
        self.bodies.append(body)
        message_id = f"wamid.{next(self._ids)}"
        self._will_tell(message_id, to, name)
        if self._dice.random() < self.orders.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        contacts = [{"input": to, "wa_id": to}]
        return web.json_response(
            {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": message_id}]}
        )

    def _has_token(self) -> bool:
        rate = self.orders.rate
        if rate is None:
            return True
        now = asyncio.get_running_loop().time()
        self._tokens = min(10.0, self._tokens + (now - self._filled) * rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    # ---- webhooks

    def _will_tell(self, message_id: str, to: str, name: str) -> None:
        if self.hook is None:
            return
        for state in ("sent", "delivered", "read"):
            status = {
                "id": message_id,
                "status": state,
                "timestamp": "1790000000",
                "recipient_id": to,
                "biz_opaque_callback_data": name,
            }
            for _ in range(1 + (self._dice.random() < self.orders.twice)):
                delay = self._dice.random() * self.orders.late
                task = asyncio.get_running_loop().create_task(self._tell_later(status, delay))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _tell_later(self, status: dict[str, Any], delay: float) -> None:
        await asyncio.sleep(delay)
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}, "statuses": [status]}
        await self.tell({"field": "messages", "value": value})

    async def tell(self, change: dict[str, Any], secret: str = APP_SECRET) -> int:
        """One webhook, told until it is taken."""
        assert self.hook is not None
        body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()
        mark = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": mark, "Content-Type": "application/json"}
        for wait in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4):
            try:
                async with ClientSession() as session, session.post(self.hook, data=body, headers=headers) as answer:
                    if answer.status == 200:
                        self.told += 1
                        return 200
                    if answer.status in (403, 404):
                        self.refused_hooks += 1
                        return answer.status
            except OSError:
                pass
            await asyncio.sleep(wait)
        return 0

    @contextmanager
    def running(self) -> Iterator["Cloud"]:
        """The server on a thread of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), loop).result(30)
        self._loop = loop
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(30)

    def say(self, change: dict[str, Any], secret: str = APP_SECRET) -> int:
        """As `tell`, from another thread."""
        return asyncio.run_coroutine_threadsafe(self.tell(change, secret), self._loop).result(60)

    async def _start(self) -> None:
        self._runner = web.AppRunner(self.app(), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self._runner.cleanup()


def _error(code: int, message: str, status: int = 400) -> web.Response:
    told = {"message": message, "type": "OAuthException", "code": code, "error_data": {"details": message}}
    return web.json_response({"error": told}, status=status)
