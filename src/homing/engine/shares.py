"""What one turn asks of the ledger, campaign by campaign."""

from homing.engine.line import Line
from homing.engine.tray import Taken
from homing.model.ids import CampaignId
from homing.store.share import Share


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
