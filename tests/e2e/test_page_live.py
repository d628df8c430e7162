"""The live view in a real Chromium: what it shows is what the server and the mail server say, through every cut."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.links import Site, counter, in_a_browser, pill, site, visitor, wait_for

pytestmark = in_a_browser


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Site]:
    """A site with 300 people and a sender of 20 messages a second."""
    with site(tmp_path) as made:
        made.invite(300, "--rate", "20/s")
        made.start()
        yield made


def test_R9_R7_the_page_follows_a_campaign_and_pauses_it_within_a_second(browser: Browser, running: Site) -> None:
    id_ = running.send("--name", "Diwali offer")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{running.url}/campaigns/{id_}")
        expect(page.get_by_test_id("state")).to_contain_text("Sending")
        before = counter(page, "sent")
        page.wait_for_function(
            "n => +document.querySelector('[data-testid=count-sent] b').innerText > n + 5", arg=before
        )
        assert "/min" in page.get_by_test_id("rate").inner_text() or "/s" in page.get_by_test_id("rate").inner_text()
        expect(page).to_have_title(re.compile(r"\d+ % Diwali offer - Homing"))
        page.get_by_role("button", name="Pause", exact=True).click()
        took = wait_for(lambda: running.campaign(id_)["state"] == "paused")
        expect(page.get_by_test_id("state")).to_contain_text("Paused")
        expect(page.get_by_test_id("rate")).to_have_text("-")
        assert took < 5, took
        wait_for(lambda: counter(page, "sent") == sum(running.copies().values()))  # what was on the line has landed
        held = sum(running.copies().values())
        expect(page.get_by_test_id("count-sent").locator("b")).to_have_text(str(held))
        expect(page.get_by_test_id("audit")).to_contain_text("balanced")
        time.sleep(1.0)
        assert sum(running.copies().values()) == held, "paused is paused"
        page.get_by_role("button", name="Resume", exact=True).click()
        wait_for(lambda: sum(running.copies().values()) > held)


@pytest.mark.e2e
def test_R1_R3_R4_the_server_killed_and_back_with_the_page_open(browser: Browser, running: Site) -> None:
    """KILL, then DARK, then back: red bar, the kept copy after a reload, a pause clicked while away, nothing missed."""
    id_ = running.send("--name", "Price list")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{running.url}/campaigns/{id_}")
        wait_for(lambda: counter(page, "sent") > 15)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        page.wait_for_timeout(900)
        running.signal(signal.SIGKILL)
        lost = page.get_by_test_id("banner-lost")
        expect(lost).to_be_visible(timeout=3_000)
        expect(lost).to_contain_text("Connection Lost")
        assert lost.get_attribute("role") == "alert"
        expect(page.get_by_test_id("countdown")).to_contain_text(re.compile("next try|trying now"))
        assert pill(page) == "Offline"
        expect(page.get_by_test_id("rate")).to_have_text("-", timeout=8_000)
        shown = {name: counter(page, name) for name in ("sent", "failed", "uncertain", "open")}
        page.reload()
        expect(page.get_by_test_id("as-of")).to_contain_text("As of")
        assert {name: counter(page, name) for name in shown} == shown
        assert pill(page) == "Offline"
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_test_id("state")).to_contain_text("Pausing...")
        running.start()
        expect(page.get_by_test_id("banner-restored")).to_contain_text("Connection Restored!", timeout=20_000)
        wait_for(lambda: running.campaign(id_)["state"] == "paused")
        expect(page.get_by_test_id("state")).to_contain_text("Paused")
        page.get_by_role("button", name="Resume", exact=True).click()
        wait_for(lambda: running.campaign(id_)["state"] == "completed", seconds=60)
        expect(page.get_by_test_id("summary")).to_contain_text("Completed")
        told = running.campaign(id_)["counts"]
        assert told["sent"] + told["uncertain"] == 300
        assert set(running.copies().values()) == {1}
