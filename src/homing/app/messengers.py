"""Notices by other services than e-mail: the addresses of apprise, an extra (`homing[notify]`).

An address holds a token, so the ledger knows it only by its digest; the address itself stays in the settings.
"""

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Words

if TYPE_CHECKING:
    from apprise import Apprise

    from homing.store.notices import DueNotice

MARK = "service:"
SECONDS = 60.0
_MISSING = "the extra is missing: pip install 'homing[notify]'"


def named(urls: Sequence[str]) -> tuple[str, ...]:
    """What the ledger calls them."""
    return tuple(MARK + sha256(url.encode()).hexdigest()[:32] for url in urls)


def apprise() -> "Callable[[], Apprise]":
    """The library. Raises ImportError where the extra is missing."""
    from apprise import Apprise

    return Apprise


async def tell(
    urls: Sequence[str], each: "DueNotice", library: "Callable[[], Callable[[], Apprise]]" = apprise
) -> Outcome:
    """Hands one notice to the service that it is for. A service says only yes or no."""
    url = dict(zip(named(urls), urls, strict=True)).get(each.address)
    if url is None:
        return Refused("withdrawn", Words("", "", "this service is not in HOMING_NOTICE_URLS any more"))
    try:
        async with asyncio.timeout(SECONDS):
            told = await asyncio.to_thread(_told, library, url, each.subject, each.text)
    except ImportError:
        return NotSent("missing", Blame.SENDER, Words("", "", _MISSING))
    except TimeoutError:
        return NotSent("timeout", Blame.SENDER, Words("", "", "the service did not answer in time"))
    return Accepted() if told else NotSent("refused", Blame.SENDER, Words("", "", "the service did not take it"))


def _told(library: "Callable[[], Callable[[], Apprise]]", url: str, subject: str, text: str) -> bool:
    service = library()()
    return bool(service.add(url)) and bool(service.notify(title=f"[Homing] {subject}", body=text))
