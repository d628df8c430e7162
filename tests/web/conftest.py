"""The public pages over a real ledger, without a browser: they have no script."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from homing.content.links import Links, Page
from homing.engine.letters import load_letter
from homing.store.addressees import Addressees
from homing.web.public import PublicDoors, router
from homing.web.viewing import Viewer
from tests.store.conftest import clock, dice, hand, ledger, pytest_generate_tests, saboteur, world
from tests.store.ledger import Ledger

__all__ = ["clock", "dice", "hand", "ledger", "pytest_generate_tests", "saboteur", "world"]
BASE = "https://mail.example.net"
LINKS = Links((b"k" * 32,), BASE)


class Visitor:
    """A stranger with a link."""

    def __init__(self, of: Ledger) -> None:
        self.ledger = of
        addressees = Addressees(of.db)

        def compile_(campaign: Any) -> Any:
            return load_letter(of.campaigns, campaign, default_from="b@sender.test", sender_name="post", links=LINKS)[0]

        viewer = Viewer(addressees, of.campaigns, compile_)
        self.app = FastAPI()
        doors = PublicDoors(addressees, lambda: LINKS, viewer.show, of.world.clock.uptime)
        self.app.include_router(router(doors))

    def link(self, page: Page, campaign_id: Any, seq: int) -> str:
        links = LINKS.of(campaign_id, self.ledger.get(campaign_id).uid)
        return links.url(page, links.token(page, seq))

    def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE) as client:
                return await client.request(method, url, **more)

        return asyncio.run(go())


@pytest.fixture
def visitor(ledger: Ledger) -> Visitor:
    return Visitor(ledger)
