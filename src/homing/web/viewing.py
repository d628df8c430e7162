"""A message as its recipient got it, made again from the campaign's snapshot and the contact."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from html import escape

from homing.content.failure import RenderError
from homing.content.letter import Letter
from homing.content.recipient import Recipient
from homing.model.errors import HomingError, NotFound
from homing.store.addressees import Addressees
from homing.store.campaigns import Campaign, Campaigns

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{margin:2rem auto;max-width:40rem;padding:0 1rem;font:16px/1.5 system-ui;white-space:pre-wrap}"
)
_KEPT = 16  # compiled letters


class Viewer:
    """`compile`: the letter of a campaign. Letters of campaigns that were looked at last are kept."""

    def __init__(self, addressees: Addressees, campaigns: Campaigns, compile_: Callable[[Campaign], Letter]) -> None:
        self._addressees = addressees
        self._campaigns = campaigns
        self._compile = compile_
        self._letters: OrderedDict[int, Letter] = OrderedDict()
        self._lock = threading.Lock()

    def show(self, campaign_id: int, seq: int) -> str:
        """The HTML of a message, or its text in a page. Raises NotFound when what it was made from is gone."""
        person = self._addressees.recipient(campaign_id, seq)
        if person is None:
            raise NotFound("this message is gone")
        address, name, attributes = person
        with self._lock:  # a letter is not for several threads at once
            try:
                made = self._letter(campaign_id).render(Recipient(seq, address, name, attributes))
            except RenderError as error:
                raise NotFound("this message cannot be made again") from error
        if made.html:
            return made.html
        title, text = escape(made.subject), escape(made.text or "")
        return f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style><body>{text}</body>"

    def _letter(self, campaign_id: int) -> Letter:
        found = self._letters.pop(campaign_id, None)
        if found is None:
            try:
                found = self._compile(self._campaigns.at(campaign_id))
            except HomingError as error:
                raise NotFound("this message cannot be made again") from error
        self._letters[campaign_id] = found
        while len(self._letters) > _KEPT:
            self._letters.popitem(last=False)
        return found
