"""Every screen by axe (WCAG 2.2 AA) in both themes and on two widths, and the main job by keyboard alone."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, faults_of_access, in_a_browser, visitor, wait_for
from tests.e2e.screens import QUIET, one_of_each, screens

pytestmark = [in_a_browser, pytest.mark.e2e]

PICTURES = os.environ.get("HOMING_PICTURES")
"""A folder: screenshots of every screen are put there, for continuous integration and for the documentation."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One campaign of each kind: running with failures, paused, scheduled, draft, completed."""
    with one_of_each(tmp_path_factory.mktemp("site")) as made:
        yield made


def test_R6_what_runs_stays_in_the_bar_on_every_screen(browser: Browser, here: Site) -> None:
    """R6: on whichever screen a person works, the bar names the campaign, moves with it, and pauses it."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{here.going}")
        player, told = page.get_by_test_id("player"), page.get_by_test_id("player-count")
        expect(player).to_contain_text("Diwali offer")
        first = told.inner_text()
        for place in ("Home", "Campaigns", "Contacts", "Imports", "Senders", "Settings"):
            page.get_by_role("navigation").get_by_role("link", name=place, exact=True).click()
            expect(page.get_by_role("heading", level=1, name=place)).to_be_visible()
            expect(player).to_contain_text("Diwali offer")
        expect(told).not_to_have_text(first)
        player.get_by_role("button", name="Pause Diwali offer").click()
        wait_for(lambda: here.campaign(here.going)["state"] == "paused")
        player.get_by_role("button", name="Resume Diwali offer").click()
        wait_for(lambda: here.campaign(here.going)["state"] == "sending")


LOOKS = [(1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")]


def test_no_screen_has_a_fault_of_access(browser: Browser, here: Site) -> None:
    """One page walks through all screens as the navigation does, and is looked at where it stands in every width and scheme."""
    found = []
    with visitor(browser) as me:
        page = me.new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(here.url)
        expect(page.get_by_test_id("pill").first).to_have_text("Live")
        for name, (path, heading) in screens(here).items():
            go(page, path, heading)
            for place, (width, scheme) in enumerate(LOOKS):
                page.set_viewport_size({"width": width, "height": 844 if width < 500 else 900})
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
                page.evaluate(QUIET, 50)
                again = place % 2 == 1  # the same page in the same width: only its colours are others
                found += [f"{name} {width} {scheme}: {fault}" for fault in faults_of_access(page, colours_only=again)]
                across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if across > 1:
                    found.append(f"{name} {width} {scheme}: scrolls sideways by {across} px")
                if PICTURES:
                    page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png")
    assert not found, "\n".join(found)


def go(page: Page, path: str, heading: str) -> None:
    """To a screen without loading the page anew."""
    page.evaluate("path => history.pushState(null, '', path)", path)
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    page.evaluate(QUIET)


def test_the_main_job_by_keyboard_alone(browser: Browser, here: Site) -> None:
    """From anywhere to a campaign by the palette, pause and resume by one key, back out by Escape."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/contacts")
        expect(page.get_by_test_id("pill")).to_have_text("Live")
        opened = page.get_by_role("dialog")
        wait_for(lambda: (page.keyboard.press("Control+k"), opened.count())[1])  # the keys are loaded after the screen
        expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
        page.keyboard.type("diwali")
        expect(page.get_by_role("dialog").get_by_role("link", name="Diwali offer")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("state")).to_contain_text("Sending")
        page.keyboard.press("p")
        expect(page.get_by_test_id("state")).to_contain_text("Paused")
        page.keyboard.press("p")
        expect(page.get_by_test_id("state")).to_contain_text("Sending")
        page.keyboard.press("Shift+?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body")


def test_R8_a_recipient_tells_what_happened_and_a_contact_tells_it_over_all_campaigns(
    browser: Browser, here: Site
) -> None:
    """The three whose mailbox was full: the attempt, the provider's words, and the way on to the contact's other messages."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{here.done}?show=failed")
        page.get_by_role("button", name="Show", exact=True).first.click()
        row = page.get_by_role("region", name="Recipients").get_by_role("button").first
        address = row.inner_text()
        row.click()
        told = page.get_by_test_id("happened")
        expect(told).to_contain_text("Attempt 1:")
        expect(told).to_contain_text("by out")
        expect(told).to_contain_text(re.compile("55[0-9]"))
        page.keyboard.press("Escape")
        expect(told).to_have_count(0)
        page.goto(f"{here.url}/contacts/{address}")
        messages = page.get_by_role("region", name="Messages")
        expect(messages.get_by_role("link", name="Welcome letter")).to_be_visible()
        messages.get_by_role("row", name="Welcome letter").get_by_role("button").click()
        expect(page.get_by_test_id("happened")).to_contain_text("Attempt 1:")
