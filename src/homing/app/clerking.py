"""What the clerk among the workers is given to do, and the e-mails that Homing sends by itself."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from homing.app import messengers
from homing.app.mailboxes import collector_of
from homing.model.errors import HomingError, Misconfigured, NotFound

if TYPE_CHECKING:
    from homing.app import House
    from homing.engine.clerk import Job
    from homing.engine.scribe import Scribe
    from homing.model.outcome import Outcome
    from homing.model.receipt import Receipt
    from homing.store.database import Transaction
    from homing.store.events import Event
    from homing.store.notices import DueNotice
    from homing.store.receipts import HookCall
    from homing.store.senders import Sender
    from homing.store.tracking import Tracking

CONFIRM_FOR_MS = 3 * 86_400_000  # SNS forgets an unconfirmed subscription after three days
log = logging.getLogger(__name__)


def jobs_of(house: "House", scribe: "Scribe") -> "Sequence[Job]":
    """All jobs. Who wants to know of every fact becomes one more reader of the log here."""
    from homing.app.numbers import look_after_numbers
    from homing.engine.clerk import Job
    from homing.engine.notifier import Caller, NoticePost, Notifier
    from homing.engine.pruner import Pruner
    from homing.engine.pusher import Pusher
    from homing.engine.receiver import Receiver
    from homing.store.cloud_accounts import CloudAccounts
    from homing.store.events import Events
    from homing.store.log_tail import LogTail
    from homing.store.notices import NoticeMail, Notices
    from homing.store.pushes import Pushes, PushNotices
    from homing.store.receipts import Receipts
    from homing.store.tracking import Tracking
    from homing.store.webhook_calls import Calls
    from homing.store.webhooks import WebhookCalls, Webhooks

    db = house.database
    mail = NoticeMail(lambda tx, fact: notice_recipients(house, tx, fact))
    tail = LogTail(db, [WebhookCalls(), mail, PushNotices()])
    caller = Caller(scribe, Webhooks(db, house.seal), Calls(db), house.door, house.world)
    post = NoticePost(scribe, Notices(db), lambda each: post_notice(house, each))
    pusher = Pusher(scribe, Pushes(db, house.seal), house.door, house.world, push_subject(house))
    receiver = Receiver(scribe, Receipts(db), parse, lambda call: confirm(house, call))
    return [
        Job("notifier", Notifier(scribe, tail).look, 0.5, tail.waits),
        Job("webhooks", caller.look, 0.5, Calls.waits),
        Job("notices", post.look, 2.0, Notices.waits),
        Job("pushes", pusher.look, 0.5, Pushes.waits),
        Job("old facts", Pruner(scribe, Events(db), house.world).look, 600.0),
        Job("receipts", receiver.look, 0.5, Receipts.waits),
        Job("numbers at WhatsApp", lambda: look_after_numbers(house, scribe), 2.0, CloudAccounts.waits),
        Job("mailboxes", collector_of(house, scribe).look, 5.0),
        Job("raw receipts", receiver.tidy, 3600.0),
        Job("old opens and clicks", lambda: tidy_tracking(scribe, Tracking(db)), 3600.0),
    ]


async def tidy_tracking(scribe: "Scribe", tracking: "Tracking") -> bool:
    """Forgets a page of opens and clicks that are older than 90 days; whether there may be more."""
    return await scribe.write(tracking.tidy) > 0


def parse(call: "HookCall") -> "Sequence[Receipt]":
    """The registry of receipts: a verified body by its kind. Removing a channel removes its case here."""
    from homing.model.receipt import Mark

    match call.kind:
        case "sendgrid":
            from homing.channels.sendgrid import receipts as sendgrid

            return sendgrid.parse(call.body)
        case "ses":
            from homing.channels.ses import receipts as ses

            return ses.parse(call.body)
        case "whatsapp_cloud":
            from homing.channels.whatsapp_cloud import receipts as cloud

            return cloud.receipts(call.body, call.at)
        case "mail":
            from homing.channels.smtp import receipts as mail

            mark = Mark.parse(call.mark)
            return mail.parse(call.body, mark, call.at) if mark is not None else []
        case _:
            return []


async def confirm(house: "House", call: "HookCall") -> bool:
    """A topic of SNS that was subscribed asks us to fetch an address of its own; verified like every message of it."""
    from homing.egress.door import Unanswered
    from homing.egress.judge import Forbidden

    if call.kind == "whatsapp_cloud":
        await asyncio.to_thread(receive, house, call)
    if call.kind != "ses":
        return True
    from homing.channels.ses import receipts as ses

    url = ses.subscribe_url(call.body)
    if url is None or house.world.clock.now() - call.at > CONFIRM_FOR_MS:
        return True
    try:
        return 200 <= (await house.door.fetch(url)).status < 300
    except (Forbidden, Unanswered) as error:
        log.warning("a subscription could not be confirmed yet", extra={"hook": call.id, "cause": str(error)})
        return False


def receive(house: "House", call: "HookCall") -> None:
    """What people wrote to a number of the Cloud API goes into their conversations; told again it changes nothing."""
    from homing.channels.whatsapp_cloud.receipts import ABOUT_THE_NUMBER, Inbound, Preference, Unknown, parse
    from homing.model.ids import SenderId, WorkspaceId
    from homing.store.cloud_accounts import CloudAccounts
    from homing.store.conversations import Conversations, Heard

    if call.sender_id is None:
        return
    try:
        options = house.senders.get(SenderId(call.sender_id)).options
    except NotFound:
        return  # taken out of use since it was told
    words = {"stop": str(options.get("stop_words") or ""), "start": str(options.get("start_words") or "")}
    conversations = Conversations(house.database)
    told = parse(call.body, str(options.get("phone_number_id")))
    if any(isinstance(each, Unknown) and each.field in ABOUT_THE_NUMBER for each in told):
        CloudAccounts(house.database).soon(WorkspaceId(call.workspace_id))
    for each in told:
        if isinstance(each, Preference):
            conversations.prefers(call.workspace_id, f"+{each.phone}", stop=each.stop, at=each.at)
        if isinstance(each, Inbound):
            heard = Heard(f"+{each.phone}", each.text, each.message_id, each.at, each.name, each.media)
            conversations.receive(call.workspace_id, SenderId(call.sender_id), heard, **words)


def notice_recipients(house: "House", tx: "Transaction", fact: "Event") -> Sequence[str]:
    """Who is told of a fact: HOMING_NOTICE_TO, the services of HOMING_NOTICE_URLS, who chose it; owners when nobody is named."""
    from homing.store.choices import Choices

    mail, urls = house.settings.notice_to or (), house.settings.notice_urls or ()
    chosen = Choices(house.database, named=bool(mail)).addresses(tx, fact.workspace_id, fact.kind)
    return tuple(dict.fromkeys((*mail, *messengers.named(urls), *chosen)))


def push_subject(house: "House") -> str:
    """Whom a push service may ask about us (RFC 8292 section 2.1)."""
    base = house.settings.public_url or ""
    return base if base.startswith("https://") else f"mailto:{(house.settings.notice_to or ('homing@localhost',))[0]}"


async def post_notice(house: "House", each: "DueNotice") -> "Outcome | None":
    """Sends one notice: by the service that it is for, or as mail by the sender for notices, else the first healthy one that it
    does not speak of."""
    from homing.app.trial import hand_over

    if each.address.startswith(messengers.MARK):
        return await messengers.tell(house.settings.notice_urls or (), each)
    for sender in _senders(house, each):
        try:
            opened = house.senders.open(sender.id)
            from_ = str(opened.from_ or "")
            if not from_:
                continue
            return await hand_over(
                house, opened, each.address, from_, notice_mail(each, from_, house.world.clock.now())
            )
        except (HomingError, TimeoutError) as error:
            log.warning(
                "a sender could not carry a notice", extra={"sender": sender.uid, "cause": type(error).__name__}
            )
    return None


def notice_mail(each: "DueNotice", from_: str, now: int) -> bytes:
    """The message: plain text, marked as made by a program (RFC 3834), with one Message-ID for all tries."""
    from homing.content.letter import LetterSource, Recipient, compile_letter
    from homing.store.forms import CONFIRM

    said = {"line": each.subject, "words": each.text}
    source = LetterSource(
        "{{ line }}" if each.kind == CONFIRM else "[Homing] {{ line }}",
        "{{ words }}\n",
        from_=from_,
        campaign_uid=each.uid,
        common=said,
        headers=(("Auto-Submitted", "auto-generated"), ("Precedence", "bulk"), ("X-Auto-Response-Suppress", "All")),
    )
    return compile_letter(source).build(Recipient(1, each.address), now)


def _senders(house: "House", each: "DueNotice") -> "list[Sender]":
    """In the order in which they are tried: healthy before troubled, the one that the notice speaks of last."""
    from homing.model.sender import Health

    named = house.settings.notice_sender
    if named:
        try:
            return [house.senders.find(each.workspace_id, named)]
        except HomingError as error:
            raise Misconfigured(f"HOMING_NOTICE_SENDER: {error.detail}") from error
    found = [one for one in house.senders.list(each.workspace_id) if not one.kind.startswith("whatsapp")]
    return sorted(found, key=lambda one: (one.uid == each.about_sender_uid, one.health not in (Health.UP, Health.SLOW)))
