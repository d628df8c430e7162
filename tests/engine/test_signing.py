"""Messages are signed beside the loop, and a row whose message is being signed is a row that waits: nobody lost, nobody twice."""

import asyncio
import base64
import threading
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from homing.content.dkim import DkimKey, Signer
from homing.model.campaign import State
from tests.engine.rig import dispatching, until
from tests.store.ledger import PERSON, HandClock, Ledger

PEOPLE = 60


@cache
def key() -> tuple[bytes, bytes]:
    """A private key, and what stands in the DNS."""
    made = generate_private_key(65537, 2048)
    public = base64.b64encode(made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), b"v=DKIM1; k=rsa; p=" + public


class Watched(Signer):
    """Signs when it may, and remembers where."""

    def __init__(self) -> None:
        super().__init__(DkimKey("sender.test", "s1", key()[0]))
        self.may, self.threads, self.begun = threading.Event(), set[int](), 0
        self.may.set()

    def sign(self, digest: bytes) -> str:
        self.begun += 1
        self.threads.add(threading.get_ident())
        assert self.may.wait(30)
        return super().sign(digest)


@pytest.mark.dialect("sqlite")
def test_every_message_is_signed_beside_the_loop_and_leaves_in_its_order(ledger: Ledger) -> None:
    id_, signer = ledger.started(PEOPLE), Watched()

    async def story() -> list[bytes]:
        async with dispatching(ledger) as rig:
            rig.signers = (signer,)
            await until(lambda: ledger.get(id_).state is State.COMPLETED)
            assert [parcel.key.seq for parcel in rig.courier.left] == list(range(1, PEOPLE + 1))
            return [parcel.body for parcel in rig.courier.left]

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": PEOPLE}
    assert signer.begun == PEOPLE
    assert threading.get_ident() not in signer.threads
    ledger.check_books(id_)


@pytest.mark.dialect("sqlite")
def test_what_was_signed_is_what_leaves(ledger: Ledger, clock: HandClock) -> None:
    clock.wall = 1_700_000_000_000  # the oracle takes no signature of the future
    id_, bodies = ledger.started(5), []

    async def story() -> None:
        async with dispatching(ledger, lambda parcel: bodies.append(parcel.body)) as rig:
            rig.signers = (Watched(),)
            await until(lambda: len(bodies) == 5)
            rig.courier.open.clear()

    asyncio.run(story())
    assert all(dkim.verify(body, dnsfunc=lambda name, timeout=5: key()[1]) for body in bodies), id_


@pytest.mark.dialect("sqlite")
def test_a_pause_in_the_middle_of_a_signature_sends_nothing_and_loses_nobody(ledger: Ledger) -> None:
    id_, signer = ledger.started(PEOPLE), Watched()
    signer.may.clear()

    async def story() -> None:
        async with dispatching(ledger) as rig:
            rig.signers = (signer,)
            await until(lambda: signer.begun > 0)
            ticks = 0
            while ticks < 20:  # the loop goes on while the threads wait
                await asyncio.sleep(0)
                ticks += 1
            ledger.control.pause(id_, PERSON)
            await until(lambda: set(ledger.tally(id_)) == {"queued"})
            signer.may.set()
            await rig.settled()
            assert not rig.courier.left, "what was signed for nothing does not leave"
            ledger.control.resume(id_, PERSON)
            await until(lambda: ledger.get(id_).state is State.COMPLETED)
            assert sorted(parcel.key.seq for parcel in rig.courier.left) == list(range(1, PEOPLE + 1))

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": PEOPLE}
    ledger.check_books(id_)


@pytest.mark.dialect("sqlite")
def test_who_cannot_be_written_to_fails_and_the_others_are_signed(ledger: Ledger) -> None:
    people = [
        *ledger.contacts(3, name="Ada"),
        *ledger.contacts(1, email="x@a.test", name="Eve\r\nBcc: y"),
        *ledger.contacts(3),
    ]
    id_ = ledger.started(audience={"contacts": people})

    async def story() -> None:
        async with dispatching(ledger) as rig:
            rig.signers = (Watched(),)
            await until(lambda: ledger.get(id_).state is State.COMPLETED)

    asyncio.run(story())
    assert ledger.tally(id_)["failed"] == 1
    ledger.check_books(id_)
