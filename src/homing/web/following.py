"""/t: where tracked links and the pixel of a campaign that asked for it come by. No page, no cookie, no script.

/t/{token} is the pixel, /t/{token}/{signed} a link: the target stands signed in it, so this leads to no address but those
that stood in the letter. A reader gets on even when nothing can be written down.
"""

import base64
import contextlib
import logging
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from homing.content.links import Links, Page
from homing.model.errors import HomingError
from homing.store.addressees import Addressee, Addressees
from homing.web import paper
from homing.web.words import language_of

log = logging.getLogger(__name__)
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    # A mailbox in a browser shows it on a page of its own.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
Claimed = Callable[[Request, str, Page], tuple[int, int]]
"""Campaign and position of a token that we made. Raises Damaged, Often, HomingError."""


class Damaged(Exception):
    """This is no link of ours."""


class Often(Exception):
    """Somebody tries links."""


def followed(claimed: Claimed, addressees: Addressees, links: Callable[[], Links]) -> APIRouter:
    """The routes. HEAD is answered alike and counts nothing: only programs send it."""
    made = APIRouter(include_in_schema=False)
    following = _Following(claimed, addressees, links)
    made.api_route("/t/{token}", methods=["GET", "HEAD"])(following.pixel)
    made.api_route("/t/{token}/{signed}", methods=["GET", "HEAD"])(following.link)
    return made


class _Following:
    def __init__(self, claimed: Claimed, addressees: Addressees, links: Callable[[], Links]) -> None:
        self._claimed = claimed
        self._addressees = addressees
        self._links = links

    def pixel(self, token: str, request: Request) -> Response:
        """Always an image: a broken one would be seen. One of nobody counts for nobody."""
        with contextlib.suppress(Damaged, Often, HomingError):
            self._note(request, self._claimed(request, token, Page.TRACK), self._addressees.opened)
        return Response(_PIXEL, media_type="image/gif", headers=_HEADERS)

    def link(self, token: str, signed: str, request: Request) -> Response:
        """On to where the link led, if it is ours."""
        try:
            place = self._claimed(request, token, Page.TRACK)
            uid = self._addressees.uid_of(place[0])
            target = self._links().target(signed, uid) if uid is not None else None
        except Damaged:
            return _sorry(request, 404)
        except Often:
            return _sorry(request, 429)
        except HomingError:
            return _sorry(request, 503)
        if target is None:
            return _sorry(request, 404)
        self._note(request, place, lambda who: self._addressees.clicked(who, target))
        return RedirectResponse(target, status_code=302, headers=_HEADERS)

    def _note(self, request: Request, place: tuple[int, int], act: Callable[[Addressee], None]) -> None:
        if request.method == "HEAD":
            return
        try:
            who = self._addressees.find(*place)
            if who is not None:
                act(who)
        except HomingError as error:
            log.warning("an open or a click was not written down", extra={"cause": error.detail})


def _sorry(request: Request, status: int) -> HTMLResponse:
    language = language_of(request.headers.get("accept-language", ""))
    wait = {"Retry-After": "60"} if status != 404 else {}
    return HTMLResponse(paper.sorry(language), status_code=status, headers={**paper.HEADERS, **_HEADERS, **wait})
