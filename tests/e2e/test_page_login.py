"""From the link that the terminal prints to an owner who signs in again, in a real Chromium."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, faults_of_access, in_a_browser, site, visitor

pytestmark = [in_a_browser, pytest.mark.e2e]
PASSWORD = "a pigeon finds its way home"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.start()
        yield made


def check_access(page: Page) -> None:
    """No fault by axe in either theme on a screen that shows itself to who is not, or just, signed in."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # two of its words
        assert faults_of_access(page) == [], f"{page.url} {scheme}"


def test_the_first_run_asks_the_time_zone_and_starts_are_given_in_it(browser: Browser, here: Site) -> None:
    """Preset is the browser's; another one can be chosen, then and later, and the composer takes it from there."""
    found = re.search(r"(http\S+/link#\S+)", here.words())
    assert found is not None
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(found[1])
        own = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
        zone = page.get_by_role("combobox", name="Time zone")
        expect(zone).to_have_value(own)
        zone.fill("kolk")
        page.get_by_role("option", name="Asia/Kolkata").click()
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Become the owner").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        page.goto(f"{here.url}/campaigns/new")
        page.get_by_text("At a set time").click()
        page.get_by_label("Start, in Asia/Kolkata").fill("2031-01-01T05:00")
        page.get_by_text("Only in certain hours").click()
        page.wait_for_url("**/edit")
        expect(page.get_by_test_id("saved")).to_contain_text("Saved")
        told = page.evaluate(
            "id => fetch(`/api/v1/campaigns/${id}`).then((each) => each.json())", page.url.split("/")[-2]
        )
        assert (told["start_at"][:16], told["window"]["zone"]) == ("2030-12-31T23:30", "Asia/Kolkata")
        page.goto(f"{here.url}/settings?part=workspaces")
        zone = page.get_by_role("combobox", name='Time zone of "default"')
        expect(zone).to_have_value("Asia/Kolkata")
        zone.fill("berlin")
        page.get_by_role("option", name="Europe/Berlin").click()
        expect(zone).to_have_value("Europe/Berlin")
        page.goto(f"{here.url}/campaigns/new")
        page.get_by_text("At a set time").click()
        expect(page.get_by_label("Start, in Europe/Berlin")).to_be_visible()


def test_who_never_uses_the_link_is_asked_the_time_zone_on_home_once(browser: Browser, here: Site) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(here.url)
        own = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
        zone = page.get_by_role("combobox", name="Time zone")
        expect(zone).to_have_value(own)
        zone.fill("kolk")
        page.get_by_role("option", name="Asia/Kolkata").click()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Times are given in Asia/Kolkata")).to_be_visible()
        expect(zone).to_have_count(0)
        page.reload()
        expect(page.get_by_role("heading", name="Three steps to your first campaign")).to_be_visible()
        page.goto(f"{here.url}/campaigns/new")
        page.get_by_text("At a set time").click()
        expect(page.get_by_label("Start, in Asia/Kolkata")).to_be_visible()
        page.goto(here.url)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        expect(zone).to_have_count(0)


def test_R46_the_first_owner_by_link_then_out_and_in_again_and_a_second_workspace(browser: Browser, here: Site) -> None:
    """The link works once; afterwards the page asks everybody to sign in; workspaces see nothing of each other."""
    found = re.search(r"(http\S+/link#\S+)", here.words())
    assert found is not None
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(found[1])
        page.get_by_label("Your name").fill("Ada")
        check_access(page)
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Become the owner").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        expect(page.get_by_role("button", name="1. ")).to_be_visible()
        check_access(page)
        for part, shown in (("account", "Where you are signed in"), ("people", "ada@example.org")):
            page.goto(f"{here.url}/settings?part={part}")
            expect(page.get_by_text(shown).first).to_be_visible()
            check_access(page)
        page.goto(f"{here.url}/settings?part=workspaces")
        page.get_by_label("Name of a new workspace").fill("Second shop")
        page.get_by_role("button", name="Add workspace").click()
        expect(page.get_by_text("Second shop")).to_be_visible()
        page.goto(f"{here.url}/contacts")
        page.get_by_role("button", name="Add contact").click()
        page.get_by_label("E-mail").fill("only-here@example.org")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="only-here@example.org")).to_be_visible()
        page.goto(f"{here.url}/settings?part=workspaces")
        page.get_by_role("button", name="Go there").click()
        expect(page.get_by_test_id("pill")).to_have_text("Live")
        page.goto(f"{here.url}/contacts")
        expect(page.get_by_text("Nobody is known yet")).to_be_visible()
        page.get_by_role("button", name=re.compile("Account and workspace")).click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password").first.fill("not the right one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        check_access(page)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
    with visitor(browser) as stranger:
        page = stranger.new_page()
        page.goto(found[1])
        expect(page.get_by_text("This link is over")).to_be_visible()
        check_access(page)
        page.goto(f"{here.url}/campaigns")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=15_000)
