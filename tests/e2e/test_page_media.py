"""The media library in a real Chromium: an upload through a cut line, a second device, a picture in a message."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.content.test_picture import picture
from tests.e2e.links import Site, in_a_browser, site, visitor, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.invite(3)
        made.start()
        made.draft = made.send("--name", "Price list", "--draft")
        yield made


def test_a_picture_survives_a_cut_is_seen_elsewhere_and_stands_in_a_message(browser: Browser, here: Site) -> None:
    logo = {"name": "logo.png", "mimeType": "image/png", "buffer": picture("PNG", (320, 80))}
    with visitor(browser) as me, visitor(browser, width=390, scheme="dark") as other:
        page, second = me.new_page(), other.new_page()
        second.goto(f"{here.url}/media")
        expect(second.get_by_text("No picture yet")).to_be_visible()
        page.goto(f"{here.url}/media")
        expect(page.get_by_test_id("pill")).to_have_text("Live")
        me.set_offline(True)
        page.get_by_label("Files").set_input_files([logo, {**logo, "name": "page.svg", "buffer": b"<svg/>"}])  # type: ignore[list-item]  # FilePayload
        expect(page.get_by_test_id("upload").first).to_contain_text("The line was cut")
        me.set_offline(False)
        expect(page.get_by_test_id("medium")).to_have_count(1, timeout=20_000)
        refused = page.get_by_test_id("upload")
        expect(refused).to_have_count(1)
        expect(refused.get_by_role("alert")).to_contain_text("no picture that mail programs show")
        assert page.get_by_alt_text("logo.png").evaluate("image => image.naturalWidth") == 320
        expect(second.get_by_test_id("medium")).to_have_count(1, timeout=3_000)
        page.get_by_role("button", name="More").click()
        expect(page.get_by_text("Only this machine can open this address")).to_be_visible()
        page.keyboard.press("Escape")
        page.goto(f"{here.url}/campaigns/{here.draft}/edit")
        page.get_by_text("HTML", exact=True).click()
        page.get_by_label("HTML of the message").fill("<p>Hello</p>")
        page.get_by_role("button", name="Pictures").click()
        page.get_by_role("button", name="Put into the message").click()
        expect(page.get_by_label("HTML of the message")).to_have_value(
            f'<p>Hello</p><img src="{here.url}/m/{shown_key(here)}" alt="logo" width="320" '
            'style="max-width:100%;height:auto">'
        )
        shown = page.frame_locator("[data-testid=preview]").get_by_role("img", name="logo")
        expect(shown).to_be_visible(timeout=40_000)
        wait_for(lambda: shown.evaluate("image => image.naturalWidth") == 320)  # our own pictures load without asking


def shown_key(here: Site) -> str:
    import json
    import urllib.request

    with urllib.request.urlopen(f"{here.url}/api/v1/media", timeout=30) as answer:
        return str(json.loads(answer.read())["items"][0]["path"]).removeprefix("/m/")
