"""When, how and from where a campaign is moved: advice, several at once, a set time, a trial, three doors to one state."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, counter, in_a_browser, site, visitor, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]
PEOPLE, SMALL = 60, 49


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Sixty people, forty-nine of them on a second list; one sender without pauses, one with the longest."""
    folder: Path = tmp_path_factory.mktemp("site")
    with site(folder) as made:
        made.invite(PEOPLE, "--rate", "10/s")
        few = folder / "few.csv"
        few.write_text("email\n" + "".join(f"guest{n}@example.org\n" for n in range(1, SMALL + 1)), encoding="utf-8")
        made.homing("contacts", "import", few, "--list", "few")
        there = ("--host", "127.0.0.1", "--port", made.server.port, "--tls", "none", "--from", "Me <me@example.org>")
        made.homing("sender", "add", "smtp", "--name", "slow", *there, "--pacing", "on", "--delay", "10s-20s")
        made.start()
        yield made


def begin(page: Page, here: Site, name: str) -> None:
    """A campaign on the page, to nobody yet."""
    page.goto(f"{here.url}/campaigns/new")
    page.get_by_label("Name of the campaign").fill(name)
    page.wait_for_url("**/edit")
    page.get_by_label("Subject").fill("Hello {{ name }}")
    page.get_by_role("radiogroup", name="Part of the message").get_by_text("Text").click()
    page.get_by_label("Text of the message").fill("Hello {{ name }}, this is it.")


def choose_list(page: Page, name: str, count: int) -> None:
    page.get_by_test_id("lists").click()
    page.get_by_role("option", name=f"{name} ({count})").click()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("tally")).to_contain_text(f"{count} will get it")


def choose_sender(page: Page, name: str) -> None:
    page.get_by_test_id("sender").click()
    page.get_by_role("option", name=f"{name} (smtp").click()


def press_send(page: Page) -> str:
    """The id of the campaign."""
    send = page.get_by_test_id("send")
    expect(send).to_be_enabled()
    send.click()
    page.wait_for_function("() => !location.pathname.endsWith('/edit')")
    return page.url.rpartition("/")[2].partition("?")[0]


def test_R10_the_advice_turns_at_fifty_people_and_at_a_long_pace(browser: Browser, here: Site) -> None:
    """Row 18: either is fine for 49 at ten a second; Send via Cloud for 60, and for 49 at a pace of a quarter of an hour."""
    with visitor(browser) as me:
        page = me.new_page()
        begin(page, here, "Advice")
        choose_sender(page, "out")
        choose_list(page, "few", SMALL)
        advice = page.get_by_test_id("advice")
        expect(advice).to_have_text("5 s: either is fine.")
        expect(page.get_by_label("Send while I watch (fine for so few)")).to_be_visible()
        choose_sender(page, "slow")
        expect(advice).to_have_text(re.compile(r"^1\d min: choose Send via Cloud\.$"))
        expect(page.get_by_label("Send via Cloud (advised)")).to_be_visible()
        choose_sender(page, "out")
        expect(advice).to_have_text("5 s: either is fine.")
        choose_list(page, "all", PEOPLE)
        expect(advice).to_have_text("6 s: choose Send via Cloud.")
        expect(page.get_by_test_id("predicted")).to_contain_text("At this pace: 6 s")


def test_R14_three_run_together_and_one_starts_by_itself_at_its_time(browser: Browser, here: Site) -> None:
    """Row 17: the player names all three with their states; the one with a set time starts when it is due."""
    with visitor(browser) as me:
        page = me.new_page()
        begin(page, here, "At its time")
        choose_list(page, "few", SMALL)
        choose_sender(page, "out")
        page.get_by_label("At a set time").check()
        due = datetime.now().astimezone() + timedelta(seconds=12)
        page.get_by_label(re.compile("^Start, in ")).fill(due.strftime("%Y-%m-%dT%H:%M:%S"))
        expect(page.get_by_test_id("send")).to_have_text("Schedule for 49 people")
        at_its_time = press_send(page)
        expect(page.get_by_test_id("state")).to_contain_text("Scheduled")
        # So late that they are still under way when it starts: 10 a second leave, to 60 people each.
        wait_for(lambda: datetime.now().astimezone() > due - timedelta(seconds=3), seconds=60)
        others = [here.send("--name", name) for name in ("First", "Second")]
        expect(page.get_by_test_id("state")).to_contain_text("Sending", timeout=40_000)
        began = datetime.fromisoformat(here.campaign(at_its_time)["started_at"])
        assert timedelta(0) <= began - due.replace(microsecond=0) < timedelta(seconds=10)
        player = page.get_by_test_id("player")
        expect(player).to_contain_text("+2 more")
        player.get_by_role("button", name="all that runs").click()
        for name in ("At its time", "First", "Second"):
            expect(page.get_by_role("menuitem", name=name)).to_contain_text("Sending")
        page.keyboard.press("Escape")
        for id_, count in ((at_its_time, SMALL), *((each, PEOPLE) for each in others)):
            wait_for(lambda id_=id_: here.campaign(id_)["state"] == "completed", seconds=90)  # type: ignore[misc]  # bound now
            here.check_once(id_, count)
        expect(page.get_by_test_id("summary")).to_contain_text("49 sent, 0 failed")


def test_R30_R34_R35_page_api_and_command_line_move_each_others_view(browser: Browser, here: Site) -> None:
    """Row 30: what one of the three does, the other two show, and `send` may be repeated."""
    id_ = here.send("--name", "Three doors")

    def status() -> str:
        found: str = json.loads(here.homing("status", id_, "--json"))["campaigns"][0]["state"]
        return found

    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{id_}")
        state = page.get_by_test_id("state")
        expect(state).to_contain_text("Sending")
        page.get_by_role("button", name="Pause", exact=True).click()
        wait_for(lambda: here.campaign(id_)["state"] == "paused")
        assert status() == "paused"
        here.homing("resume", id_)
        expect(state).to_contain_text("Sending", timeout=5_000)
        assert here.campaign(id_)["state"] == "sending"
        here.post(f"/campaigns/{id_}/pause")
        expect(state).to_contain_text("Paused", timeout=5_000)
        assert status() == "paused"
        for _ in range(3):
            assert here.post(f"/campaigns/{id_}/send")[0] in (200, 202)
        expect(state).to_contain_text("Sending", timeout=5_000)
        assert status() == "sending"
        here.homing("pause", id_)
        expect(state).to_contain_text("Paused", timeout=5_000)
        assert here.campaign(id_)["state"] == "paused"
        page.get_by_role("button", name="Resume", exact=True).click()
        wait_for(lambda: status() in ("sending", "completed"))
        wait_for(lambda: here.campaign(id_)["state"] == "completed", seconds=60)
        expect(page.get_by_test_id("summary")).to_contain_text("60 sent, 0 failed")
    here.check_once(id_, PEOPLE)


def test_R34_a_test_to_oneself_then_the_first_ten_then_the_rest_by_approval(browser: Browser, here: Site) -> None:
    """Row 32: the trial holds after exactly ten, shows what came of them, and the click sends to the fifty others."""
    with visitor(browser) as me:
        page = me.new_page()
        begin(page, here, "Trial")
        choose_list(page, "all", PEOPLE)
        choose_sender(page, "out")
        page.get_by_label("Send a test to").fill("me@example.net")
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_text("Handed over. Look into the mailbox.")).to_be_visible()
        taken = here.record.read_text(encoding="utf-8")
        assert sum("me@example.net" in line for line in taken.splitlines()) == 1
        page.get_by_label("Try it on the first").fill("10")
        expect(page.get_by_role("complementary", name="Summary")).to_contain_text("first 10, then your approval")
        id_ = press_send(page)

        def guests() -> list[int]:
            """How often each of the guests got it; the test to oneself is not of them."""
            lines = (line.split("\t") for line in here.record.read_text(encoding="utf-8").splitlines())
            return sorted(
                Counter(to for key, to, _ in lines if key.startswith(id_) and to.startswith("guest")).values()
            )

        expect(page.get_by_test_id("state")).to_contain_text("Waiting for approval")
        expect(page.get_by_test_id("count-sent").locator("b")).to_have_text("10")
        assert here.campaign(id_)["reason"] == "canary"
        assert guests() == [1] * 10
        time.sleep(1.5)
        assert guests() == [1] * 10, "it holds"
        assert counter(page, "open") == PEOPLE - 10
        page.get_by_role("button", name="Approve the rest").click()
        expect(page.get_by_test_id("summary")).to_contain_text("60 sent, 0 failed", timeout=60_000)
        assert guests() == [1] * PEOPLE
