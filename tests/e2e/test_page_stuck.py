"""A campaign that stands still says why, and one click moves it; the server's own way out has a banner of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Site]:
    """As `here`, and a sender that looks again every ten minutes."""
    with site(tmp_path) as made:
        made.invite(PEOPLE, "--rate", "10/s", "--check-every", "10m", "--give-up-after", "0")
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


DOOR = ["mail=421 4.3.2 closing", "banner=554 5.7.1 not from your address"]


@pytest.mark.parametrize(
    ("closed", "open_", "words"),
    [
        ({"down": True}, {"down": False}, "Nobody answers at 127.0.0.1:{port}: connection refused"),
        ({"faults": DOOR}, {"faults": []}, "554 5.7.1 not from your address"),
    ],
    ids=["nobody answers", "refused"],
)
def test_R38_it_stands_still_for_a_reason_that_is_known_and_one_click_moves_it(
    browser: Browser, there: Site, closed: dict[str, Any], open_: dict[str, Any], words: str
) -> None:
    """Red after half a minute, with the provider's words and two ways on; the next look is far away, so it is the click."""
    id_ = there.send("--name", "Diwali offer")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{there.url}/campaigns/{id_}")
        wait_for(lambda: counter(page, "sent") >= 15)
        there.server.order(**closed)
        alert = page.get_by_test_id("stuck")
        expect(alert).to_be_visible(timeout=90_000)
        expect(alert).to_have_role("alert")
        expect(alert).to_contain_text(words.format(port=there.server.port))
        expect(alert).to_contain_text(f"{counter(page, 'open'):,} remain in the ledger")
        expect(alert.get_by_role("link", name='To the sender "out"')).to_be_visible()
        assert (there.campaign(id_)["state"], counter(page, "failed"), everybody(page)) == ("sending", 0, PEOPLE)
        wait_for(lambda: seconds_to_look(there, id_) > 20, seconds=60)
        there.server.order(**open_)
        held = counter(page, "sent")
        page.wait_for_timeout(2_000)
        assert counter(page, "sent") == held
        alert.get_by_role("button", name="Look again now").click()
        wait_for(lambda: counter(page, "sent") > held, seconds=10)
        expect(alert).to_have_count(0)
    assert max(there.copies().values()) == 1


def seconds_to_look(there: Site, id_: str) -> float:
    at = there.campaign(id_)["next_at"]
    return (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds() if at else 0.0


def test_R38_a_password_that_the_provider_refuses_pauses_it_and_one_click_moves_it(
    browser: Browser, there: Site
) -> None:
    """Nobody knocks again with it, lest the account be locked: paused at once, with the words and both ways on."""
    id_ = there.send("--name", "Diwali offer")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{there.url}/campaigns/{id_}")
        wait_for(lambda: counter(page, "sent") >= 15)
        there.server.order(faults=["mail=535 5.7.8 password has expired"])
        expect(page.get_by_test_id("state")).to_contain_text("Paused: sender down")
        expect(page.get_by_test_id("why")).to_contain_text("535 5.7.8 password has expired")
        expect(page.get_by_test_id("why").get_by_role("link", name='To the sender "out"')).to_be_visible()
        assert (counter(page, "failed"), everybody(page)) == (0, PEOPLE)
        there.server.order(faults=[])
        held = counter(page, "sent")
        page.get_by_role("button", name="Resume", exact=True).click()
        wait_for(lambda: counter(page, "sent") > held, seconds=20)
        expect(page.get_by_test_id("why")).to_have_count(0)
    assert max(there.copies().values()) == 1


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
