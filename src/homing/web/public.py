"""The pages behind the links of messages: /u leaves, /p chooses, /v shows the message in a browser.

GET shows a page and changes nothing, because link scanners fetch links; POST acts. A mailbox provider's one-click POST
(RFC 8058) is answered 200 without cookie, login or redirect. A damaged token gets a polite page that names nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse

from homing.content.links import Links, Page, read
from homing.model.errors import HomingError, NotFound
from homing.store.addressees import Addressee, Addressees
from homing.web import paper
from homing.web.following import Damaged, Often, followed
from homing.web.rate import Rate
from homing.web.words import language_of, words

MESSAGE_HEADERS = {
    **paper.HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    ),
}
Token = Annotated[str, Path()]
_WRONG_A_MINUTE = 60  # damaged links an address may try


@dataclass(frozen=True, slots=True)
class PublicDoors:
    """What the pages are given. `links`: asked for each request; `show`: the HTML of one message (NotFound: gone)."""

    addressees: Addressees
    links: Callable[[], Links]
    show: Callable[[int, int], str]
    uptime: Callable[[], float]


def router(doors: PublicDoors) -> APIRouter:
    """The routes. They need no login, and answer while the engine is stopped."""
    made = APIRouter(include_in_schema=False)
    pages = _Pages(doors)
    made.get("/u/{token}")(pages.ask_leave)
    made.post("/u/{token}")(pages.leave)
    made.get("/p/{token}")(pages.preferences)
    made.post("/p/{token}")(pages.choose)
    made.get("/v/{token}")(pages.view)
    made.include_router(followed(pages.claimed, doors.addressees, doors.links))
    return made


class _Pages:
    def __init__(self, doors: PublicDoors) -> None:
        self._doors = doors
        self._wrong = Rate(_WRONG_A_MINUTE, doors.uptime)

    # ---- /u

    def ask_leave(self, token: Token, request: Request) -> HTMLResponse:
        """Shows the page with one button."""
        return self._with(request, token, Page.UNSUBSCRIBE, self._leave_page)

    def leave(
        self,
        token: Token,
        request: Request,
        act: Annotated[str, Form()] = "",
        one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
    ) -> HTMLResponse:
        """Leaves; `act=undo` comes back."""

        def do(who: Addressee, language: str) -> str:
            if act == "undo":
                self._doors.addressees.come_back(who)
                return _told(language, "back")
            self._doors.addressees.leave(who, "one_click" if one_click else "page")
            said = words(language)
            parts = [paper.text(said["left_more"]), paper.button(said["undo"], "undo", plain=True)]
            return paper.page(language, said["left"], parts)

        return self._with(request, token, Page.UNSUBSCRIBE, do)

    def _leave_page(self, who: Addressee, language: str) -> str:
        said = words(language)
        if who.left:
            parts = [paper.text(said["left_more"]), paper.button(said["undo"], "undo", plain=True)]
            return paper.page(language, said["left"], parts)
        if who.kept_out:
            return _told(language, "kept_out")
        return paper.page(
            language, said["leave"], [paper.text(said["leave_ask"]), paper.button(said["leave_do"], "leave")]
        )

    # ---- /p

    def preferences(self, token: Token, request: Request) -> HTMLResponse:
        """Shows the lists, each with a box."""
        return self._with(request, token, Page.PREFERENCES, self._preferences_page)

    def choose(
        self,
        token: Token,
        request: Request,
        act: Annotated[str, Form()] = "",
        keep: Annotated[list[str] | None, Form(alias="list")] = None,
    ) -> HTMLResponse:
        """Keeps the lists that are ticked; `act=none` leaves everything, `act=undo` comes back."""

        def do(who: Addressee, language: str) -> str:
            if act == "none":
                self._doors.addressees.leave(who, "preferences")
            elif act == "undo":
                self._doors.addressees.come_back(who)
                return _told(language, "back")
            else:
                self._doors.addressees.choose(
                    who, {int(each) for each in keep or () if each.isdecimal() and len(each) < 19}
                )
            return _told(language, "saved")

        return self._with(request, token, Page.PREFERENCES, do)

    def _preferences_page(self, who: Addressee, language: str) -> str:
        said = words(language)
        if who.left:
            parts = [paper.text(said["left_more"]), paper.button(said["undo"], "undo")]
            return paper.page(language, said["left"], parts)
        ticks = [paper.Tick(str(c.list_id), c.name, c.on) for c in self._doors.addressees.choices(who)]
        chosen = (
            paper.boxes(said["lists"], "list", ticks, said["save"], "save") if ticks else paper.text(said["no_lists"])
        )
        return paper.page(language, said["preferences"], [chosen, paper.button(said["none"], "none", plain=True)])

    # ---- /v

    def view(self, token: Token, request: Request) -> HTMLResponse:
        """The recipient's own message, from the renderer that made it, with nothing of it trusted."""
        language = language_of(request.headers.get("accept-language", ""))
        try:
            campaign_id, seq = self.claimed(request, token, Page.VIEW)
            return HTMLResponse(self._doors.show(campaign_id, seq), headers=MESSAGE_HEADERS)
        except (Damaged, Often, HomingError) as error:
            return _instead(error, language)

    # ---- who it is

    def _with(self, request: Request, token: str, page: Page, do: Callable[[Addressee, str], str]) -> HTMLResponse:
        language = language_of(request.headers.get("accept-language", ""))
        try:
            campaign_id, seq = self.claimed(request, token, page)
            who = self._doors.addressees.find(campaign_id, seq)
            body = do(who, language) if who is not None else _told(language, "test")
            return HTMLResponse(body, headers=paper.HEADERS)
        except (Damaged, Often, HomingError) as error:
            return _instead(error, language)

    def claimed(self, request: Request, token: str, page: Page) -> tuple[int, int]:
        """Campaign and position of a token that we made for this page. Raises Damaged."""
        claim = read(token)
        uid = self._doors.addressees.uid_of(claim.campaign_id) if claim is not None else None
        if claim is None or uid is None or not self._doors.links().fits(claim, page, uid):
            raise Damaged if self._wrong.may(_address(request)) else Often
        return claim.campaign_id, claim.seq


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _instead(error: Exception, language: str) -> HTMLResponse:
    """The page when there is none: a write that could not be stored never says that it is done."""
    match error:
        case Damaged():
            return HTMLResponse(paper.sorry(language), status_code=404, headers=paper.HEADERS)
        case Often():
            return HTMLResponse(
                _told(language, "often"), status_code=429, headers={**paper.HEADERS, "Retry-After": "60"}
            )
        case NotFound():
            return HTMLResponse(_told(language, "gone"), status_code=410, headers=paper.HEADERS)
        case _:
            return HTMLResponse(
                _told(language, "later"), status_code=503, headers={**paper.HEADERS, "Retry-After": "60"}
            )


def _told(language: str, name: str) -> str:
    said = words(language)
    return paper.page(language, said[name], [paper.text(said[f"{name}_more"])])
