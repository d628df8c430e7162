"""The last messages in full, for the page to show: bounded by number and by bytes."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from homing.inbox.reading import head_of
from homing.inbox.tally import Key


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as it came. `at`: wall milliseconds. `copy`: which copy of its delivery. `dropped`: no reply was given."""

    id: int
    at: int
    sender: str
    recipients: tuple[str, ...]
    key: Key | None
    copy: int
    raw: bytes
    dropped: bool = False


class Kept:
    """Newest last; the oldest go when there are more than `messages` of them or more than `size` bytes."""

    def __init__(self, messages: int, size: int) -> None:
        self._most, self._most_bytes = messages, size
        self._by_id: OrderedDict[int, Arrived] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def latest(self) -> int:
        """The id of the newest message; 0 when there is none."""
        return next(reversed(self._by_id), 0)

    def add(self, message: Arrived) -> None:
        self._by_id[message.id] = message
        self.bytes += len(message.raw)
        while len(self._by_id) > 1 and (len(self._by_id) > self._most or self.bytes > self._most_bytes):
            _, gone = self._by_id.popitem(last=False)
            self.bytes -= len(gone.raw)

    def get(self, number: int) -> Arrived | None:
        return self._by_id.get(number)

    def clear(self) -> None:
        self._by_id.clear()
        self.bytes = 0

    def newest(self, *, after: int, before: int | None, campaign: str | None, words: str, limit: int) -> list[Arrived]:
        """Newest first: younger than id `after`, older than `before`, of one campaign, with `words` in a header or recipient."""
        young = itertools.takewhile(lambda m: m.id > after, self._backwards(before))
        fits = (m for m in young if campaign is None or (m.key.campaign if m.key else "") == campaign)
        return list(itertools.islice((m for m in fits if not words or _says(m, words.casefold())), limit))

    def _backwards(self, before: int | None) -> Iterator[Arrived]:
        for message in reversed(self._by_id.values()):
            if before is None or message.id < before:
                yield message


def _says(message: Arrived, words: str) -> bool:
    head = head_of(message.raw).decode("utf-8", "replace")
    return any(words in text.casefold() for text in (head, message.sender, *message.recipients))
