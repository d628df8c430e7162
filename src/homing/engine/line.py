"""One campaign as a dispatcher works it: where fresh rows begin, its letter, its hours, and the rules that stop it."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homing.content.chat import Chat
from homing.content.letter import Letter
from homing.content.recipient import Recipient
from homing.engine.singles import Singles
from homing.model.campaign import Mode, StopRule, Window
from homing.model.delivery import SHARDS, State
from homing.store.lookout import Live
from homing.store.settlement import Settlement
from homing.store.share import Answer, Claimed, ClaimWish, Share

NOTHING_ALIKE = ("", 0)
LATE_EVERY_MS = 250  # between two looks for rows that come late
ADOPT_EVERY_MS = 2_000  # a look for rows of the other channel passes by all that cannot be taken
ALIKE = 3  # campaign faults of one kind in a row that pause the campaign


@dataclass(slots=True, eq=False)
class Line:
    live: Live
    letter: Letter | Chat | Singles
    envelope_from: str
    floors: dict[int, int]
    stop: StopRule
    window: Window | None
    results: deque[bool] = field(default_factory=deque)  # True: failed
    alike: tuple[str, int] = NOTHING_ALIKE
    late_from: int = 0  # wall ms: when rows that come late are looked at next
    waiting: int = 0  # rows of this campaign that are claimed here and not with the courier
    told: tuple[str, str | None] | None = None
    fresh_left: bool = True
    watched_until: float = 0.0  # uptime; of an attended campaign
    adopts: bool = False  # the other channel of a mixed campaign is down: what waits for it may go by this one

    @property
    def attended(self) -> bool:
        """Whether it is sent only while somebody watches: one message at a time, in the order of the audience (R5)."""
        return self.live.mode == Mode.ATTENDED

    @property
    def urgent(self) -> bool:
        """Single messages: somebody waits for each, so they go before bulk."""
        return self.live.kind == "messages"

    @property
    def writes_first(self) -> bool:
        """An approved template in bulk: the business writes first, and WhatsApp limits how many people a day."""
        return isinstance(self.letter, Chat) and self.letter.source.template is not None

    def watched(self, uptime: float) -> bool:
        """Whether its next message may leave as far as watching goes."""
        return not self.attended or uptime < self.watched_until

    def share(self) -> Share:
        live = self.live
        consent = bool(live.options.get("require_consent"))
        told = (live.id, live.workspace_id, f"campaign:{live.uid}", live.channel, self.urgent)
        return Share(*told, live.mixed, consent) if live.mixed else Share(*told)

    def candidates(self, lanes: Iterable[int], most: int) -> list[int]:
        """The next positions that nobody claimed yet in these shards, in order: at most `most`."""
        top = self.live.planned_through
        if self.live.canary_through is not None:
            top = min(top, self.live.canary_through)
        found: list[int] = []
        held = [shard for shard in lanes if shard in self.live.shards]
        each = -(-most // max(len(held), 1))
        for shard in held:
            first = self.floors.get(shard, 0)
            first += (shard - first) % SHARDS
            found.extend(range(first or SHARDS, min(top + 1, (first or SHARDS) + each * SHARDS), SHARDS))
        found.sort()
        return found[:most]

    def looked(self, positions: Sequence[int], through: int, lanes: Collection[int]) -> None:
        """A claim considered these candidates, in order, as far as `through`, while it held these lanes. Each shard has its own
        floor: they may be far apart after a take-over, and a floor above a fresh row would lose it (L13)."""
        seen: set[int] = set()
        for seq in reversed(positions):
            shard = seq % SHARDS
            if seq > through or shard in seen or shard not in lanes:
                continue
            seen.add(shard)
            self.floors[shard] = max(self.floors.get(shard, 0), seq + 1)
            if len(seen) == len(lanes):
                return

    def heard(self, wish: ClaimWish, got: Answer, now: int) -> None:
        """What its claim came to."""
        self.looked(wish.fresh, got.looked_through, got.lanes)
        if not got.claimed and wish.late:
            self.late_from = now + (ADOPT_EVERY_MS if wish.adopt else LATE_EVERY_MS)

    def told_of(self, news: Settlement) -> None:
        """The ledger hears this with the next turn. A row that goes back to the queue is claimed before fresh ones (R19)."""
        if news.verdict is State.QUEUED and not news.due_at:
            self.late_from = 0

    def write(self, row: Claimed, now: int) -> tuple[bytes, bool]:
        """The message for this recipient, and whether it is known to be clean. Raises RenderError."""
        return self.letter.write(Recipient(row.seq, row.address, row.name, row.attributes), now)

    @property
    def signs(self) -> bool:
        """Whether its messages are signed here (DKIM): that takes ten times as long as writing them."""
        return not isinstance(self.letter, Chat) and self.letter.signs

    def draft(self, row: Claimed, now: int) -> tuple[bytes, bool]:
        """As `write`, without signatures; only where it `signs`. Raises RenderError."""
        assert not isinstance(self.letter, Chat)  # noqa: S101 - it signs nothing
        return self.letter.draft(Recipient(row.seq, row.address, row.name, row.attributes), now)

    def signed(self, row: Claimed) -> Callable[[bytes, int], bytes] | None:
        """What signs the draft of this row, for any thread; None: nobody signs mail from where it is from. Raises RenderError."""
        letter = self.letter.letter(row.attributes) if isinstance(self.letter, Singles) else self.letter
        return letter.sign if isinstance(letter, Letter) and letter.signs else None

    @property
    def message_bytes(self) -> int | None:
        """About how many bytes a message has; None: each has a content of its own."""
        if isinstance(self.letter, Singles):
            return None
        return self.letter.size_estimate if isinstance(self.letter, Letter) else 0

    def envelope(self, row: Claimed) -> str:
        """The address of MAIL FROM for this attempt: of its own where bounces come back by VERP."""
        letter = self.letter
        if isinstance(letter, Singles):
            return letter.envelope(row.attributes, row.seq, row.attempt)
        if isinstance(letter, Letter) and letter.returns:
            return letter.envelope(row.seq, row.attempt)
        return self.envelope_from

    def went_out(self) -> None:
        """Counts a message that was accepted."""
        self.results.append(False)
        if len(self.results) > self.stop.sample:
            self.results.popleft()
        self.alike = NOTHING_ALIKE

    def failed(self, campaign_fault: str = "") -> str | None:
        """Counts a failure; returns why the campaign must stop, in words, or None."""
        if self.urgent:
            return None  # each has a content of its own: one that is refused says nothing about the next
        rule = self.stop
        self.results.append(True)
        if len(self.results) > rule.sample:
            self.results.popleft()
        kind, times = self.alike
        self.alike = (campaign_fault, times + 1 if campaign_fault and campaign_fault == kind else bool(campaign_fault))
        if campaign_fault and self.alike[1] >= ALIKE:
            return f"{ALIKE} messages in a row were refused for the same fault of the campaign: {campaign_fault}"
        if rule.share <= 0:
            return None
        failures = sum(self.results)
        if failures >= rule.least and failures > rule.share * len(self.results):
            return f"{failures} of the last {len(self.results)} messages failed; the limit is {rule.share:.0%}"
        return None

    def opens_at(self, now: int) -> int | None:
        """None while the sending hours are open (or there are none); else when they open, wall milliseconds."""
        return None if self.window is None else next_opening(self.window, now)


def next_opening(window: Window, now: int) -> int | None:
    """When a window opens next, in wall milliseconds; None: it is open now."""
    zone = ZoneInfo(window.zone)
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    opens, closes = time.fromisoformat(window.opens), time.fromisoformat(window.closes)
    clock = here.time()
    inside = opens <= clock < closes if opens < closes else clock >= opens or clock < closes
    if inside or opens == closes:
        return None
    day = here.date() if clock < opens else here.date() + timedelta(days=1)
    return int(datetime.combine(day, opens, zone).timestamp() * 1000)


def stop_rule(options: Mapping[str, object]) -> StopRule:
    share = options.get("stop_if_failed")
    return StopRule() if share is None else StopRule(share=float(str(share)))


def sending_hours(options: Mapping[str, object]) -> Window | None:
    found = options.get("window")
    return Window(**found) if isinstance(found, dict) else None
