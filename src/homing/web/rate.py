"""How often one address may do something: a bucket each, a bounded number of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000  # addresses remembered; the one that was quiet longest is forgotten first


class Rate:
    """`per_minute` acts an address, as many at once. `uptime`: seconds."""

    def __init__(self, per_minute: int, uptime: Callable[[], float]) -> None:
        self._burst = float(per_minute)
        self._uptime = uptime
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def may(self, address: str) -> bool:
        """Takes one from the bucket of `address`, if there is one."""
        now = self._uptime()
        with self._lock:
            left, since = self._buckets.pop(address, (self._burst, now))
            left = min(self._burst, left + (now - since) * self._burst / 60)
            taken = left >= 1
            self._buckets[address] = (left - taken, now)
            while len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        return taken
