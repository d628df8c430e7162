"""The Cloud API on the way out: one message a request, named by its attempt, and its answers as outcomes.

POST {endpoint}/{version}/{phone number id}/messages (developers.facebook.com/docs/whatsapp/cloud-api/reference/messages).
There is no idempotency key: `biz_opaque_callback_data` carries the attempt's name and comes back in every status webhook.
"""

import json
from collections.abc import Callable
from typing import Any

from homing.channels.whatsapp_cloud.media import CloudMedia, Read
from homing.channels.whatsapp_cloud.table import judge_code
from homing.model.approved import kind_of
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words
from homing.model.sender import HttpAccess
from homing.transport.exchange import Answer, Ask, stated_wait
from homing.world import Clock

HOME = "https://graph.facebook.com"
VERSION = "v23.0"


class CloudApi:
    """A Provider (homing.transport.courier). `access.secret` is the access token; `number_id` the phone number's id;
    `read`: files of messages, without which none can be sent."""

    def __init__(
        self,
        access: HttpAccess,
        number_id: str,
        clock: Clock,
        *,
        version: str = VERSION,
        read: Read | None = None,
        heard: Callable[[str], int | None] | None = None,
    ) -> None:
        self._home = f"{(access.endpoint_url or HOME).rstrip('/')}/{version}/{number_id}"
        self._clock = clock
        self._headers = {"Authorization": f"Bearer {access.secret}", "Content-Type": "application/json"}
        self.media: CloudMedia | None = None
        if read is not None:
            self.media = CloudMedia(self._home, str(access.secret), read, clock, self.judge, heard)

    async def prepare(self) -> NotSent | None:
        return None

    def ask(self, parcel: Parcel) -> Ask | Refused:
        told = json.loads(parcel.body)
        content = self._content(told, parcel)
        if isinstance(content, Refused):
            return content
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": parcel.recipient.lstrip("+"),
            **content,
            "biz_opaque_callback_data": f"{told['delivery']}/{parcel.key.attempt}",
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return Ask("POST", f"{self._home}/messages", self._headers, text)

    def _content(self, told: dict[str, Any], parcel: Parcel) -> dict[str, Any] | Refused:
        file: dict[str, Any] | None = None
        if media := told.get("media"):
            media_id = self.media.id_of(parcel, media) if self.media is not None else None
            if media_id is None:
                return Refused("content", Words("request", "", "the file was not uploaded"), campaign_fault=True)
            kind = kind_of(str(media["mime"]))
            part = {"id": media_id, "caption": media.get("caption") or None}
            if kind == "document":
                part["filename"] = media.get("filename")
            file = {"type": kind, kind: {name: value for name, value in part.items() if value}}
        if template := told.get("template"):
            header = [{"type": "header", "parameters": [file]}] if file is not None else []
            parts = {"name": template["name"], "language": {"code": template["language"]}}
            return {"type": "template", "template": {**parts, "components": [*header, *template["components"]]}}
        return file or {"type": "text", "text": {"body": told["text"]}}

    def judge(self, answer: Answer) -> Outcome:
        """By Meta's own code; an HTTP status alone proves nothing, but for 429 and a wrong address."""
        told = _body(answer)
        if answer.status == 200:
            try:
                return Accepted(str(told["messages"][0]["id"]), Words("response", "200"))
            except (LookupError, TypeError):
                return Unclear("garbage", answer.words())
        code, words = _complaint(told, answer)
        if code is not None:
            return judge_code(code, words)
        if answer.status == 429:
            wait = stated_wait(answer.headers, self._clock.now())
            return NotSent("rate_limited", Blame.SENDER, answer.words(), Trouble.LIMIT, wait)
        if answer.status in (401, 403):
            return NotSent("credentials", Blame.SENDER, answer.words(), Trouble.CREDENTIALS)
        if answer.status in (404, 405) or 300 <= answer.status < 400:
            return NotSent("wrong_endpoint", Blame.SENDER, answer.words(), Trouble.CREDENTIALS)
        return Unclear("provider_error", answer.words(), ailing=answer.status >= 500)

    def look(self) -> Ask:
        """The number's own fields: its quality and its limit of new conversations are among them."""
        fields = (
            "display_phone_number,verified_name,quality_rating,throughput,whatsapp_business_manager_messaging_limit"
        )
        return Ask("GET", f"{self._home}?fields={fields}", self._headers)

    def judge_look(self, answer: Answer) -> NotSent | None:
        if answer.status == 200:
            return None
        outcome = self.judge(answer)
        if isinstance(outcome, NotSent):
            return outcome
        return NotSent("provider_error", Blame.SENDER, answer.words(), Trouble.PROVIDER)


def _body(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _complaint(told: Any, answer: Answer) -> tuple[int | None, Words]:
    try:
        error = told["error"]
        code = int(error["code"])
        details = (error.get("error_data") or {}).get("details") or error.get("message") or ""
    except (LookupError, TypeError, ValueError, AttributeError):
        return None, answer.words()
    return code, Words("response", str(code), answer.words(str(details)).text)
