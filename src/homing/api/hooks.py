"""/hooks: where providers tell what became of messages. Verified on the raw bytes, kept as they came, answered fast.

Without a key at the sender there is no such place (404): nothing is ever accepted unverified. A second delivery of the same
event is a 200 that changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import Response

from homing.api.guards import ledger_of
from homing.api.problems import Forbidden, problem
from homing.channels.sendgrid import receipts as sendgrid
from homing.channels.ses import receipts as ses
from homing.channels.whatsapp_cloud import receipts as cloud
from homing.model.errors import HomingError, NotFound
from homing.model.sender import Kind
from homing.store.senders import Sender

router = APIRouter(tags=["hooks"])
_MOST_CERTIFICATES = 20


@dataclass(slots=True)
class Certificates:
    """Certificates of SNS, fetched once each; one that is no certificate is asked for again, but not at once."""

    fetch: Callable[[str], Awaitable[bytes]]
    known: dict[str, bytes] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, url: str) -> bytes:
        """The certificate in PEM. Raises HomingError when it cannot be had now."""
        async with self.lock:
            if url not in self.known:
                found = await self.fetch(url)
                if len(self.known) >= _MOST_CERTIFICATES:
                    self.known.clear()
                self.known[url] = found
            return self.known[url]


@router.post("/hooks/{kind}/{sender}", status_code=200, response_class=Response)
async def hook(kind: str, sender: str, request: Request) -> Response:
    """Events of a provider for one of our senders, by its id or name."""
    ledger = ledger_of(request)
    found = await asyncio.to_thread(_sender, request, kind, sender)
    body = await request.body()
    if found.kind is Kind.SENDGRID:
        good = await asyncio.to_thread(sendgrid.verify, str(found.options["event_key"]), request.headers, body)
    elif found.kind is Kind.WHATSAPP_CLOUD:
        good = await asyncio.to_thread(_meta, request, found, body)
    else:
        good = await _sns(request, found, body)
    if not good:
        raise Forbidden("this was not signed by the provider of this sender")
    try:
        await asyncio.to_thread(ledger.receipts.keep, found.workspace_id, str(found.kind), body, sender_id=found.id)
    except HomingError:
        return problem(503, "this cannot be kept now; tell it again", "unavailable", headers={"Retry-After": "60"})
    return Response(status_code=200)


def _sender(request: Request, kind: str, reference: str) -> Sender:
    """The sender that is told of, if it has a key to verify with. Raises NotFound."""
    found = ledger_of(request).senders.anywhere(kind, reference)
    if found is not None and found.kind is Kind.WHATSAPP_CLOUD:
        return found
    needed = {Kind.SENDGRID: "event_key", Kind.SES: "topic_arn"}.get(found.kind) if found is not None else None
    if found is None or needed is None or not found.options.get(needed):
        raise NotFound("there is nothing here")
    return found


async def _sns(request: Request, of: Sender, body: bytes) -> bool:
    envelope = ses.read(body)
    topics = frozenset(part.strip() for part in str(of.options["topic_arn"]).split(","))
    url = ses.certificate_url(envelope, topics) if envelope is not None else None
    if envelope is None or url is None:
        return False
    certificates: Certificates = request.app.state.certificates
    return await asyncio.to_thread(ses.verify, envelope, await certificates.get(url))


def _meta(request: Request, of: Sender, body: bytes) -> bool:
    """By the app's secret, over the raw bytes. Raises NotFound where the sender has none: nothing is taken unverified."""
    secret = ledger_of(request).senders.credential(of.id, "app_secret")
    if secret is None:
        raise NotFound("there is nothing here")
    return cloud.verified(body, request.headers.get(cloud.SIGNATURE, ""), secret)


@router.get("/hooks/whatsapp_cloud/{sender}", response_class=Response)
def prove_address(sender: str, request: Request) -> Response:
    """Meta asks whether this address is ours before it tells anything: the verify token is compared, its challenge answered."""
    found = _sender(request, "whatsapp_cloud", sender)
    token = ledger_of(request).senders.credential(found.id, "verify_token")
    answer = cloud.challenge(request.query_params, token) if token else None
    if answer is None:
        raise Forbidden("this is not the verify token of this sender")
    return Response(answer, media_type="text/plain")
