"""Where the time of a message goes: building it, the SMTP protocol alone, the ledger alone. `python -m bench.email`."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.campaign import FROM, Prepared, content, prepare
from bench.postfix import Broken, anchor, sink
from bench.spine import Tell, folder, medians
from homing.channels.smtp.courier import SmtpCourier
from homing.content.dkim import DkimKey, Signer
from homing.content.letter import LetterSource, compile_letter
from homing.content.recipient import Recipient
from homing.model.courier import Parcel
from homing.model.delivery import SHARDS
from homing.model.ids import CampaignId, Key
from homing.model.outcome import Accepted, NotSent, Outcome
from homing.model.sender import SenderOptions, SmtpAccess
from homing.store.database import Database
from homing.store.leases import Leases
from homing.store.planning import Planning
from homing.store.share import ClaimWish, Share
from homing.store.turn import Turns
from homing.store.workers import Workers
from homing.world import World

CONNECTIONS = 10
GROUP = 50
LETTERS = {"build, 5 kB HTML + text": (5120, 3), "build, 8.7 kB HTML + text, 17 links": (8700, 17)}
"""What is built: bytes of HTML, links."""
SIGNED = "build, 8.7 kB HTML + text, 17 links"

Figure = dict[str, float]


class Stopwatch:
    """`us(n)`: processor microseconds for each of n things; `rate(n)`: things a second."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def us(self, count: int) -> float:
        return round(self.cpu / count * 1e6, 2)

    def rate(self, count: int) -> float:
        return round(count / self.wall, 1)


@contextmanager
def measured() -> Iterator[Stopwatch]:
    watch, wall, cpu = Stopwatch(), time.perf_counter(), time.process_time()
    yield watch
    watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu


# ---- building


def _readers(messages: int) -> list[Recipient]:
    return [
        Recipient(n, f"reader{n}@d{n % 997}.example", f"Reader {n}", {"city": f"Town {n % 97}", "n": n})
        for n in range(1, messages + 1)
    ]


def build(messages: int, html_bytes: int, links: int) -> Figure:
    """Builds letters to as many readers."""
    said = content(html_bytes, links)
    source = LetterSource(said["subject"], said["text"], said["html"], FROM, campaign_uid="c1")
    letter, world = compile_letter(source), World()
    readers = _readers(messages)
    size = len(letter.build(readers[0], world.clock.now()))
    with measured() as watch:
        for reader in readers:
            letter.build(reader, world.clock.now())
    return {"rate": watch.rate(messages), "cpu_us": watch.us(messages), "message_bytes": size}


def signed(messages: int, algorithm: str) -> Figure:
    """As the dispatcher does it: written on one thread, signed by two others. `bare_us`: the signature alone, as the library
    makes it: what no signer of ours can be cheaper than."""
    key = generate_private_key(65537, 2048) if algorithm == "rsa" else Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer, said = Signer(DkimKey("garden.example", "s1", secret)), content(*LETTERS[SIGNED])
    source = LetterSource(said["subject"], said["text"], said["html"], FROM, campaign_uid="c1", signers=(signer,))
    letter, world = compile_letter(source), World()
    with measured() as bare:
        for n in range(messages):
            signer.sign(n.to_bytes(32, "big"))
    with ThreadPoolExecutor(2) as pool, measured() as watch:
        now = world.clock.now()
        list(
            pool.map(lambda draft: letter.sign(draft, now), [letter.draft(each, now)[0] for each in _readers(messages)])
        )
    return {"rate": watch.rate(messages), "cpu_us": watch.us(messages), "bare_us": bare.us(messages)}


# ---- the protocol


class ReadyDesk:
    """Has every message made and releases what is announced at the next turn of the loop, as one group."""

    def __init__(self, parcels: list[Parcel]) -> None:
        self.courier: SmtpCourier
        self.done = asyncio.Event()
        self.accepted = 0
        self.other: list[str] = []
        self._parcels = parcels
        self._left = len(parcels)
        self._announced: list[Parcel] = []

    def feed(self) -> None:
        for _ in range(min(self.courier.room(), len(self._parcels))):
            self.courier.submit(self._parcels.pop())

    def about_to(self, parcel: Parcel) -> None:
        if not self._announced:
            asyncio.get_running_loop().call_soon(self._release)
        self._announced.append(parcel)

    def _release(self) -> None:
        group, self._announced = self._announced, []
        for parcel in group:
            self.courier.release(parcel)

    def may_write(self, parcel: Parcel) -> bool:
        return True

    def finished(self, parcel: Parcel, outcome: Outcome) -> None:
        self._left -= 1
        if isinstance(outcome, Accepted):
            self.accepted += 1
        else:
            self.other.append(repr(outcome))
        self.feed()
        if not self._left:
            self.done.set()

    def trouble(self, news: NotSent) -> None:
        self.other.append(repr(news))


def protocol(messages: int, mode: int) -> Figure:
    """The courier in one of its modes, and smtp-source before and after on the same kind of sink."""
    import uvloop

    # Mode 0 is what a server without PIPELINING is spoken to in; mode 2 is asked for.
    options = ("-p",) if mode == 0 else ()
    before = anchor(messages, *options)
    with sink(*options) as to:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            watch = runner.run(_carry(messages, to.port, high_volume=mode == 2))
        taken = to.count()
    after = anchor(messages, *options)
    if taken != messages:
        raise Broken(f"the sink took {taken} messages of {messages}")
    mean = (before.rate + after.rate) / 2
    return {
        "rate": watch.rate(messages),
        "cpu_us": watch.us(messages),
        "ratio": round(watch.rate(messages) / mean, 3),
        "anchor_rate": round(mean, 1),
        "anchor_cpu_us": round((before.cpu_us + after.cpu_us) / 2, 1),
    }


async def _carry(messages: int, port: int, *, high_volume: bool) -> Stopwatch:
    body = b"Subject: bench\r\n\r\n" + (b"x" * 78 + b"\r\n") * (5120 // 80)
    desk = ReadyDesk(
        [Parcel(Key(CampaignId(1), n, 1), f"reader{n}@d.example", "post@garden.example", body) for n in range(messages)]
    )
    access = SmtpAccess("127.0.0.1", port, helo="garden.example", high_volume=high_volume)
    courier = desk.courier = SmtpCourier(access, SenderOptions(connections=CONNECTIONS), desk, World())
    with measured() as watch:
        desk.feed()
        async with asyncio.timeout(60 + messages / 100):
            await desk.done.wait()
    await courier.close(5.0)
    if desk.accepted != messages:
        raise Broken(f"{desk.accepted} of {messages} were accepted: {desk.other[:3]}")
    return watch


# ---- the ledger


def planning(recipients: int) -> Figure:
    """Freezing the audience into deliveries."""
    with folder() as place:
        prepared = prepare(place / "data", recipients)
        db = Database(f"sqlite:///{prepared.path}", World())
        try:
            with measured() as watch:
                _plan(db, prepared)
        finally:
            db.close()
    return {"rate": watch.rate(recipients), "cpu_us": watch.us(recipients)}


def _plan(db: Database, prepared: Prepared) -> None:
    me = Workers(db).enter(host="bench", version="0")
    epoch = Leases(db, me).take("plan", str(prepared.campaign), [])
    assert epoch is not None
    while not Planning(db, me).plan_page(prepared.campaign, epoch).sealed:
        pass


def turns(recipients: int) -> Figure:
    """Claims, intents and results in groups of 50, each turn with all three, flushed to the disk."""
    with folder() as place:
        prepared = prepare(place / "data", recipients)
        db = Database(f"sqlite:///{prepared.path}", World())
        try:
            _plan(db, prepared)
            watch, count = _take_turns(db, prepared)
            with db.read() as tx:
                found = tx.hot("campaign_state", {"c": prepared.campaign})[0][0]
        finally:
            db.close()
    if found != "completed":
        raise Broken(f"after all turns the campaign is {found}")
    return {"rate": watch.rate(recipients), "cpu_us": watch.us(recipients), "turn_us": watch.us(count)}


def _take_turns(db: Database, prepared: Prepared) -> tuple[Stopwatch, int]:
    me = Workers(db).enter(host="bench", version="0")
    leases = Leases(db, me)
    leases.take_lanes(prepared.sender, whole=False, share=SHARDS, held=0, dead=[])
    taker, renewed = Turns(db, me, prepared.sender), time.monotonic()
    fresh = range(1, prepared.recipients + 1)
    going: list[tuple[int, int]] = []
    claimed: list[tuple[int, int]] = []
    count = position = 0
    with measured() as watch:
        while position < len(fresh) or going or claimed:
            share = Share(prepared.campaign, prepared.workspace, "campaign:bench")
            share.sent = [(seq, attempt, f"4bTx{seq:012X}") for seq, attempt in going]
            share.intend = claimed
            if position < len(fresh):
                share.claim = ClaimWish(GROUP, fresh[position : position + GROUP], late=False)
                position += GROUP
            answer = taker.take([share]).shares[prepared.campaign]
            going, claimed = sorted(answer.go), [(row.seq, row.attempt) for row in answer.claimed]
            count += 1
            if time.monotonic() - renewed > 1.0:
                leases.renew()
                renewed = time.monotonic()
    return watch, count


# ---- all of it


def cases(messages: int) -> dict[str, Callable[[], Figure]]:
    """What is measured, by its name on the page."""
    found: dict[str, Callable[[], Figure]] = {}
    for name, (size, links) in LETTERS.items():
        found[name] = partial(build, messages, size, links)
    for algorithm, name in {"rsa": "RSA-2048", "ed25519": "Ed25519"}.items():
        found[f"build and sign, {name}, 8.7 kB"] = partial(signed, messages, algorithm)
    for mode in (0, 1, 2):
        found[f"protocol alone, mode {mode}"] = partial(protocol, messages, mode)
    found["planning alone"] = partial(planning, messages)
    found[f"ledger alone, groups of {GROUP}"] = partial(turns, messages)
    return found


def email(messages: int, repeat: int, tell: Tell) -> list[dict[str, Any]]:
    """For each case the medians over repetitions."""
    rows = []
    for name, run in cases(messages).items():
        repetitions = [run() for _ in range(repeat)]
        row = {"case": name, "messages": messages, "repeat": repeat, **medians(repetitions)}
        ratio = f", {row['ratio']:.2f} x smtp-source" if "ratio" in row else ""
        tell(f"{name}: {row['cpu_us']:.1f} us CPU a message, {row['rate']:,.0f}/s{ratio}")
        rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    from bench.__main__ import main as bench

    return bench(["email", *(sys.argv[1:] if arguments is None else arguments)])


if __name__ == "__main__":
    sys.exit(main())
