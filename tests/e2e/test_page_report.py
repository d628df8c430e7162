"""What is counted is chosen in the composer, an error of the check can be overridden, and the end tells what came of it."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.links import Site, faults_of_access, in_a_browser, site, visitor, wait_for

pytestmark = [in_a_browser, pytest.mark.e2e]
LETTER = {
    "name": "Spring",
    "subject": "News",
    "html": '<p>Hi, <a href="https://shop.example/a">look</a> and <a href="/b">here</a></p>',  # the second leads nowhere
    "audience": {"all": True},
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as made:
        made.invite(12, "--pacing", "off")
        made.start()
        yield made


def asked(here: Site, route: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    wish = urllib.request.Request(f"{here.url}/api/v1{route}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(wish, timeout=30) as answer:
        return json.loads(answer.read())


def test_counting_is_chosen_an_error_is_overridden_and_the_report_tells_the_end(browser: Browser, here: Site) -> None:
    sender = asked(here, "/senders")["items"][0]["name"]
    id_ = asked(here, "/campaigns", {**LETTER, "senders": [sender]})["id"]
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{id_}/edit")
        opens = page.get_by_role("checkbox", name="Count opens")
        expect(opens).not_to_be_checked()
        page.get_by_role("checkbox", name="Count clicks").check()
        wait_for(lambda: here.campaign(id_)["tracking"] == {"opens": False, "clicks": True})
        page.get_by_test_id("send").click()
        refused = page.get_by_test_id("refused")
        expect(refused).to_contain_text("was not started")
        expect(refused).to_contain_text("/b")
        assert here.campaign(id_)["state"] == "draft"
        assert not here.copies()
        refused.get_by_role("button", name="Start anyway").click()
        page.wait_for_url(f"**/campaigns/{id_}")
        wait_for(lambda: here.campaign(id_)["state"] == "completed")
        here.check_once(id_, 12)
        page.get_by_role("tab", name="Report").click()
        expect(page.get_by_test_id("report-sent")).to_contain_text("12")
        expect(page.get_by_test_id("report-clicked")).to_contain_text("0")
        expect(page.get_by_test_id("report-opened")).to_have_count(0)
        report = page.get_by_test_id("report")
        expect(report.get_by_role("heading", name="By domain")).to_be_visible()
        expect(report.get_by_role("row", name="example.org 12")).to_be_visible()
        expect(report.get_by_role("heading", name="Over time")).to_be_visible()
        assert faults_of_access(page) == []
        page.reload()
        expect(page.get_by_test_id("report-sent")).to_contain_text("12")


def test_without_counting_the_report_says_that_nothing_was_counted(browser: Browser, here: Site) -> None:
    id_ = here.send("--name", "Plain")
    wait_for(lambda: here.campaign(id_)["state"] == "completed")
    with visitor(browser, width=390) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{id_}?show=report")
        expect(page.get_by_test_id("report-sent")).to_contain_text("12")
        expect(page.get_by_test_id("report")).to_contain_text("Opens and clicks were not counted")
        expect(page.get_by_test_id("report-clicked")).to_have_count(0)
