"""What the clerk among the workers is given to do, and the e-mails that Homing sends by itself."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from homing.model.errors import HomingError, Misconfigured

if TYPE_CHECKING:
    from homing.app import House
    from homing.engine.clerk import Job
    from homing.engine.scribe import Scribe
    from homing.model.outcome import Outcome
    from homing.store.database import Transaction
    from homing.store.events import Event
    from homing.store.notices import DueNotice
    from homing.store.senders import Sender

log = logging.getLogger(__name__)


def jobs_of(house: "House", scribe: "Scribe") -> "Sequence[Job]":
    """All jobs. Who wants to know of every fact becomes one more reader of the log here."""
    from homing.engine.clerk import Job
    from homing.engine.notifier import Caller, NoticePost, Notifier
    from homing.store.log_tail import LogTail
    from homing.store.notices import NoticeMail, Notices
    from homing.store.webhook_calls import Calls
    from homing.store.webhooks import WebhookCalls, Webhooks

    db = house.database
    tail = LogTail(db, [WebhookCalls(), NoticeMail(lambda tx, fact: notice_recipients(house, tx, fact))])
    caller = Caller(scribe, Webhooks(db, house.seal), Calls(db), house.door, house.world)
    post = NoticePost(scribe, Notices(db), lambda each: post_notice(house, each))
    return [Job("notifier", Notifier(scribe, tail).look), Job("webhooks", caller.look), Job("notices", post.look, 2.0)]


def notice_recipients(house: "House", tx: "Transaction", fact: "Event") -> Sequence[str]:
    """Who gets an e-mail about a fact: HOMING_NOTICE_TO."""
    return house.settings.notice_to or ()


async def post_notice(house: "House", each: "DueNotice") -> "Outcome | None":
    """Sends one notice by the sender for notices, else by the first healthy one that it does not speak of."""
    from homing.app.trial import hand_over

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

    said = {"line": each.subject, "words": each.text}
    source = LetterSource(
        "[Homing] {{ line }}",
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
