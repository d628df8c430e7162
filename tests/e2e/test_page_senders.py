"""Senders on the page: every number is kept, three providers take a test, a changed pace holds at once, reasons are specific."""

import re
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from homing.inbox.provider import Orders
from tests.e2e.links import Site, counter, in_a_browser, site, visitor, wait_for
from tests.e2e.test_providers import Running

pytestmark = [in_a_browser, pytest.mark.e2e]
SIX = {
    "Retries": "4",
    "First wait": "2s",
    "Longest wait": "90s",
    "Timeout of a step": "20s",
    "Timeout of a probe": "4s",
    "Check the way every": "8s",
    "Give up after": "6m",
}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """Three hundred people and a sender of five a second that loses patience quickly."""
    with site(tmp_path) as made:
        made.invite(300, "--rate", "5/s", "--timeout", "1s", "--backoff", "200ms", "--check-every", "1s")
        made.start()
        yield made


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Running]:
    """SendGrid and SES on loopback."""
    made = Running(tmp_path / "provider", Orders())
    yield made
    made.close()


def field(form: Locator, label: str) -> Locator:
    """An input by its label; those that are needed have a star behind it."""
    return form.get_by_label(re.compile(rf"^{re.escape(label)}( \*)?$")).first


def add(page: Page, kind: str, account: dict[str, str], network: dict[str, str]) -> None:
    """A sender by the form, named after its kind."""
    page.get_by_role("button", name="Add a sender").first.click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill(kind)
    field(form, "Kind").click()
    page.get_by_role("option", name=kind, exact=True).click()
    if kind == "SMTP server":
        field(form, "Encryption").click()
        page.get_by_role("option", name="None (this machine only)").click()
    for label, value in account.items():
        field(form, label).fill(value)
    form.get_by_role("tab", name="Retries and network").click()
    for label, value in network.items():
        field(form, label).fill(value)
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)


def try_it(page: Page, here: Site, kind: str) -> None:
    """A test of a draft to oneself, through the sender of that kind."""
    page.goto(f"{here.url}/campaigns/new")
    page.get_by_label("Name of the campaign").fill(f"By {kind}")
    page.wait_for_url("**/edit")
    page.get_by_label("Subject").fill("A test")
    page.get_by_role("radiogroup", name="Part of the message").get_by_text("Text").click()
    page.get_by_label("Text of the message").fill("Only a test.")
    page.get_by_test_id("sender").click()
    page.get_by_role("option", name=f"{kind} (").click()
    page.get_by_label("Send a test to").fill("me@example.net")
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("Handed over. Look into the mailbox.")).to_be_visible()


def test_R16_R17_R22_each_number_of_the_form_is_kept_and_three_providers_take_a_test(
    browser: Browser, here: Site, provider: Running
) -> None:
    """Row 22: added on the page, read back after a reload, then one message through each to a loopback server."""
    me_ = {"From": "Me <me@example.org>"}
    url = provider.provider.url
    kinds = {
        "SMTP server": me_ | {"Host": "127.0.0.1", "Port": str(here.server.port)},
        "SendGrid": me_ | {"API key": "SG.secret", "Address of the API": url},
        "Amazon SES": me_ | {
            "Region": "eu-west-1", "Access key id": "AKIAEXAMPLE", "Secret access key": "secret", "Address of the API": url,
        },
    }  # fmt: skip
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/senders")
        for kind, account in kinds.items():
            add(page, kind, account, SIX)
        page.reload()
        for kind, account in kinds.items():
            row = page.locator(f'[data-sender="{kind}"]')
            row.get_by_role("button", name="Change").click()
            form = page.get_by_role("dialog")
            for label, value in account.items():
                secret = label in ("API key", "Secret access key")
                expect(field(form, label)).to_have_value("" if secret else value)
            form.get_by_role("tab", name="Retries and network").click()
            for label, value in SIX.items():
                expect(field(form, label)).to_have_value(value)
            form.get_by_role("button", name="Close").last.click()
            expect(form).to_have_count(0)
            row.get_by_role("button", name="Test").click()
            expect(row.get_by_role("status")).to_contain_text("No message was sent.")
        for kind in kinds:
            try_it(page, here, kind)
    assert [line.split("\t")[1] for line in here.record.read_text(encoding="utf-8").splitlines()] == ["me@example.net"]
    assert sorted(provider.provider.seen.accepted.values()) == [1, 1]
    assert sum(b"me@example.net" in body for body in provider.provider.seen.bodies) == 2


class Arrivals:
    """When each message reached the mail server."""

    def __init__(self, here: Site) -> None:
        self.times: list[float] = []
        self._here = here
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.wait(0.01):
            more = self._here.arrived() - len(self.times)
            self.times += [time.monotonic()] * more

    def after(self, moment: float) -> list[float]:
        return [each for each in self.times if each >= moment]

    def __enter__(self) -> "Arrivals":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(30)


def change_pace(page: Page, here: Site, pace: str, fields: dict[str, str]) -> float:
    """On the page, while it sends; when it was saved."""
    page.goto(f"{here.url}/senders")
    page.locator('[data-sender="out"]').get_by_role("button", name="Change").click()
    form = page.get_by_role("dialog")
    form.get_by_role("tab", name="Pace and limits").click()
    field(form, "Pace").click()
    page.get_by_role("option", name=re.compile(f"^{pace}")).click()
    for label, value in fields.items():
        field(form, label).fill(value)
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    return time.monotonic()


def test_R21_a_pace_that_is_changed_in_the_middle_holds_within_a_second(browser: Browser, here: Site) -> None:
    """Row 21: from five a second to 1-2 s between two with a rest after three, and back; the rate's line shades the rests."""
    id_ = here.send("--name", "Diwali offer")
    with visitor(browser) as me, Arrivals(here) as arrivals:
        page = me.new_page()
        wait_for(lambda: len(arrivals.times) > 8)
        gentle = {"Between messages": "1s-2s", "Rest after every": "3", "Rest for": "6s-7s", "At most": ""}
        changed = change_pace(page, here, "Gentle", gentle)
        page.goto(f"{here.url}/campaigns/{id_}")
        expect(page.get_by_test_id("state")).to_contain_text("Resting", timeout=60_000)
        expect(page.locator("[data-shade=rest]").first).to_be_visible()
        wait_for(lambda: len(arrivals.after(changed + 1.0)) >= 9, seconds=120)
        paced = arrivals.after(changed + 1.0)
        gaps = [later - before for before, later in pairwise(paced)]
        assert min(gaps) > 0.9, gaps
        rests = [place for place, gap in enumerate(gaps) if gap > 5.5]
        assert len(rests) >= 2
        assert {later - before for before, later in pairwise(rests)} == {3}, "after every third"
        assert all(gap < 4 for place, gap in enumerate(gaps) if place not in rests), gaps
        changed = change_pace(page, here, "Off", {"At most": "20/s"})
        wait_for(lambda: len(arrivals.after(changed)) >= 20)
        assert arrivals.after(changed)[0] - changed < 3.0
        page.goto(f"{here.url}/campaigns/{id_}")
        wait_for(lambda: here.campaign(id_)["state"] == "completed", seconds=60)
        expect(page.get_by_test_id("count-sent").locator("b")).to_have_text("300")
    here.check_once(id_, 300)


def test_R20_a_full_mailbox_a_busy_server_a_missing_name_and_silence_read_differently(
    browser: Browser, here: Site
) -> None:
    """Row 20: 550, 421, DNS and a timeout, one after the other, each in the provider's own words or in plain ones."""
    none = ("--tls", "none", "--from", "Me <me@example.org>", "--pacing", "off", "--check-every", "1s")
    here.homing("sender", "add", "smtp", "--name", "lost", "--host", "mail.nowhere.invalid", "--port", "25", *none)
    few = here.data.parent / "few.csv"
    few.write_text("email\nguest1@example.org\nguest2@example.org\n", encoding="utf-8")
    here.homing("contacts", "import", few, "--list", "few")

    def send(name: str, sender: str = "out") -> str:
        text = here.data.parent / "text.txt"
        text.write_text("Hello {{ email }}.\n", encoding="utf-8")
        letter = ("--sender", sender, "--list", "few", "--subject", "Hi", "--text", text, "--name", name)
        return here.homing("send", *letter, "--stop-if-failed", "0").strip()

    with visitor(browser) as me:
        page = me.new_page()

        def why(id_: str) -> str:
            page.goto(f"{here.url}/campaigns/{id_}")
            expect(page.get_by_test_id("state")).to_contain_text("Waiting for")
            words = page.get_by_test_id("why").inner_text()
            assert counter(page, "failed") == 0, "nobody is charged for it"
            here.post(f"/campaigns/{id_}/cancel")
            return words

        assert "Name or service not known" in why(send("A name", "lost"))
        here.server.order(faults=["mail=421 4.3.2 too busy"])
        assert "421 4.3.2 too busy" in why(send("Busy"))
        here.server.order(faults=["ehlo=stall"])
        assert "no answer to ehlo in time" in why(send("Silence"))
        here.server.order(faults=["rcpt=550 5.2.2 mailbox full"])
        full = send("Full")
        wait_for(lambda: here.campaign(full)["counts"]["failed"] == 2, seconds=60)
        page.goto(f"{here.url}/campaigns/{full}?show=failed")
        expect(page.get_by_text("mailbox full 2")).to_be_visible()
        expect(page.get_by_text("5.2.2 mailbox full", exact=False).first).to_be_visible()
        here.server.order(faults=[])
        page.get_by_role("button", name="Retry 2").click()
        expect(page.get_by_test_id("summary")).to_contain_text("2 sent, 0 failed")
    here.check_once(full, 2)
