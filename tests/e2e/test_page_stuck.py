"""A campaign that stands still says why, and one click moves it; the server's own way out has a banner of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, counter, counters, in_a_browser, pill, site, visitor, wait_for
from tests.e2e.rig import kill

pytestmark = [in_a_browser, pytest.mark.e2e]
PEOPLE = 678


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """678 people, ten a second, and little patience with a mail server that is away."""
    with site(tmp_path) as made:
        made.invite(
            PEOPLE, "--rate", "10/s", "--check-every", "2s", "--give-up-after", "8s", "--resume-when-back", "off"
        )  # fmt: skip
        made.start()
        yield made


def everybody(page: Page) -> int:
    return sum(counters(page, "sent", "failed", "uncertain", "open", "skipped").values())


def test_R38_R19_stuck_at_15_of_678_says_why_and_one_click_moves_it(browser: Browser, here: Site) -> None:
    """WAY: the mail server stops at 15; amber with a countdown, then paused with its reason; nobody is charged; Resume."""
    id_ = here.send("--name", "Diwali offer")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{id_}")
        wait_for(lambda: counter(page, "sent") >= 15)
        here.server.order(down=True)
        amber = page.get_by_test_id("banner-waiting")
        expect(amber).to_contain_text("Waiting for connection...", timeout=15_000)
        expect(page.get_by_test_id("state")).to_contain_text("Waiting for connection...")
        expect(page.get_by_test_id("rate")).to_have_text("-")
        assert pill(page) == "Live", "the line to the server is not the server's way out"
        assert everybody(page) == PEOPLE
        expect(page.get_by_test_id("state")).to_contain_text("Paused: no connection", timeout=30_000)
        expect(page.get_by_test_id("why")).to_be_visible()
        held = counter(page, "sent")
        assert counter(page, "failed") == 0, "an outage fails nobody"
        assert everybody(page) == PEOPLE
        here.server.order(down=False)
        page.get_by_role("button", name="Resume", exact=True).click()
        wait_for(lambda: counter(page, "sent") > held, seconds=60)
        expect(amber).to_have_count(0)


def test_R33_a_killed_worker_needs_nothing_pressed(browser: Browser, here: Site) -> None:
    """kill -9 of the worker at 15: it moves again by itself, and everybody is somewhere at every moment."""
    id_ = here.send("--name", "Price list")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{id_}")
        wait_for(lambda: counter(page, "sent") >= 15)
        kill(here.worker())
        held = counter(page, "sent")
        assert everybody(page) == PEOPLE
        wait_for(lambda: counter(page, "sent") > held + 15, seconds=60)
        assert everybody(page) == PEOPLE
        assert pill(page) == "Live"
    assert max(here.copies().values()) == 1
