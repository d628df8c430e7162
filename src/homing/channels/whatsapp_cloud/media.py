"""Files at Meta: each is uploaded once, before the first message that carries it, and sent by its id from then on.

POST {number}/media (developers.facebook.com/docs/whatsapp/cloud-api/reference/media): ids live for 30 days. Nobody hears of an
upload: one that fails costs no recipient, and one whose answer was lost is made again.
"""

import asyncio
import json
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from homing.model.approved import kind_of
from homing.model.courier import Parcel
from homing.model.errors import HomingError, Unreachable
from homing.model.outcome import Blame, NotSent, Outcome, Refused, Trouble, Words
from homing.transport.exchange import Answer, Ask
from homing.world import Clock

Read = Callable[[int, Mapping[str, Any]], bytes]
"""The bytes of a message's file, from the campaign's id and what the message says of it. Raises HomingError."""

WINDOW_MS = 86_400_000
CLOSED = "this person did not write in the last 24 hours: only an approved template may be sent"
LIVES = 29 * 86_400.0  # seconds
KEPT = 1_000  # ids
MOST = {"image": 5, "video": 16, "document": 100}  # MiB that Meta takes


class CloudMedia:
    """The Chore (homing.transport.courier) of messages with files. `home`: the address of the number; `judge`: of an answer;
    `heard`: when a person wrote to the number last (wall ms): free text is for those who did a day ago at most."""

    def __init__(
        self,
        home: str,
        token: str,
        read: Read,
        clock: Clock,
        judge: Callable[[Answer], Outcome],
        heard: Callable[[str], int | None] | None = None,
    ) -> None:
        self._heard = heard
        self._url = f"{home}/media"
        self._token = token
        self._read = read
        self._clock = clock
        self._judge = judge
        self._kept: OrderedDict[tuple[Any, ...], tuple[str, float]] = OrderedDict()

    def id_of(self, parcel: Parcel, media: Mapping[str, Any]) -> str | None:
        """The id of a file that lies there."""
        found = self._kept.get(_name(parcel, media))
        return found[0] if found is not None and self._clock.uptime() - found[1] < LIVES else None

    async def ask(self, parcel: Parcel) -> Ask | NotSent | Refused | None:
        """The upload that has to come first; None: nothing has."""
        told = json.loads(parcel.body)
        if self._heard is not None and "template" not in told:
            try:
                at = await asyncio.to_thread(self._heard, parcel.recipient)
            except Unreachable as error:
                return NotSent("storage", Blame.SENDER, Words("request", "", error.detail))
            if (at or 0) <= self._clock.now() - WINDOW_MS:
                return Refused("window_closed", Words("request", "", CLOSED))
        media = told.get("media")
        if media is None or self.id_of(parcel, media) is not None:
            return None
        try:
            content = await asyncio.to_thread(self._read, parcel.key.campaign, media)
        except Unreachable as error:
            return NotSent("storage", Blame.SENDER, Words("request", "", error.detail))
        except HomingError as error:
            return Refused("content", Words("request", "", error.detail), campaign_fault=True)
        kind = kind_of(str(media["mime"]))
        if len(content) > MOST[kind] * 1024 * 1024:
            words = Words("request", "", f"WhatsApp takes at most {MOST[kind]} MB of a file of this kind")
            return Refused("too_big", words, campaign_fault=True)
        mime = str(media["mime"]).partition(";")[0]
        boundary, body = _form(content, mime, str(media.get("filename") or "file"))
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        return Ask("POST", self._url, headers, body)

    def took(self, parcel: Parcel, answer: Answer) -> NotSent | Refused | None:
        """What an answer to an upload means for its message. None: the file lies there."""
        try:
            media_id = str(json.loads(answer.body)["id"]) if answer.status == 200 else ""
        except (ValueError, LookupError, TypeError):
            media_id = ""
        if media_id:
            self._kept[_name(parcel, json.loads(parcel.body)["media"])] = (media_id, self._clock.uptime())
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return None
        outcome = self._judge(answer)
        if isinstance(outcome, NotSent | Refused):
            return outcome
        return NotSent("upload_failed", Blame.SENDER, answer.words(), Trouble.PROVIDER)


def _name(parcel: Parcel, media: Mapping[str, Any]) -> tuple[Any, ...]:
    return parcel.key.campaign, media.get("position"), media.get("seq")


def _form(content: bytes, mime: str, filename: str) -> tuple[str, bytes]:
    """multipart/form-data (RFC 7578). A name with a quote or a line's end in it is not repeated to a parser."""
    boundary = uuid.uuid5(uuid.NAMESPACE_OID, f"{len(content)}/{mime}").hex
    while boundary.encode() in content:
        boundary = uuid.uuid5(uuid.NAMESPACE_OID, boundary).hex
    safe = "".join(c if c.isprintable() and c not in '"\\' else "_" for c in filename)
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("messaging_product", "whatsapp"), ("type", mime))
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\nContent-Type: {mime}\r\n\r\n'
    return boundary, head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
