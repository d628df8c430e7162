"""What a turn takes and gives for one campaign (store/turn.py)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from homing.model.ids import CampaignId, WorkspaceId
from homing.store.settlement import Sent, Settlement


class Claimed(NamedTuple):
    """A row that is ours now, with what rendering needs."""

    seq: int
    attempt: int
    shard: int
    contact_id: int
    address: str
    tries: int
    first_tried_at: int | None
    name: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """How many rows to claim: released and due ones first, then fresh ones at these positions, in order."""

    most: int
    fresh: Sequence[int]
    late: bool = True
    due_by: int | None = None  # rows that come late are due up to then (wall milliseconds); None: now
    adopt: bool = False  # of a mixed campaign: what waits for the other channel, too


@dataclass(slots=True)
class Share:
    """One campaign's part of a turn."""

    campaign_id: CampaignId
    workspace_id: WorkspaceId
    topic: str
    channel: str = "email"
    single: bool = False  # each row has a content of its own (store/messages.py)
    mixed: bool = False  # over both channels: only rows of `channel` are claimed
    require_consent: bool = False  # of what is adopted
    sent: list[Sent] = field(default_factory=list)
    settle: list[Settlement] = field(default_factory=list)  # what is more than plain
    intend: list[tuple[int, int]] = field(default_factory=list)
    claim: ClaimWish | None = None
    leaving: frozenset[int] = frozenset()  # shards that are being handed over: nothing of them is claimed
    floors: Mapping[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What became of a share. `go`: keys that may leave. `stopped`: keys that may not, and why."""

    go: set[tuple[int, int]] = field(default_factory=set)
    stopped: dict[tuple[int, int], str] = field(default_factory=dict)
    claimed: list[Claimed] = field(default_factory=list)
    looked_through: int = 0  # the highest fresh position that the claim has considered
    settled: Counter[str] = field(default_factory=Counter)
    ghosts: int = 0  # results whose intent is not in the ledger: a bug, or pruned history
    completed: bool = False
    sending: bool = True  # the campaign still is
    lanes: Mapping[int, int] = field(
        default_factory=dict
    )  # shards of this campaign that were this sender's to claim from
