"""In full flow the next turn of the ledger is under way while what the last one allowed leaves; else one follows the other."""

import asyncio

from homing.engine.tray import Stage
from homing.model.campaign import State
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, Outcome
from homing.model.sender import SenderOptions
from homing.store.turn import INTENTS_LIMIT
from tests.engine.rig import Rig, dispatching, until
from tests.store.ledger import Ledger


def _intending(rig: Rig) -> int:
    return sum(held.stage is Stage.INTENDING for held in rig.dispatcher.tray._held)


def _rounds(ledger: Ledger, recipients: int, at_once: int) -> list[int]:
    """Sends a campaign. For each message that left, how many others were in a turn that had not returned."""
    id_ = ledger.started(audience={"contacts": ledger.contacts(recipients)})
    seen: list[int] = []
    rigs: list[Rig] = []

    def fate(parcel: Parcel) -> Outcome:
        seen.append(_intending(rigs[0]))
        return Accepted()

    async def story() -> None:
        async with dispatching(ledger, fate, options=SenderOptions(in_flight=at_once)) as rig:
            rigs.append(rig)
            rig.courier.most = at_once
            await until(lambda: ledger.get(id_).state is State.COMPLETED, 0.02)
            assert rig.courier.copies().most_common(1)[0][1] == 1

    asyncio.run(story())
    assert ledger.tally(id_) == {"sent": recipients}
    ledger.check_books(id_)
    return seen


def test_in_full_flow_the_next_turn_is_under_way_before_the_last_has_let_everything_go(ledger: Ledger) -> None:
    seen = _rounds(ledger, 2_000, 3 * INTENTS_LIMIT)
    assert max(seen) >= INTENTS_LIMIT, "more than one turn may hold"
    assert sum(n == 0 for n in seen) < len(seen) / INTENTS_LIMIT, "not after each turn"


def test_a_trickle_takes_one_turn_after_the_other(ledger: Ledger) -> None:
    seen = _rounds(ledger, 60, 5)
    assert max(seen) < 5
