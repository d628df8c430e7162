"""Which sender works which shard of a campaign that has several: order or weights, failover and the way back.

            home sender is fit and holds it            home unfit: the next fit one in the order takes over
   home ------------------------------------> home ------------------------------------------> other
    ^                                                                                             |
    +------ home has been fit for 5 minutes, or the other is unfit itself -------------------------+

A shard of a campaign has exactly one holder at any moment, written in the campaign's own row: only the holder may claim its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from homing.model.delivery import SHARDS
from homing.model.ids import SenderId

BACK_AFTER_MS = 300_000
"""So long a sender must have been well before it takes its part back from one that is well, too."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A sender of a campaign as the ledger knows it. `fit`: not down, not blocked, at no limit; `since`: wall milliseconds."""

    id: SenderId
    fit: bool
    since: int = 0
    weight: int = 1


def homes(order: Sequence[Standing], *, weighted: bool) -> list[SenderId]:
    """Whose each shard is when all are well: the first one's, or spread evenly by weight."""
    if not weighted:
        return [order[0].id] * SHARDS
    total = sum(each.weight for each in order)
    credit = [0] * len(order)
    found = []
    for _ in range(SHARDS):
        credit = [have + each.weight for have, each in zip(credit, order, strict=True)]
        best = max(range(len(order)), key=lambda n: credit[n])
        credit[best] -= total
        found.append(order[best].id)
    return found


def route(
    order: Sequence[Standing], holders: Sequence[SenderId], now: int, *, weighted: bool = False
) -> list[SenderId]:
    """The holder of each shard from now on. `order`: first preferred; `holders`: of each shard until now; `now`: wall ms."""
    known = {each.id: each for each in order}
    fit = [each for each in order if each.fit]
    found = []
    for shard, home in enumerate(homes(order, weighted=weighted)):
        holder = known.get(holders[shard])
        held_well = holder is not None and holder.fit
        if known[home].fit and (not held_well or known[home].since + BACK_AFTER_MS <= now):
            found.append(home)
        elif holder is not None and (held_well or not fit):
            found.append(holder.id)
        else:
            found.append(fit[shard % len(fit)].id if weighted and fit else (fit[0].id if fit else home))
    return found
