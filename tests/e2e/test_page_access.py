"""Every screen by axe (WCAG 2.2 AA) in both themes and on two widths, and the main job by keyboard alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.links import Site, chromium, faults_of_access, in_a_browser, site, visitor, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]

PICTURES = os.environ.get("HOMING_PICTURES")
"""A folder: screenshots of every screen are put there, for continuous integration and for the documentation."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One campaign of each kind: running with failures, paused, scheduled, draft, completed."""
    folder: Path = tmp_path_factory.mktemp("site")
    with site(folder, "--refuse-share", "0.2", "--fault", "rcpt=550 5.2.2 mailbox full*3") as made:
        made.invite(60, "--rate", "20/s")
        made.start()
        made.done = made.send("--name", "Welcome letter", "--stop-if-failed", "0")
        wait_for(lambda: made.campaign(made.done)["state"] == "completed", seconds=120)
        made.homing("sender", "set", "out", "--rate", "6/m")
        made.going = made.send("--name", "Diwali offer", "--stop-if-failed", "0")
        made.send("--name", "Newsletter 12", "--at", "2031-05-01T08:00:00Z")
        made.draft = made.send("--name", "Price list", "--draft")
        yield made


def screens(here: Site) -> dict[str, str]:
    return {
        "home": "/",
        "campaigns": "/campaigns",
        "live": f"/campaigns/{here.going}",
        "finished": f"/campaigns/{here.done}",
        "log": f"/campaigns/{here.done}?show=log",
        "composer": f"/campaigns/{here.draft}/edit",
        "contacts": "/contacts",
        "imports": "/imports",
        "import": "/imports/new",
        "templates": "/templates",
        "media": "/media",
        "senders": "/senders",
        "settings": "/settings",
        "notices": "/settings?part=notices",
        "tokens": "/settings?part=tokens",
        "workspaces": "/settings?part=workspaces",
        "nowhere": "/nowhere",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_screen_has_a_fault_of_access(browser: Browser, here: Site, width: int, scheme: str) -> None:
    found = []
    with visitor(browser, width=width, scheme=scheme) as me:
        page = me.new_page()
        for name, path in screens(here).items():
            page.goto(f"{here.url}{path}", wait_until="load")
            expect(page.get_by_test_id("pill").first).to_have_text("Live")
            page.wait_for_timeout(700)
            found += [f"{name} {width} {scheme}: {fault}" for fault in faults_of_access(page)]
            across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if across > 1:
                found.append(f"{name} {width} {scheme}: scrolls sideways by {across} px")
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png")
    assert not found, "\n".join(found)


def test_the_main_job_by_keyboard_alone(browser: Browser, here: Site) -> None:
    """From anywhere to a campaign by the palette, pause and resume by one key, back out by Escape."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/contacts")
        expect(page.get_by_test_id("pill")).to_have_text("Live")
        page.wait_for_timeout(1_500)  # the keys are loaded after the screen
        page.keyboard.press("Control+k")
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
