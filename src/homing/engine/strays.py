"""After a commit whose fate is unknown: what the ledger holds for this worker and this worker does not know (L6, L8)."""

import asyncio
from collections.abc import Callable, Sequence, Set

from homing.engine.scribe import Scribe
from homing.model.delivery import State
from homing.model.errors import Unreachable
from homing.model.ids import CampaignId, Key
from homing.model.storage import TRY_EVERY
from homing.store.settlement import Settlement
from homing.store.share import Share
from homing.store.turn import HeldRow, Turns

SOON = 0.25  # seconds until the second look; each wait is twice the one before, up to TRY_EVERY


async def bring_back(scribe: Scribe, turns: Turns, known: Callable[[], Set[Key]], refused: Sequence[Key]) -> None:
    """Returns when the ledger answers again and says of nothing that it is held here that is not.

    `refused`: keys whose intent was in that commit. Nothing of them left, whoever has their lanes by now.
    """
    wait = SOON
    while True:
        try:
            rows = await scribe.write(turns.held_now, refused)
            await scribe.write(turns.take, strays(rows, known()))
        except Unreachable:
            await asyncio.sleep(wait)
            wait = min(TRY_EVERY, 2 * wait)
        else:
            return


def strays(rows: Sequence[HeldRow], known: Set[Key]) -> list[Share]:
    """The turn that puts them back: no byte of them left, since no dot was written without an answer."""
    shares: dict[CampaignId, Share] = {}
    for row in rows:
        if row.key in known:
            continue
        share = shares.setdefault(
            row.campaign_id, Share(row.campaign_id, row.workspace_id, f"campaign:{row.uid}", row.channel)
        )
        told = "withdrawn" if row.state == "sending" else None
        share.settle.append(Settlement(row.seq, row.attempt, State.QUEUED, told, counted=False))
    return list(shares.values())
