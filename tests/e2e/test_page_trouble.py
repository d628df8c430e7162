"""A sender that nobody answers: said in words, once, and one click from where it can be mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, in_a_browser, site, visitor

pytestmark = [in_a_browser, pytest.mark.e2e]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """Twenty people, and a mail server that is away before anybody sends."""
    with site(tmp_path) as made:
        made.invite(20, "--check-every", "1s")
        made.start()
        made.server.order(down=True)
        yield made


def in_words(here: Site) -> str:
    return f"Nobody answers at 127.0.0.1:{here.server.port}: connection refused"


def check_card(page: Page, here: Site) -> None:
    card = page.locator("[data-sender=out]")
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()
    expect(card).to_contain_text(f"{in_words(here)}.")


def test_R20_nobody_answers_is_said_in_words_and_one_click_leads_to_the_sender(browser: Browser, here: Site) -> None:
    """On the live page, on Home as one row with one act, and on the sender's own card."""
    id_ = here.send("--name", "Diwali offer")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{id_}")
        expect(page.get_by_test_id("why")).to_contain_text(in_words(here))
        page.get_by_role("link", name='To the sender "out"').click()
        check_card(page, here)
        page.goto(here.url)
        needs = page.locator("section", has=page.get_by_role("heading", name="Needs you"))
        row = needs.locator(".row")
        expect(row).to_have_count(1)
        expect(row).to_contain_text(f'The sender "out" is down. {in_words(here)}. "Diwali offer" waits for it.')
        expect(page.locator("body")).not_to_contain_text("Errno")
        row.get_by_role("link", name="Mend").click()
        check_card(page, here)
        here.server.order(down=False)
        page.goto(f"{here.url}/campaigns/{id_}")
        expect(page.get_by_test_id("state")).to_contain_text("Done")


def test_the_only_sender_is_chosen_already_and_nothing_is_kept_for_it(browser: Browser, here: Site) -> None:
    """No draft begins for a look at the composer; what is written then is kept with the sender."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/new")
        expect(page.get_by_test_id("sender")).to_have_value("out (smtp, up)")
        assert page.url.endswith("/campaigns/new")
        page.get_by_label("Name of the campaign").fill("Price list")
        page.wait_for_url("**/edit")
        expect(page.get_by_test_id("saved")).to_contain_text("Saved")
        page.reload()
        expect(page.get_by_test_id("sender")).to_have_value("out (smtp, up)")
        assert here.campaign(page.url.split("/")[-2])["senders"] != []
