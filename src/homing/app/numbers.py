"""Numbers of the Cloud API in the composition root: who looks at them, and when."""

import asyncio
import logging
from typing import TYPE_CHECKING

from homing.model.errors import HomingError

if TYPE_CHECKING:
    from homing.app import House
    from homing.engine.scribe import Scribe
    from homing.model.approved import Account
    from homing.model.ids import SenderId
    from homing.store.cloud_accounts import CloudAccounts
    from homing.store.senders import OpenedSender

LOOK_SECONDS = 60.0
ANSWER_LIMIT = 4 * 1024 * 1024  # bytes of one page of templates
log = logging.getLogger(__name__)


async def look_at_number(house: "House", sender_id: "SenderId") -> "Account":
    """Asks WhatsApp about a number and keeps what it says; `trouble` of the answer says why it said nothing."""
    opened = await asyncio.to_thread(house.senders.open, sender_id)
    found = await _ask(house, opened)
    return await asyncio.to_thread(_accounts(house).keep, sender_id, found)


async def look_after_numbers(house: "House", scribe: "Scribe") -> bool:
    """The clerk's: one number that is due; whether there was one."""
    due = await scribe.read(_accounts(house).stale)
    if not due:
        return False
    try:
        opened = await scribe.read(house.senders.open, due[0])
        found = await _ask(house, opened)
    except HomingError as error:  # its key is another installation's: others must not wait for it
        from homing.model.approved import Account

        found = Account(trouble=error.detail)
    await scribe.write(_accounts(house).keep, due[0], found)
    if found.trouble is not None:
        log.warning("WhatsApp did not tell of a number", extra={"sender": due[0], "cause": found.trouble})
    return len(due) > 1


async def _ask(house: "House", opened: "OpenedSender") -> "Account":
    from aiohttp import ClientError

    from homing.channels.whatsapp_cloud.account import Untold, look
    from homing.channels.whatsapp_cloud.send import VERSION
    from homing.model.approved import Account
    from homing.model.outcome import clean_words
    from homing.transport.exchange import Answer, Ask, not_sent
    from homing.transport.pool import Exchange, Pool

    told, pool = opened.sender.options, Pool(1, ANSWER_LIMIT)
    assert opened.http is not None  # noqa: S101 - the store gives this kind its access

    async def exchange(ask: Ask) -> Answer:
        return await pool.exchange(Exchange(ask, LOOK_SECONDS, LOOK_SECONDS, lambda: None))

    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await look(
                opened.http,
                str(told["phone_number_id"]),
                told.get("waba_id"),
                house.world.clock,
                exchange,
                told.get("api_version") or VERSION,
            )
    except Untold as error:
        return Account(trouble=clean_words(str(error)))
    except (ClientError, OSError, TimeoutError, ValueError) as error:
        news = not_sent(error)
        return Account(trouble=f"{news.reason} ({news.words})")
    finally:
        await pool.close()


def _accounts(house: "House") -> "CloudAccounts":
    from homing.store.cloud_accounts import CloudAccounts

    return CloudAccounts(house.database)
