"""Without the extra for linked devices everything else works, and the page says what to install."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.links import chromium, in_a_browser, visitor, wait_for
from tests.e2e.phones import Phones, phones, place

pytestmark = [in_a_browser, pytest.mark.e2e]
LACKING = Path(__file__).resolve().parents[1] / "whatsapp" / "lacking"

expect.set_options(timeout=30_000)  # a busy machine needs what the page does not


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Phones]:
    with phones(tmp_path) as made:
        path = os.pathsep.join([str(LACKING), *filter(None, [os.environ.get("PYTHONPATH")])])
        made.environment = {**os.environ, "PYTHONPATH": path}
        yield made


def test_everything_else_works_and_the_page_says_what_to_install(here: Phones, tmp_path: Path) -> None:
    """A device is asked for its code in vain, in words; beside it a campaign goes out by another sender."""
    here.add_device("Primary Device")
    here.homing("sender", "add", "simulated", "--name", "out", "--from", "Me <me@example.org>")
    people = tmp_path / "people.csv"
    people.write_text("email,name\nada@example.org,Ada\nbob@example.org,Bob\n", encoding="utf-8")
    here.homing("contacts", "import", people, "--list", "all")
    here.start()
    told = here.api("GET", "/devices")
    assert told["installed"] is False
    assert "pip install 'homing[whatsapp]'" in told["install"]
    with chromium() as browser:
        _look(browser, here)
    body = {
        "name": "News",
        "subject": "Hi",
        "text": "Hello {{ name }}",
        "senders": ["out"],
        "audience": {"lists": ["all"]},
    }
    id_ = here.api("POST", "/campaigns", body)["id"]
    here.api("POST", f"/campaigns/{id_}/send")
    wait_for(lambda: here.api("GET", f"/campaigns/{id_}")["state"] == "completed")
    assert here.api("GET", f"/campaigns/{id_}/audit")["sent"] == 2


def _look(browser: Browser, here: Phones) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/senders")
        expect(page.get_by_test_id("install")).to_contain_text("pip install 'homing[whatsapp]'")
        page.locator("[data-device='Primary Device']").get_by_role("button", name="Scan QR Code").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_test_id("install")).to_be_visible()
        expect(dialog).to_contain_text("It was not linked", timeout=30_000)
        assert here.api("GET", place("Primary Device"))["reason"] == "not_installed"
