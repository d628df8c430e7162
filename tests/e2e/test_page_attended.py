"""The founding example in a real Chromium: sent while a browser watches, cut off, resumed at the exact next recipient."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.composer import begin
from tests.e2e.links import Site, counter, in_a_browser, pill, site, visitor, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]
PEOPLE = 100
FULL = "rcpt=550 5.2.2 mailbox full*2"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A hundred people, a sender of ten a second, and a mail server that finds the first two mailboxes full."""
    with site(tmp_path, "--fault", FULL) as made:
        made.invite(PEOPLE, "--rate", "10/s")
        made.start()
        yield made


def compose(page: Page, here: Site, name: str) -> str:
    """Writes a campaign on the page and presses Send; its id."""
    begin(page, here, name, PEOPLE)
    page.get_by_label("Subject").fill("Hello {{ name }}")
    page.get_by_text("Text", exact=True).click()
    page.get_by_label("Text of the message").fill("Hello {{ name }}, this is it.")
    page.get_by_placeholder("Choose one", exact=True).click()
    page.get_by_role("option", name="out (smtp").click()
    page.get_by_label("Send while I watch").check()
    expect(page.get_by_test_id("tally")).to_contain_text("100 will get it")
    send = page.get_by_test_id("send")
    expect(send).to_be_enabled()
    send.click()
    page.wait_for_url("**/campaigns/0*")
    page.wait_for_function("() => !location.pathname.endsWith('/edit')")
    return page.url.rpartition("/")[2].partition("?")[0]


def arrived(here: Site, id_: str) -> list[int]:
    """Positions in the order in which the mail server took them."""
    lines = here.record.read_text(encoding="utf-8").splitlines() if here.record.exists() else []
    return [int(line.split("\t")[0].rpartition("/")[2]) for line in lines if line.startswith(id_)]


def test_R2_R5_cut_at_45_auto_paused_restored_and_resumed_at_the_next(browser: Browser, here: Site) -> None:
    """R4 and R8 beside it: red Offline bar at once, 98 sent and 2 failed, "Retry Failed?", each exactly once."""
    with visitor(browser) as me:
        page = me.new_page()
        id_ = compose(page, here, "Diwali offer")
        expect(page.get_by_test_id("attended")).to_contain_text("this browser")
        wait_for(lambda: counter(page, "sent") >= 43)
        me.set_offline(True)
        cut = time.monotonic()
        expect(page.get_by_test_id("banner-lost")).to_contain_text("Connection Lost", timeout=2_000)
        expect(page.get_by_test_id("banner-lost")).to_contain_text('"Diwali offer" is auto-paused')
        assert pill(page) == "Offline"
        expect(page.get_by_test_id("player")).to_contain_text("Offline")
        expect(page.get_by_test_id("state")).to_contain_text("Auto-paused")
        wait_for(lambda: here.campaign(id_)["reason"] == "watcher_gone", seconds=10)
        before = arrived(here, id_)
        assert time.monotonic() - cut < 8, "it paused soon"
        time.sleep(2.5)
        assert arrived(here, id_) == before, "nothing leaves while nobody watches"
        assert before == sorted(before)
        assert len(before) < PEOPLE - 20
        me.set_offline(False)
        expect(page.get_by_test_id("banner-restored")).to_contain_text("Connection Restored!", timeout=10_000)
        wait_for(lambda: len(arrived(here, id_)) > len(before))
        assert arrived(here, id_)[len(before)] == before[-1] + 1, "the exact next recipient"
        summary = page.get_by_test_id("summary")
        expect(summary).to_contain_text("98 sent, 2 failed", timeout=60_000)
        summary.get_by_role("button", name="Retry Failed? 2 can succeed").click()
        expect(summary).to_contain_text("100 sent, 0 failed", timeout=30_000)
        expect(page.get_by_role("button", name="Retry Failed?")).to_have_count(0)
        here.check_once(id_, PEOPLE)
        assert here.campaign(id_)["state"] == "completed"


def test_R10_R11_send_via_cloud_goes_on_with_the_browser_closed_and_two_browsers_agree(
    browser: Browser, here: Site
) -> None:
    """DEV2: the second browser shows what the first shows; then both are closed and the campaign completes."""
    with visitor(browser) as me, visitor(browser, width=390, scheme="dark") as other:
        page = me.new_page()
        id_ = compose(page, here, "Price list")
        second = other.new_page()
        second.goto(f"{here.url}/campaigns/{id_}")
        expect(second.get_by_test_id("attended")).to_contain_text("another browser")
        page.get_by_role("button", name="Send via Cloud").click()
        expect(page.get_by_text("On the server")).to_be_visible()
        expect(second.get_by_text("On the server")).to_be_visible(timeout=3_000)
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_test_id("state")).to_contain_text("Paused")
        expect(second.get_by_test_id("state")).to_contain_text("Paused", timeout=3_000)
        wait_for(lambda: all(counter(page, name) == counter(second, name) for name in ("sent", "failed", "open")))
        second.get_by_role("button", name="Resume", exact=True).click()
        expect(page.get_by_test_id("state")).to_contain_text("Sending", timeout=5_000)
    wait_for(lambda: here.campaign(id_)["state"] == "completed", seconds=60)
    here.check_once(id_, PEOPLE - 2)
