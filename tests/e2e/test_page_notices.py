"""What a person chose to be told of, in a real Chromium: the same on a second device; told by push with no page open."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.links import Site, in_a_browser, site, visitor, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.start()
        yield made


def test_R12_notices_by_mail_are_chosen_by_who_signs_in_and_only_by_them(browser: Browser, here: Site) -> None:
    """Nobody has an address where nobody signs in: the page says which setting names one. Else it goes to their own."""
    with visitor(browser) as nobody:
        page = nobody.new_page()
        page.goto(f"{here.url}/settings?part=notices")
        expect(page.get_by_text("HOMING_NOTICE_TO names addresses")).to_be_visible()
        expect(page.get_by_label("An import is done, paused or failed: Bell")).to_be_visible()
        expect(page.get_by_label("An import is done, paused or failed: E-mail")).to_have_count(0)
    found = re.search(r"(http\S+/link#\S+)", here.words())
    assert found is not None
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(found[1])
        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("E-mail").fill("ada@example.org")
        page.get_by_label("Password").first.fill("a long way home 7")
        page.get_by_role("button", name="Become the owner").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        page.goto(f"{here.url}/settings?part=notices")
        expect(page.get_by_role("columnheader", name="E-mail ada@example.org")).to_be_visible()
        box = page.get_by_label("An import is done, paused or failed: E-mail")
        expect(box).not_to_be_checked()
        with page.expect_response(lambda answer: answer.url.endswith("/notifications/choices") and answer.ok):
            box.click()
        page.reload()
        expect(box).to_be_checked()
        expect(page.get_by_label("An import is done, paused or failed: Push")).to_be_checked()


def test_R12_choices_are_kept_and_a_push_is_shown_with_no_page_open(browser: Browser, here: Site) -> None:
    """The push service of Chromium is played by the DevTools protocol: it wakes the service worker as the real one does."""
    with visitor(browser) as me, visitor(browser, width=390, scheme="dark") as other:
        me.grant_permissions(["notifications"], origin=here.url)
        page, second = me.new_page(), other.new_page()
        page.goto(f"{here.url}/settings?part=notices")
        box = page.get_by_label("An import is done, paused or failed: Bell")
        expect(box).to_be_checked()
        with page.expect_response(lambda answer: answer.url.endswith("/notifications/choices") and answer.ok):
            box.click()
        expect(box).not_to_be_checked()
        second.goto(f"{here.url}/settings?part=notices")
        expect(second.get_by_label("An import is done, paused or failed: Bell")).not_to_be_checked()
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        empty = me.new_page()
        wire = me.new_cdp_session(empty)
        found: list[str] = []
        wire.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: found.extend(each["registrationId"] for each in told["registrations"]),
        )
        wire.send("ServiceWorker.enable")
        empty.goto(f"{here.url}/healthz")  # the same origin, and no page of ours: the worker leaves it alone
        wait_for(lambda: empty.wait_for_timeout(50) or found)
        page.close()
        told = {"title": "'Spring' is completed", "body": "Nothing is open.", "url": "/campaigns/1", "tag": "9"}
        message = {"origin": here.url, "registrationId": found[0], "data": json.dumps(told)}
        wire.send("ServiceWorker.deliverPushMessage", message)
        shown = (
            "async () => (await (await navigator.serviceWorker.getRegistration()).getNotifications()).map(n => n.title)"
        )
        wait_for(lambda: empty.evaluate(shown) == ["'Spring' is completed"])
