"""Sign-up forms: /s/{form} asks, a mail brings a link, /s/{form}/{token} confirms. No script, no cookie.

Whoever asks is told the same, known or not, so that the form tells nobody who is on a list. Programs fall for a field that
no person sees; their answer looks like everybody's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse

from homing.contacts.normalise import Flaw
from homing.contacts.normalise import email as normal_email
from homing.model.errors import HomingError, NotFound
from homing.store.forms import Form as SignupForm
from homing.store.forms import Forms
from homing.web import paper
from homing.web.rate import Rate
from homing.web.words import language_of, words

_ASKS_A_MINUTE = 5  # from one address of the network
_LONGEST_NAME = 200
_REF = Annotated[str, Path()]
_TEXT = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class SignupDoors:
    """`base`: where this installation is seen, for the link in the mail."""

    forms: Forms
    base: Callable[[], str]
    uptime: Callable[[], float]


def router(doors: SignupDoors) -> APIRouter:
    """The routes. They need no login."""
    made = APIRouter(include_in_schema=False)
    pages = _Pages(doors)
    made.get("/s/{form}")(pages.show)
    made.post("/s/{form}")(pages.ask)
    made.get("/s/{form}/{token}")(pages.ask_confirm)
    made.post("/s/{form}/{token}")(pages.confirm)
    return made


class _Pages:
    def __init__(self, doors: SignupDoors) -> None:
        self._doors = doors
        self._asks = Rate(_ASKS_A_MINUTE, doors.uptime)

    def show(self, form: _REF, request: Request) -> HTMLResponse:
        """The form."""
        language = _language(request)
        found = self._doors.forms.at(form)
        return _missing(language) if found is None else _answer(_form_page(language, found))

    def ask(
        self, form: _REF, request: Request, email: _TEXT = "", name: _TEXT = "", website: _TEXT = ""
    ) -> HTMLResponse:
        """Sends the mail that asks to confirm."""
        language = _language(request)
        found = self._doors.forms.at(form)
        if found is None:
            return _missing(language)
        if website:
            return _told(language, "form_sent")
        if not self._asks.may(_address(request)):
            return _told(language, "often", 429)
        try:
            address = normal_email(email)
            label = " ".join(name.split())[:_LONGEST_NAME]
            link = f"{self._doors.base()}/s/{found.uid}/"
            self._doors.forms.ask(found, address, label if label.isprintable() else "", link, _address(request))
        except Flaw:
            return _answer(_form_page(language, found, wrong=words(language)["form_bad"]), 422)
        except HomingError:
            return _told(language, "later", 503)
        return _told(language, "form_sent")

    def ask_confirm(self, form: _REF, token: _REF, request: Request) -> HTMLResponse:
        """One button: link scanners open links, and confirm nothing."""
        language = _language(request)
        found = self._doors.forms.at(form)
        if found is None or not self._doors.forms.asked(found, token):
            return _missing(language)
        said = words(language)
        parts = [paper.text(found.text)] if found.text else []
        return _answer(
            paper.page(language, said["form_confirm"], [*parts, paper.button(said["form_confirm_do"], "confirm")])
        )

    def confirm(self, form: _REF, token: _REF, request: Request) -> HTMLResponse:
        """Puts the person on the list."""
        language = _language(request)
        found = self._doors.forms.at(form)
        if found is None:
            return _missing(language)
        try:
            self._doors.forms.confirm(found, token, _address(request))
        except NotFound:
            return _missing(language)
        except HomingError:
            return _told(language, "later", 503)
        return _told(language, "form_done")


def _form_page(language: str, of: SignupForm, wrong: str = "") -> str:
    said = words(language)
    parts = [paper.text(of.text)] if of.text else []
    if wrong:
        parts.append(f'<p role="alert"><strong>{escape(wrong)}</strong></p>')
    parts.append(fields(said["form_email"], said["form_name"], said["form_do"]))
    return paper.page(language, of.title, parts)


def fields(email: str, name: str, do: str, action: str = "") -> str:
    """The form itself; with `action` it can stand on another site."""
    where = f' action="{escape(action)}"' if action else ""
    return (
        f'<form method="post"{where}>'
        f'<p><label class="field">{escape(email)}<input type="email" name="email" required autocomplete="email"></label></p>'
        f'<p><label class="field">{escape(name)}<input type="text" name="name" autocomplete="name"></label></p>'
        '<p class="away" aria-hidden="true"><label>Website<input type="text" name="website" tabindex="-1" '
        f'autocomplete="off"></label></p><button>{escape(do)}</button></form>'
    )


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", ""))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _answer(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(body, status_code=status, headers=paper.HEADERS)


def _told(language: str, name: str, status: int = 200) -> HTMLResponse:
    said = words(language)
    return _answer(paper.page(language, said[name], [paper.text(said[f"{name}_more"])]), status)


def _missing(language: str) -> HTMLResponse:
    return HTMLResponse(paper.sorry(language), status_code=404, headers=paper.HEADERS)
