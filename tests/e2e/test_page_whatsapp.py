"""Linked devices on the page, rows 33 to 39 of its promises: the real client library beside a loopback WhatsApp server."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.links import in_a_browser, visitor, wait_for
from tests.e2e.phones import Phones, phones, place
from tests.whatsapp.rig import PHONE, linked_real

pytestmark = [in_a_browser, pytest.mark.e2e, linked_real]
SECOND = 1_000
AT_ONCE = 30 * SECOND  # what the page itself needs is below a second; a busy machine needs more

expect.set_options(timeout=30_000)  # a busy machine needs what the page does not


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Phones]:
    with phones(tmp_path) as made:
        yield made


def row(page: Page, name: str) -> Locator:
    return page.locator(f"[data-device='{name}']")


def stands(page: Page, name: str, words: str, *, within: float = AT_ONCE) -> None:
    """The status word of a device on the page."""
    expect(row(page, name).get_by_test_id("device-status")).to_have_text(words, timeout=within)


@contextlib.contextmanager
def listening(url: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What a stock Socket.IO client hears of devices."""
    heard: list[tuple[str, dict[str, Any]]] = []
    client = socketio.Client(reconnection=False)
    for name in ("whatsapp-connected", "whatsapp-disconnected"):
        client.on(name, lambda payload, name=name: heard.append((name, payload)))
    client.connect(url, transports=["polling"], wait_timeout=60)
    try:
        yield heard
    finally:
        client.disconnect()


def test_R43_R44_a_phone_is_linked_unlinked_and_asked_for_a_scan_on_the_page(browser: Browser, here: Phones) -> None:
    """Rows 33, 34, 37, 39: codes swapped live, the dialog closes by itself, both events, and one click back to a code."""
    here.add_device("Primary Device")
    here.start()
    here.whatsapp.mode(refs=5)  # the library gives the first of five codes 20 s, as it does all but the first of six
    uid = here.api("GET", place("Primary Device"))["id"]
    with visitor(browser) as me, listening(here.url) as heard:
        page = me.new_page()
        page.goto(f"{here.url}/senders")
        stands(page, "Primary Device", "Disconnected")
        row(page, "Primary Device").get_by_role("button", name="Scan QR Code").click()
        code = page.get_by_test_id("qr")
        expect(code).to_have_attribute("data-number", "1", timeout=30 * SECOND)
        page.wait_for_function("() => document.querySelector('[data-testid=qr]').naturalWidth > 100")
        expect(page.get_by_test_id("code-left")).to_contain_text(re.compile(r"this code 0:5\d|1:00"))
        stands(page, "Primary Device", "Scan QR Code")
        expect(code).to_have_attribute("data-number", "2", timeout=45 * SECOND)
        expect(page.get_by_test_id("code-left")).to_contain_text(re.compile(r"this code 0:[012]\d"))
        here.scan("Primary Device")
        expect(page.get_by_test_id("pairing")).to_have_attribute("data-stage", "3", timeout=30 * SECOND)
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=AT_ONCE)
        stands(page, "Primary Device", "Connected")
        wait_for(lambda: heard)
        assert heard[0][0] == "whatsapp-connected"
        assert {**heard[0][1], "seq": 0} == {"connectionId": uid, "phoneNumber": f"+{PHONE}", "seq": 0}
        here.whatsapp.order("unlink", phone=PHONE)
        stands(page, "Primary Device", "Disconnected")
        words = row(page, "Primary Device").get_by_test_id("device-words")
        expect(words).to_contain_text(re.compile(r"^Unlinked from the phone at \d\d:\d\d.*Scan QR Code"))
        wait_for(lambda: len(heard) > 1)
        assert heard[1][0] == "whatsapp-disconnected"
        assert {**heard[1][1], "seq": 0} == {"connectionId": uid, "reason": "logged_out", "seq": 0}
        row(page, "Primary Device").get_by_role("button", name="Scan QR Code").click()
        expect(code).to_be_visible(timeout=30 * SECOND)


def test_R40_R42_the_five_attempts_are_shown_and_a_click_goes_on(browser: Browser, here: Phones) -> None:
    """Row 35: Reconnecting with its steps, Disconnected after the fifth, "Reconnect now", and the counter forgotten."""
    here.add_device("Primary Device")
    here.start()
    here.link("Primary Device")
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/senders")
        stands(page, "Primary Device", "Connected")
        here.whatsapp.mode(accept=False)
        here.whatsapp.order("cut")
        stands(page, "Primary Device", "Reconnecting...")
        shown = row(page, "Primary Device")
        steps = shown.get_by_label("Attempts to reconnect").get_by_role("listitem")
        expect(steps).to_have_count(5)
        assert [re.sub(r"\D", "", each) for each in steps.all_inner_texts()] == ["5", "10", "20", "40", "80"]
        expect(shown.get_by_test_id("attempt")).to_have_text(
            re.compile(r"^3 of 5, (next in \d+ s|trying now)$"), timeout=30 * SECOND
        )
        expect(shown.locator("[data-step=done]")).to_have_count(2)
        stands(page, "Primary Device", "Disconnected", within=60 * SECOND)
        expect(steps).to_have_count(0)
        here.whatsapp.mode(accept=True)
        shown.get_by_role("button", name="Reconnect now").click()
        stands(page, "Primary Device", "Connected", within=30 * SECOND)
        wait_for(lambda: here.api("GET", place("Primary Device"))["attempt"] == 0)


def test_R39_R41_a_restart_restores_each_device_and_what_is_sent_then_waits_for_it(
    browser: Browser, here: Phones
) -> None:
    """Rows 36 and 38: killed with three devices, one session gone: two come back, one asks for a scan; nothing is lost."""
    names = ["Primary Device", "Second", "Third"]
    for name in names:
        here.add_device(name)
    here.start()
    for number, name in enumerate(names):
        here.link(name, str(int(PHONE) + number))
    here.api("POST", "/contacts", {"phone": "+94711000501", "name": "Nimal", "list": "all"})
    body = {"name": "Chat", "text": "Hi {{ name }}", "senders": ["Primary Device"], "audience": {"all": True}}
    draft = here.api("POST", "/campaigns", body)["id"]
    third = here.api("GET", place("Third"))["id"]
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/senders")
        for name in names:
            stands(page, name, "Connected")
        here.kill()
        shutil.rmtree(here.data / "whatsapp" / third)
        here.start()
        panel = page.get_by_test_id("restoring")
        expect(panel).to_be_visible(timeout=30 * SECOND)
        here.api("POST", f"/campaigns/{draft}/send")
        page.goto(f"{here.url}/campaigns/{draft}")
        expect(page.get_by_test_id("state")).to_contain_text("Done", timeout=60 * SECOND)
        expect(page.get_by_role("alert")).to_have_count(0)
        assert len(here.whatsapp.accepted()) == 1
        page.goto(f"{here.url}/senders")
        stands(page, "Primary Device", "Connected")
        stands(page, "Second", "Connected", within=30 * SECOND)
        stands(page, "Third", "Disconnected", within=30 * SECOND)
        expect(row(page, "Third").get_by_role("button", name="Scan QR Code")).to_be_visible()
        expect(row(page, "Third").get_by_test_id("device-words")).to_contain_text("session is not on this machine")
