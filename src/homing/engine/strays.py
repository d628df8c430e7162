"""After a commit whose fate is unknown: what the ledger holds for this worker and this worker does not know (L6, L8)."""

from collections.abc import Sequence, Set

from homing.model.delivery import State
from homing.model.ids import CampaignId, Key
from homing.store.settlement import Settlement
from homing.store.turn import HeldRow, Share


def strays(rows: Sequence[HeldRow], known: Set[Key]) -> list[Share]:
    """The turn that puts them back: no byte of them left, since no dot was written without an answer."""
    shares: dict[CampaignId, Share] = {}
    for row in rows:
        if Key(row.campaign_id, row.seq, row.attempt) in known:
            continue
        share = shares.setdefault(
            row.campaign_id, Share(row.campaign_id, row.workspace_id, f"campaign:{row.uid}", row.channel)
        )
        told = "withdrawn" if row.state == "sending" else None
        share.settle.append(Settlement(row.seq, row.attempt, State.QUEUED, told, counted=False))
    return list(shares.values())
