"""What one turn asks of the ledger, campaign by campaign, and a turn on its way."""

from collections.abc import Awaitable
from dataclasses import dataclass

from homing.engine.line import Line
from homing.engine.tray import Taken
from homing.model.ids import CampaignId
from homing.store.share import ClaimWish, Share
from homing.store.turn import TurnAnswer


class Shares(dict[CampaignId, Share]):
    """A share for each campaign that the turn has something of."""

    def of(self, line: Line) -> Share:
        found = self.get(line.live.id)
        if found is None:
            found = self[line.live.id] = line.share()
        return found

    def add(self, taken: Taken) -> None:
        """News and intents. Rows of one campaign mostly come together."""
        share, line = None, None
        for held, name in taken.sent:
            if share is None or held.line is not line:
                line = held.line
                share = self.of(line)
            share.sent.append((held.row.seq, held.row.attempt, name))
        for held in taken.wants:
            if share is None or held.line is not line:
                line = held.line
                share = self.of(line)
            share.intend.append((held.row.seq, held.row.attempt))
        for of, news in taken.news:
            self.of(of).settle.append(news)
            of.told_of(news)


@dataclass(slots=True)
class Round:
    """A turn that is under way. `claiming`: who claims with it, and what; `stops`: campaigns to stop once it is written."""

    taken: Taken
    claiming: tuple[Line, ClaimWish] | None
    stops: list[tuple[CampaignId, str]]
    answer: Awaitable[TurnAnswer]

    def is_plain(self, answer: TurnAnswer) -> bool:
        """Whether every intent of it may leave and nothing else came of it: what follows need not wait until that is done."""
        shares = answer.shares.values()
        plain = all(got.sending and not got.stopped and not got.ghosts for got in shares)
        return plain and self.claiming is None and not self.stops and not self.taken.news
