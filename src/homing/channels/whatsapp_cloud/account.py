"""What a number and its business account tell of themselves: quality, limit, and the templates that may be sent.

GET {number} (developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers) and
GET {business account}/message_templates (…/docs/graph-api/reference/whats-app-business-account/message_templates), page by page.
Read-only: nobody hears of it, and it costs nothing.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homing.channels.whatsapp_cloud.send import HOME, VERSION, CloudApi
from homing.model.approved import BUTTONS, MEDIA, Account, Approved, reach_of
from homing.model.outcome import NotSent, Refused, Unclear
from homing.model.sender import HttpAccess
from homing.transport.exchange import Answer, Ask
from homing.world import Clock

Exchange = Callable[[Ask], Awaitable[Answer]]
PAGES, PAGE = 100, 100
FIELDS = "name,language,status,category,parameter_format,components"
_FILLED = "Homing cannot fill it: "


class Untold(Exception):
    """What came back was no answer to the question; its text says what it was."""


async def look(
    access: HttpAccess, number_id: str, waba_id: str | None, clock: Clock, exchange: Exchange, version: str = VERSION
) -> Account:
    """One look; `waba_id` None leaves the templates out. Raises Untold, and what the exchange raises."""
    api = CloudApi(access, number_id, clock, version=version)
    told = _json(api, await exchange(api.look()))
    limit = str(told.get("whatsapp_business_manager_messaging_limit") or told.get("messaging_limit_tier") or "")
    templates = None
    if waba_id:
        home = f"{(access.endpoint_url or HOME).rstrip('/')}/{version}/{waba_id}/message_templates"
        headers = {"Authorization": f"Bearer {access.secret}"}
        templates = tuple(await _templates(api, home, headers, exchange))
    return Account(
        quality=str(told.get("quality_rating") or ""),
        limit=limit,
        reach=reach_of(limit),
        phone=str(told.get("display_phone_number") or ""),
        verified_name=str(told.get("verified_name") or ""),
        templates=templates,
    )


async def _templates(api: CloudApi, home: str, headers: Mapping[str, str], exchange: Exchange) -> list[Approved]:
    """All pages. The address of the next one is made here: what an answer names is data."""
    found: list[Approved] = []
    after = ""
    for _ in range(PAGES):
        told = _json(api, await exchange(Ask("GET", f"{home}?fields={FIELDS}&limit={PAGE}{after}", headers)))
        rows = told.get("data")
        if not isinstance(rows, list):
            raise Untold("the list of templates is none")
        found += [template_of(each) for each in rows if isinstance(each, dict) and each.get("name")]
        paging = told.get("paging") or {}
        cursor = (paging.get("cursors") or {}).get("after") if isinstance(paging, dict) else None
        if not cursor or not paging.get("next"):
            break
        after = "&after=" + "".join(c for c in str(cursor) if c.isalnum() or c in "-_=")
    return sorted(found, key=lambda each: (each.name, each.language))


def template_of(told: Mapping[str, Any]) -> Approved:
    """One template as WhatsApp tells it. What cannot be filled here says so in `lacks`."""
    parts = {str(each.get("type")).upper(): each for each in told.get("components") or () if isinstance(each, dict)}
    header, buttons = parts.get("HEADER", {}), parts.get("BUTTONS", {}).get("buttons") or ()
    shown = str(header.get("format") or "TEXT").upper()
    media = shown.lower() if shown.lower() in MEDIA else ""
    lacks = ""
    if shown not in ("TEXT", "LOCATION") and not media:
        lacks = f"{_FILLED}its header is no text, no file and no place ({shown.lower()})"
    elif any(str(each.get("type")).upper() in _ASKING for each in buttons):
        lacks = f"{_FILLED}one of its buttons asks for more than a value"
    elif set(parts) - {"HEADER", "BODY", "FOOTER", "BUTTONS"}:
        lacks = (
            f"{_FILLED}it has a {min(set(parts) - {'HEADER', 'BODY', 'FOOTER', 'BUTTONS'}).lower().replace('_', ' ')}"
        )
    return Approved(
        name=str(told["name"]),
        language=str(told.get("language") or ""),
        status=str(told.get("status") or "").upper(),
        category=str(told.get("category") or ""),
        header=str(header.get("text") or ""),
        body=str(parts.get("BODY", {}).get("text") or ""),
        footer=str(parts.get("FOOTER", {}).get("text") or ""),
        buttons=tuple(str(each.get("text") or "") for each in buttons),
        named=str(told.get("parameter_format") or "").upper() == "NAMED",
        lacks=lacks,
        media=media,
        kinds=tuple(_kind_of(each) for each in buttons),
        located=shown == "LOCATION",
    )


_ASKING = frozenset({"OTP", "CATALOG", "MPM", "SPM", "FLOW"})
"""Buttons that want products, a form or a password with each message."""


def _kind_of(button: Mapping[str, Any]) -> str:
    kind = str(button.get("type")).lower()
    fixed = kind == "url" and "{{" not in str(button.get("url") or "")
    return kind if kind in BUTTONS and not fixed else ""


def _json(api: CloudApi, answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        outcome = api.judge(answer)
        words = outcome.words if isinstance(outcome, NotSent | Refused | Unclear) else answer.words()
        reason = outcome.reason if isinstance(outcome, NotSent | Refused | Unclear) else "garbage"
        raise Untold(f"{reason} ({words})")
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Untold("the answer is no JSON object")
    return told
