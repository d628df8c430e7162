"""Whatever leaves by SMTP from a domain with a key is signed as campaigns are: single messages, tests, notices. At the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dkim

from homing.app import House, make_worker, send_test
from homing.app.clerking import post_notice
from homing.store.dkim_keys import DkimKeys, SigningKey
from homing.store.messages import Messages
from homing.store.notices import DueNotice
from tests.api.conftest import Api, api, blank, house, make_draft
from tests.engine.rig import until
from tests.faults.smtp_server import SmtpServer

__all__ = ["api", "blank", "house"]
UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
LETTER: dict[str, Any] = {"subject": "Your code", "text": "It is {{ code }}.\n", "vars": {"code": "7"}}


def key(house: House, domain: str = "example.org", algorithm: str = "rsa") -> SigningKey:
    return DkimKeys(house.database, house.seal).add(house.workspace.id, domain, algorithm=algorithm)


def signatures(message: bytes) -> list[bytes]:
    return [value for name, value in dkim.DKIM(message).headers if name.lower() == b"dkim-signature"]


def verifies(message: bytes, *keys: SigningKey) -> bool:
    """One signature of each key stands in front of it, and dkimpy verifies those by RSA (the others: tests/content)."""
    known = {f"{each.name}.".encode(): each.record.encode() for each in keys}
    oracle, found = dkim.DKIM(message), signatures(message)
    rsa = [at for at, value in enumerate(found) if b"a=rsa-sha256" in value]
    try:
        good = [oracle.verify(idx=at, dnsfunc=lambda name, timeout=5: known.get(name)) for at in rsa]
    except dkim.DKIMException:
        return False
    return len(found) == len(keys) and bool(good) and all(good)


@asynccontextmanager
async def relay(house: House, *, working: bool = True) -> AsyncIterator[SmtpServer]:
    """A server, a sender to it, and a worker."""
    server = SmtpServer(keep_content=True)
    await server.start()
    options = {"host": "127.0.0.1", "port": str(server.port), "tls": "none", "from": "Shop <shop@example.org>"}
    house.senders.add(house.workspace.id, "relay", "smtp", {**options, "pacing": "off"}, {})
    worker = make_worker(house)
    running = asyncio.get_running_loop().create_task(worker.run()) if working else None
    try:
        yield server
    finally:
        worker.stop()
        if running is not None:
            await running
        await server.stop()


async def post(house: House, **content: Any) -> None:
    """Returns when it is sent."""
    messages, sender = Messages(house.database), house.senders.find(house.workspace.id, "relay").id
    uid = messages.post(house.workspace.id, [sender], "ada@example.net", {**LETTER, **content}, actor="me")
    await until(lambda: messages.get(house.workspace.id, uid).state == "sent", every=0.02)


def test_a_single_message_is_signed_by_every_key_of_its_domain_and_by_no_other(house: House) -> None:
    known = [key(house), key(house, algorithm="ed25519")]
    key(house, "example.com")

    async def story() -> list[bytes]:
        async with relay(house) as server:
            await post(house)
            await post(house, html="<p>{{ code }} ü</p>")
            await post(house, **{"from": "Other <x@elsewhere.example>"})
            return server.contents

    plain, html, foreign = asyncio.run(story())
    assert not signatures(foreign)
    for message in (plain, html):
        assert verifies(message, *known)
        assert not verifies(message.replace(b"Subject: Your", b"Subject: My"), *known)
    assert not verifies(plain.replace(b"It is 7", b"It is 8"), *known)


def test_a_key_that_comes_or_goes_while_messages_are_sent_counts_within_seconds(house: House) -> None:
    async def story() -> tuple[SigningKey, list[bytes]]:
        async with relay(house) as server, asyncio.timeout(60):
            await post(house)
            assert not signatures(server.contents[-1])
            made = key(house)
            while not signatures(server.contents[-1]):
                await post(house)
            signed = len(server.contents)
            DkimKeys(house.database, house.seal).retire(house.workspace.id, "example.org", made.selector)
            while signatures(server.contents[-1]):
                await post(house)
            return made, server.contents[signed - 1 : -1]

    made, messages = asyncio.run(story())
    assert messages
    assert all(verifies(each, made) for each in messages)


def test_a_test_of_a_campaign_and_a_notice_are_signed(api: Api) -> None:
    house, known = api.house, key(api.house)
    told = ("campaign.paused", "me@example.net", "It stopped", "Words.")

    async def story() -> list[bytes]:
        async with relay(house, working=False) as server:
            draft = await asyncio.to_thread(make_draft, api, senders=["relay"])
            await send_test(house, house.campaign(draft), "me@example.net")
            await post_notice(house, DueNotice(1, UID, house.workspace.id, *told, None, 1))
            return server.contents

    test, notice = asyncio.run(story())
    assert b"Subject: Hi" in test
    assert b"Subject: [Homing] It stopped" in notice
    assert verifies(test, known)
    assert verifies(notice, known)
