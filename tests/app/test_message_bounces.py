"""A single message leaves from an address of its own attempt, and what comes back to that address settles it."""

import asyncio
import re
import smtplib

from homing.app import House, make_worker
from homing.store.addressees import Addressees
from homing.store.messages import Messages
from homing.store.receipts import Receipts
from homing.web.mailroom import Mailroom
from tests.api.conftest import blank, house
from tests.channels.test_receipts import DSN
from tests.engine.rig import until
from tests.faults.smtp_server import Behaviour, SmtpServer

__all__ = ["blank", "house"]
BOUNCE = DSN.format(action="failed", status="5.1.1", words="no such user")
CONTENT = {"subject": "Your code", "text": "It is 7.\n"}


async def deliver(house: House, to: str) -> None:
    """As the mail server whose bounces these are: to the real door."""
    room = Mailroom(Addressees(house.database), Receipts(house.database), lambda: house.links)
    door = await asyncio.get_running_loop().create_server(lambda: room.protocol(lmtp=True), "127.0.0.1", 0)

    def speak() -> None:
        with smtplib.LMTP("127.0.0.1", door.sockets[0].getsockname()[1]) as line:
            assert line.sendmail("", [to], BOUNCE) == {}

    async with door:
        await asyncio.to_thread(speak)


def test_L11_a_bounce_settles_a_single_message_that_is_in_doubt(house: House) -> None:
    """Accepted, and the answer lost: only what comes back to the address of the attempt tells."""
    messages = Messages(house.database)

    def state(uid: str) -> str:
        return messages.get(house.workspace.id, uid).state

    async def story() -> tuple[str, str]:
        server = SmtpServer(Behaviour(drop_share=1.0))
        await server.start()
        options = {"host": "127.0.0.1", "port": str(server.port), "tls": "none", "from": "Shop <shop@example.org>"}
        told = {**options, "pacing": "off", "bounce_domain": "bounces.example.org"}
        sender = house.senders.add(house.workspace.id, "relay", "smtp", told, {})
        worker = make_worker(house)
        running = asyncio.get_running_loop().create_task(worker.run())
        try:
            first, second = (
                messages.post(house.workspace.id, [sender.id], f"{name}@example.net", CONTENT, actor="me")
                for name in ("ada", "bob")
            )
            await until(lambda: state(first) == state(second) == "uncertain", every=0.02)
            left = [re.match(r"MAIL FROM:<(.*?)>", each, re.IGNORECASE) for each in server.commands]
            addresses = [each[1] for each in left if each]
            assert len(set(addresses)) == 2
            assert all(each.endswith("@bounces.example.org") for each in addresses)
            to = [each.partition("\t")[2].partition("\t")[0] for each in server.ledger.lines]
            await deliver(house, addresses[to.index("ada@example.net")])
            await until(lambda: state(first) == "bounced", every=0.02)
            return state(first), state(second)
        finally:
            worker.stop()
            await running
            await server.stop()

    assert asyncio.run(story()) == ("bounced", "uncertain")
