"""A campaign over both channels, made and sent on the page in a real Chromium; both receiving servers are counted."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.composer import begin
from tests.e2e.links import Site, faults_of_access, in_a_browser, site, visitor, wait_for
from tests.whatsapp.cloud import NUMBER, TOKEN, Cloud, Orders

pytestmark = [in_a_browser, pytest.mark.e2e]
PEOPLE = 36
"""A third can be reached by mail only, a third by phone only, a third by both; two of those consented to e-mail alone."""
CONSENTED = (3, 6)
SUPPRESSED = 2  # of mail only


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(Orders()).running() as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, cloud: Cloud) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.homing("migrate")
        there = ["--host", "127.0.0.1", "--port", made.server.port, "--tls", "none", "--from", "Me <me@example.org>"]
        near = ["--pacing", "off", "--rate", "20/s", "--probe", f"127.0.0.1:{made.server.port}"]
        made.homing("sender", "add", "smtp", "--name", "out", *there, *near)
        (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
        where = ["--endpoint-url", cloud.url, "--phone-number-id", NUMBER, "--rate", "10/s"]
        where += ["--probe", cloud.url.rpartition("/")[2], "--api-key-file", tmp_path / "token"]
        made.homing("sender", "add", "whatsapp_cloud", "--name", "phone", *where)
        made.start()
        for n in range(1, PEOPLE + 1):
            who: dict[str, Any] = {"name": f"Guest {n}", "list": "all"}
            if n % 3 != 1:
                who["email"] = f"guest{n}@example.org"
            if n % 3 != 2:
                who["phone"] = f"+9471100{n:04}"
            if n in CONSENTED:
                who["consent_email"] = "given"
            made.post("/contacts", who)
        made.post("/suppressions", {"address": f"guest{SUPPRESSED}@example.org"})
        yield made


def picture(page: Page, name: str) -> None:
    """Kept for the eye where somebody wants it."""
    if os.environ.get("HOMING_PICTURES"):
        page.screenshot(path=f"{os.environ['HOMING_PICTURES']}/{name}.png", full_page=True)


def write(page: Page, here: Site) -> None:
    """The two messages, their senders, the people; e-mail first is tried and put back."""
    begin(page, here, "Both ways", PEOPLE)
    page.get_by_label("Subject").fill("For {{ name }}")
    page.get_by_role("radiogroup", name="Part of the message").get_by_text("Text").click()
    page.get_by_label("Text of the message").fill("Dear {{ name }}, by mail.")
    page.get_by_test_id("sender").click()
    page.get_by_role("option", name="out (smtp").click()

    page.get_by_role("radiogroup", name="Channel", exact=True).get_by_text("Both").click()
    told = page.get_by_test_id("by-channel")
    expect(told).to_have_text(
        "35 will get it: 22 by WhatsApp, 13 by e-mail · 1 by neither (1 unsubscribed, suppressed or refused)"
    )
    page.get_by_label("E-mail first, else WhatsApp").check()
    expect(told).to_contain_text("23 by e-mail, 12 by WhatsApp")
    page.get_by_label("WhatsApp first, else e-mail").check()
    expect(told).to_contain_text("22 by WhatsApp, 13 by e-mail")
    expect(page.get_by_test_id("send")).to_be_disabled()
    page.get_by_test_id("sender-whatsapp").click()
    page.get_by_role("option", name="phone (whatsapp_cloud").click()
    page.get_by_text("Approved template", exact=True).click()
    page.get_by_label("Name of the template").fill("offer")
    page.get_by_role("button", name="Add variable 1").click()
    page.get_by_label("Variable 1 of the text").fill("{{ name }}")


def test_a_campaign_over_both_channels_is_made_on_the_page_and_each_gets_one(
    browser: Browser, here: Site, cloud: Cloud
) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        write(page, here)
        expect(page.get_by_test_id("bubble")).to_contain_text("Guest 1")
        mail = page.get_by_test_id("message-email")
        expect(mail.get_by_test_id("preview-text")).to_contain_text("Dear Guest 2, by mail.")
        expect(mail.get_by_test_id("envelope")).to_contain_text("For Guest 2")
        expect(page.get_by_test_id("from-whatsapp")).to_have_text("22 by WhatsApp from phone")
        expect(page.get_by_test_id("from-email")).to_have_text("13 by e-mail from Me <me@example.org>")
        assert faults_of_access(page) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
            picture(page, f"composer-both-{scheme}")
        assert faults_of_access(page, colours_only=True) == []
        page.set_viewport_size({"width": 390, "height": 844})
        picture(page, "composer-both-phone")
        assert faults_of_access(page) == []
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")

        page.reload()
        expect(page.get_by_label("Name of the template")).to_have_value("offer")
        expect(page.get_by_label("Subject")).to_have_value("For {{ name }}")
        page.get_by_role("button", name="Check the message for everybody").click()
        send = page.get_by_test_id("send")
        expect(send).to_have_text("Send to 35 people")
        send.click()
        page.wait_for_function("() => !location.pathname.endsWith('/edit')")
        id_ = page.url.rpartition("/")[2].partition("?")[0]
        wait_for(lambda: here.campaign(id_)["state"] == "completed", seconds=90)
        expect(page.get_by_test_id("by-whatsapp")).to_have_text("WhatsApp: 22 of 22 sent")
        expect(page.get_by_test_id("by-email")).to_have_text("E-mail: 13 of 14 sent, 1 skipped")
        page.get_by_role("tab", name="Report").click()
        expect(page.get_by_test_id("report").get_by_role("row", name="WhatsApp 22 22")).to_be_visible()
        assert faults_of_access(page) == []
        picture(page, "live-both-light")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        picture(page, "live-both-phone-dark")
        assert faults_of_access(page) == []

    rows = [json.loads(line) for line in here.homing("export", id_, "--format", "jsonl").splitlines()]
    addresses = {row["seq"]: row["email"] or row["phone"] for row in rows}
    person = {seq: int(address.partition("@")[0].removeprefix("guest")[-4:]) for seq, address in addresses.items()}
    by_mail = Counter(person[int(key.rpartition("/")[2])] for key in here.copies().elements())
    by_chat = Counter(int(number[-4:]) for number in cloud.people.elements())
    assert set((by_mail + by_chat).values()) == {1}, "each person once, over both servers"
    everybody = set(range(1, PEOPLE + 1))
    assert set(by_mail) == {n for n in everybody if n % 3 == 2 and n != SUPPRESSED} | set(CONSENTED)
    assert set(by_chat) == {n for n in everybody if n % 3 != 2} - set(CONSENTED)


def test_words_and_a_file_stay_with_their_message_while_channels_come_and_go(
    browser: Browser, here: Site, tmp_path: Path
) -> None:
    """From WhatsApp alone to both, to e-mail alone and back: no words are lost, and no file lands in the e-mail."""
    (tmp_path / "offer.png").write_bytes(b"\x89PNG and what is in it")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/new")
        page.get_by_label("Name of the campaign").fill("Back and forth")
        page.wait_for_url("**/edit")
        id_ = page.url.split("/")[-2]
        channel = page.get_by_role("radiogroup", name="Channel", exact=True)
        channel.get_by_text("WhatsApp").click()
        page.get_by_test_id("chat-text").fill("Look, {{ name }}")
        page.locator("input[type=file]").set_input_files(tmp_path / "offer.png")
        expect(page.get_by_test_id("file")).to_contain_text("offer.png")
        channel.get_by_text("Both").click()
        page.get_by_role("radiogroup", name="Part of the message").get_by_text("Text").click()
        page.get_by_label("Text of the message").fill("Dear {{ name }}")
        expect(page.get_by_test_id("chat-text")).to_have_value("Look, {{ name }}")
        expect(page.get_by_test_id("file")).to_contain_text("offer.png")
        expect(page.get_by_test_id("bubble")).to_contain_text("offer.png")
        channel.get_by_text("E-mail").click()
        expect(page.get_by_test_id("chat-text")).to_have_count(0)
        expect(page.get_by_label("Text of the message")).to_have_value("Dear {{ name }}")
        wait_for(lambda: here.campaign(id_)["attachments"] == [])
        assert here.campaign(id_)["channel"] == "email"
        channel.get_by_text("Both").click()
        expect(page.get_by_test_id("chat-text")).to_have_value("Look, {{ name }}")
        expect(page.get_by_label("Text of the message")).to_have_value("Dear {{ name }}")
        expect(page.get_by_test_id("file")).to_have_count(0)
        channel.get_by_text("WhatsApp").click()
        expect(page.get_by_test_id("chat-text")).to_have_value("Look, {{ name }}")
        wait_for(lambda: here.campaign(id_)["text"] == "Look, {{ name }}")
        found = here.campaign(id_)
        assert (found["channel"], found["prefer"], found["whatsapp"]) == ("whatsapp", None, None)
