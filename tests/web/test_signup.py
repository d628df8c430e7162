"""Double opt-in: nobody is on a list who did not ask and confirm, and the proof of it stays."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from homing.store.form_tables import signup
from homing.store.forms import ASKED_AGAIN_MS, VALID_MS, Form, Forms
from homing.store.lists import Lists
from homing.store.notices import Notices
from homing.store.suppressions import Suppressions
from homing.web.signup import SignupDoors, router
from tests.store.ledger import HandClock, Ledger
from tests.web.conftest import BASE

AGREED = "I want the news, and may leave at any time."


class Guest:
    def __init__(self, of: Ledger) -> None:
        self.ledger = of
        self.forms = Forms(of.db)
        self.app = FastAPI()
        self.app.include_router(router(SignupDoors(self.forms, lambda: BASE, of.world.clock.uptime)))
        of_list = Lists(of.db).ensure(of.workspace, "News")
        self.form: Form = self.forms.add(of.workspace, "Footer", of_list.id, title="Our news", text=AGREED)
        self.url = f"/s/{self.form.uid}"

    def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE) as client:
                return await client.request(method, url, **more)

        return asyncio.run(go())

    def sign_up(self, email: str = "Ada@Example.NET", **more: str) -> httpx.Response:
        return self.ask("POST", self.url, data={"email": email, "name": "Ada L", **more})

    def mailed(self) -> list[str]:
        """The links that were mailed, oldest first."""
        found = [re.search(rf"{BASE}(/s/\S+)", each.text) for each in Notices(self.ledger.db).due()]
        return [each[1] for each in found if each]

    def members(self) -> int:
        return Lists(self.ledger.db).find(self.ledger.workspace, "News").members


@pytest.fixture
def guest(ledger: Ledger) -> Guest:
    return Guest(ledger)


def test_who_asks_and_confirms_is_on_the_list_and_the_proof_stays(ledger: Ledger, guest: Guest) -> None:
    shown = guest.ask("GET", guest.url)
    assert AGREED in shown.text
    assert "<script" not in shown.text
    assert len(shown.content) < 15_000
    assert "mailbox" in guest.sign_up().text
    assert guest.members() == 0
    guest.forms.change_text(guest.form, "Something else")
    (link,) = guest.mailed()
    assert "Confirm" in guest.ask("GET", link).text
    assert guest.members() == 0  # a scanner that opens links confirms nothing
    assert "Thank you" in guest.ask("POST", link).text
    assert "Thank you" in guest.ask("POST", link).text
    assert guest.members() == 1
    with ledger.db.read() as tx:
        row = tx.execute(select(signup)).one()
    assert (row.email, row.text, row.version) == ("ada@example.net", AGREED, 1)
    assert row.confirmed_at is not None
    assert ledger.events("contact.signed_up") == 1


@pytest.mark.dialect("sqlite")
def test_confirming_takes_an_own_leave_back_and_no_other_suppression(ledger: Ledger, guest: Guest) -> None:
    store = Suppressions(ledger.db)
    store.add(ledger.workspace, ["ada@example.net"], reason="unsubscribed")
    store.add(ledger.workspace, ["bob@example.net"], reason="complained")
    for email in ("ada@example.net", "bob@example.net"):
        guest.sign_up(email)
    for link in guest.mailed():
        guest.ask("POST", link)
    assert [each.address for each in store.export(ledger.workspace)] == ["bob@example.net"]


@pytest.mark.dialect("sqlite")
def test_a_form_is_no_way_to_fill_a_strangers_mailbox(ledger: Ledger, guest: Guest, clock: HandClock) -> None:
    assert guest.sign_up().status_code == 200
    assert guest.sign_up().text == guest.sign_up("new@example.net").text  # it tells nobody who asked before
    assert len(guest.mailed()) == 2
    clock.pass_(ASKED_AGAIN_MS / 1000 + 1)
    guest.sign_up()
    assert len(guest.mailed()) == 3
    assert [guest.sign_up(f"x{n}@example.net").status_code for n in range(6)] == [200] * 4 + [429] * 2


@pytest.mark.dialect("sqlite")
def test_a_program_that_fills_every_field_gets_nowhere(guest: Guest) -> None:
    assert guest.sign_up(website="https://spam.example").status_code == 200
    assert not guest.mailed()


@pytest.mark.dialect("sqlite")
def test_a_wrong_address_is_told_and_a_wrong_link_is_a_404(ledger: Ledger, guest: Guest, clock: HandClock) -> None:
    answer = guest.sign_up("no address")
    assert answer.status_code == 422
    assert "no e-mail address" in answer.text
    guest.sign_up()
    (link,) = guest.mailed()
    another = link[:-5] + ("y" if link[-5] == "x" else "x") + link[-4:]
    assert guest.ask("POST", another).status_code == 404
    assert guest.ask("GET", "/s/nothing").status_code == 404
    clock.pass_(VALID_MS / 1000 + 1)
    assert guest.ask("POST", link).status_code == 404
    assert guest.members() == 0
    guest.forms.remove(guest.form)
    assert guest.ask("GET", guest.url).status_code == 404
