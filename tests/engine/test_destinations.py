"""One mail system asks us to slow down: it gets a window of its own, and everybody else goes on."""

import asyncio
from typing import Any

from homing.model.campaign import State
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Words
from homing.model.pacing import Rate
from homing.model.sender import SenderOptions
from homing.store.control import By
from homing.store.suppressions import Suppressions
from tests.engine.rig import dispatching, until
from tests.store.ledger import Ledger

SLOW = NotSent("slow_down", Blame.DESTINATION, Words("rcpt", "450 4.7.28", "unusual rate"))


def people(ledger: Ledger, count: int) -> list[int]:
    """Every second one is at the slow place."""
    ids = [ledger.contacts(1, email=f"u{n}@{'slow' if n % 2 else 'quick'}.test")[0] for n in range(count)]
    return sorted(ids)


def test_a_slow_destination_gets_a_window_and_keeps_nobody_else_waiting(ledger: Ledger) -> None:
    id_ = ledger.started(audience={"contacts": people(ledger, 120)})
    flying: dict[str, int] = {"slow": 0, "most": 0}
    told = 0

    def fate(parcel: Parcel) -> Outcome | None:
        nonlocal told
        if not parcel.recipient.endswith("@slow.test"):
            return Accepted()
        flying["slow"] += 1
        if told < 3:
            told += 1
            flying["slow"] -= 1
            return SLOW
        flying["most"] = max(flying["most"], flying["slow"])
        return None

    async def story() -> None:
        async with dispatching(ledger, fate, options=SenderOptions(connections=30)) as rig:
            await until(lambda: told == 3)
            quick = [seq for seq, row in ledger.rows(id_).items() if row["address"].endswith("@quick.test")]
            await until(lambda: all(ledger.states(id_)[seq] == "sent" for seq in quick))
            held = rig.dispatcher._destinations._slow["slow.test"]
            rows = ledger.rows(id_)
            busy = [row for row in rows.values() if row["reason"] == "destination_busy"]
            assert busy, "those that find no room go back"
            assert all(row["tries"] == 0 and row["due_at"] > 0 for row in busy), "and are not charged for it (L22)"
            before = held.most

            def answer() -> None:
                flying["slow"] -= len(rig.courier.open)
                rig.courier.answer(Accepted())

            while ledger.get(id_).state is not State.COMPLETED:
                answer()
                await asyncio.sleep(0.01)
            assert held.most > before, "it opens again with each full round"

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 120}
    ledger.check_books(id_)


def test_what_is_refused_together_halves_the_window_once(ledger: Ledger) -> None:
    id_ = ledger.started(audience={"contacts": [ledger.contacts(1, email=f"u{n}@slow.test")[0] for n in range(40)]})

    async def story() -> None:
        async with dispatching(ledger, lambda _: None, options=SenderOptions(connections=20), ticking=False) as rig:
            rig.look()
            await until(lambda: len(rig.courier.open) >= 16)
            keys = tuple(rig.courier.open)
            rig.courier.answer(SLOW, *keys[:8])
            window = rig.dispatcher._destinations._slow["slow.test"]
            first = window.most
            assert first >= (len(keys) - 1) // 2
            rig.ledger.world.clock.pass_(10.0)
            rig.courier.answer(SLOW, keys[8])
            assert window.most == first // 2
            rig.courier.answer(Accepted())

    asyncio.run(story())
    assert set(ledger.tally(id_)) <= {"sent", "queued"}


def test_a_refusal_for_policy_slows_that_mail_system_and_nobody_else(ledger: Ledger) -> None:
    """EMAIL section 3: 5.7.x is our own fault there; its recipients are not suppressed."""
    id_ = ledger.started(audience={"contacts": [ledger.contacts(1, email=f"u{n}@wary.test")[0] for n in range(20)]})
    wary = Refused("policy", Words("rcpt", "550 5.7.1", "reputation"))

    async def story() -> None:
        async with dispatching(ledger, lambda _: None, options=SenderOptions(connections=20), ticking=False) as rig:
            rig.look()
            await until(lambda: len(rig.courier.open) >= 16)
            keys = tuple(rig.courier.open)
            rig.courier.answer(wary, keys[0])
            assert rig.dispatcher._destinations._slow["wary.test"].most <= len(keys) // 2 + 1
            rig.courier.answer(Refused("bad_address", Words("rcpt", "550 5.1.1", "gone")), keys[1])
            rig.courier.answer(Accepted())

    asyncio.run(story())
    assert ledger.tally(id_)["failed"] == 2
    assert not list(Suppressions(ledger.db).export(ledger.workspace))


def test_a_limit_for_each_domain_is_kept_and_keeps_nobody_else_waiting(ledger: Ledger) -> None:
    """Ten a second to each: half of the people are at one place, the others each at their own."""
    ids = [ledger.contacts(1, email=f"u{n}@{'big.test' if n % 2 else f'own{n}.test'}")[0] for n in range(60)]
    id_ = ledger.started(audience={"contacts": ids})
    clock, times = ledger.world.clock, []
    calm: list[bool] = []

    def fate(parcel: Parcel) -> Outcome:
        if parcel.recipient.endswith("@big.test"):
            times.append(clock.uptime())
        return Accepted()

    def done(rig: Any) -> bool:
        """What may go by now has gone."""
        tray, (line,) = rig.dispatcher.tray, rig.dispatcher.lines.values()
        now = clock.now()
        due = any(row["state"] == "queued" and row["due_at"] <= now for row in ledger.rows(id_).values())
        reached = ledger.world.faults.reached  # type: ignore[attr-defined]  # a Saboteur counts
        turning = reached["turn.begin"] != reached["turn.committed"]
        busy = turning or tray.in_flight or tray.unwritten or tray.waiting or (due and line.late_from <= now)
        calm.append(not busy)
        return all(calm[-3:]) and len(calm) > 2  # what a turn has brought is taken up a moment after its commit

    async def story() -> None:
        options = SenderOptions(connections=30, per_domain=Rate.parse("10/s"))
        async with dispatching(ledger, fate, options=options, ticking=False) as rig:
            clock.pass_(0.1)  # who held the lanes before may just have written to each of them
            rig.keep()
            rig.look()
            others = [seq for seq, row in ledger.rows(id_).items() if "own" in row["address"]]
            await until(lambda: all(ledger.states(id_)[seq] == "sent" for seq in others) and done(rig))
            assert len(times) == 1
            waiting = [row for row in ledger.rows(id_).values() if row["reason"] == "destination_busy"]
            assert waiting, "behind a short line they go back to the queue"
            assert all(row["tries"] == 0 for row in waiting), "nobody is charged for it"
            for _ in range(60):
                clock.pass_(0.1)
                rig.keep()
                rig.look()
                calm.clear()
                if ledger.get(id_).state is not State.COMPLETED:
                    await until(lambda: not rig.dispatcher.lines or done(rig))

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 60}
    begun = times[0]
    assert all(at - begun >= n * 0.1 - 0.051 for n, at in enumerate(times)), "never faster than the limit"
    assert times[-1] - begun < 4.0, "and as fast as the limit allows: 2.9 s, and what the looks for late rows take"
    ledger.check_books(id_)


def test_who_waits_for_his_time_goes_back_when_the_campaign_stops_and_is_sent_later(ledger: Ledger) -> None:
    ids = [ledger.contacts(1, email=f"u{n}@big.test")[0] for n in range(4)]
    id_ = ledger.started(audience={"contacts": ids})
    clock = ledger.world.clock

    async def story() -> None:
        options = SenderOptions(connections=30, per_domain=Rate.parse("10/s"))
        async with dispatching(ledger, options=options, ticking=False) as rig:
            rig.look()
            await until(lambda: not rig.dispatcher.tray.waiting and rig.dispatcher.tray.in_hand == 4)
            assert set(ledger.states(id_).values()) == {"claimed"}, "all wait here for their times"
            ledger.control.pause(id_, By("test"))
            rig.look()
            await rig.settled()
            assert ledger.tally(id_) == {"queued": 4}
            ledger.control.resume(id_, By("test"))
            while ledger.get(id_).state is not State.COMPLETED:
                clock.pass_(0.1)
                rig.keep()
                rig.look()
                await asyncio.sleep(0.01)
            assert rig.courier.copies().most_common(1)[0][1] == 1

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": 4}
    ledger.check_books(id_)
