"""Every way to cut page and server apart that the founding example does not try: frozen, eight tabs, proxies, plain http."""

import re
import signal
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from tests.e2e.links import Site, chromium, counter, in_a_browser, pill, site, visitor, wait_for
from tests.e2e.proxy import proxy

pytestmark = [in_a_browser, pytest.mark.e2e]
NAME = "homing.lan"  # a name in the local network: no https, and not localhost


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as found:
        yield found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A long campaign that runs through all tests of this file."""
    with site(tmp_path_factory.mktemp("site")) as made:
        made.invite(3000, "--rate", "4/s")
        made.start()
        made.going = made.send("--name", "Diwali offer")
        yield made


class Streams:
    """The event lines that a browser holds open now."""

    def __init__(self, context: BrowserContext) -> None:
        self._begun: list[Request] = []
        context.on("request", self._began)
        context.on("requestfailed", self._ended)
        context.on("requestfinished", self._ended)

    def _began(self, request: Request) -> None:
        if request.resource_type == "eventsource":
            self._begun.append(request)

    def _ended(self, request: Request) -> None:
        self._begun = [each for each in self._begun if each is not request]

    @property
    def open(self) -> int:
        """Those of closed pages are over, though nothing tells it."""
        return sum(not each.frame.page.is_closed() for each in self._begun)


def test_R1_a_frozen_server_is_told_from_a_dead_one_and_nothing_is_missed(browser: Browser, here: Site) -> None:
    """FREEZE: the connection stands, nothing comes. Row 1: red within 7 s on a quiet machine."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{here.going}")
        expect(page.get_by_test_id("state")).to_contain_text("Sending")
        wait_for(lambda: counter(page, "sent") > 2)
        here.signal(signal.SIGSTOP)
        try:
            frozen = time.monotonic()
            lost = page.get_by_test_id("banner-lost")
            expect(lost).to_contain_text("Connection Lost", timeout=30_000)
            assert time.monotonic() - frozen < 20
            expect(lost).to_contain_text("does not answer")
            assert pill(page) == "Offline"
            expect(page.get_by_test_id("rate")).to_have_text("-", timeout=10_000)
        finally:
            here.signal(signal.SIGCONT)
        expect(page.get_by_test_id("banner-restored")).to_contain_text("none missed", timeout=90_000)
        held = counter(page, "sent")
        wait_for(lambda: counter(page, "sent") > held)
    assert max(here.copies().values()) == 1


def test_R6_the_player_goes_along_on_every_screen_and_turns_red_on_a_phone(browser: Browser, here: Site) -> None:
    """Rows 7 and 8: it moves on six screens, and says Offline in 390 pixels too."""
    with visitor(browser) as me, visitor(browser, width=390, scheme="dark") as phone:
        page, small = me.new_page(), phone.new_page()
        seen: list[str] = []
        for path in ("/", "/campaigns", "/contacts", "/media", "/senders", "/settings"):
            page.goto(f"{here.url}{path}")
            player = page.get_by_test_id("player")
            expect(player).to_contain_text("/3,000")
            expect(player).not_to_contain_text(seen[-1] if seen else "no such words")
            seen.append(re.findall(r"[\d,]+/3,000", player.inner_text())[0])
        small.goto(f"{here.url}/contacts")
        expect(small.get_by_test_id("player")).to_contain_text("/3,000")
        phone.set_offline(True)
        expect(small.get_by_test_id("player")).to_contain_text("Offline")
        assert pill(small) == "Offline"


def test_eight_tabs_hold_one_event_line_and_the_next_leads_when_the_first_closes(browser: Browser, here: Site) -> None:
    """HTTP/1.1 gives a browser six connections: with a line a tab the seventh would never be live."""
    with visitor(browser) as me:
        streams = Streams(me)
        pages = [me.new_page() for _ in range(8)]
        for page in pages:
            page.goto(f"{here.url}/campaigns/{here.going}")
        for page in pages:
            expect(page.get_by_test_id("pill")).to_have_text("Live", timeout=90_000)
            expect(page.get_by_test_id("state")).to_contain_text("Sending", timeout=90_000)
        wait_for(lambda: pages[7].wait_for_timeout(50) or streams.open == 1)
        pages[0].close()
        for page in pages[1:3]:
            before = counter(page, "sent")
            wait_for(lambda page=page, before=before: counter(page, "sent") > before)  # type: ignore[misc]  # bound at once
            assert pill(page) == "Live"
        wait_for(lambda: pages[7].wait_for_timeout(50) or streams.open == 1)
        assert pages[7].evaluate("async () => (await fetch('/healthz')).status") == 200


def test_two_devices_write_at_once_and_the_second_is_asked(browser: Browser, here: Site) -> None:
    """DEV2: nobody's words are overwritten silently."""
    draft = here.send("--name", "Price list", "--draft")
    with visitor(browser) as me, visitor(browser, width=390) as other:
        page, second = me.new_page(), other.new_page()
        for each in (page, second):
            each.goto(f"{here.url}/campaigns/{draft}/edit")
            expect(each.get_by_label("Subject")).to_have_value("For {{ name }}")
        with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
            page.get_by_label("Subject").fill("From the first")
        second.get_by_label("Subject").fill("From the second")
        expect(second.get_by_text(re.compile("another device|somebody", re.IGNORECASE)).first).to_be_visible(
            timeout=20_000
        )
        assert here.campaign(draft)["subject"] == "From the first"


def test_a_proxy_that_buffers_streams_costs_nothing_but_the_stream(browser: Browser, here: Site) -> None:
    """No hello within 3 s: the page asks instead, says so, and stays live."""
    with proxy(here.port, buffers=True) as port, visitor(browser) as me:
        page = me.new_page()
        page.goto(f"http://127.0.0.1:{port}/campaigns/{here.going}")
        expect(page.get_by_test_id("pill")).to_have_text("Live", timeout=90_000)
        before = counter(page, "sent")
        wait_for(lambda: counter(page, "sent") > before)
        page.goto(f"http://127.0.0.1:{port}/settings")
        expect(page.get_by_text("holds streams back")).to_be_visible(timeout=90_000)


def test_plain_http_on_a_name_of_the_network_is_live_and_says_what_it_lacks(browser: Browser, here: Site) -> None:
    with proxy(here.port, buffers=False) as port, visitor(browser) as me:
        page = me.new_page()
        page.goto(f"http://{NAME}:{port}/campaigns/{here.going}")
        assert page.evaluate("isSecureContext") is False
        expect(page.get_by_test_id("pill")).to_have_text("Live", timeout=90_000)
        before = counter(page, "sent")
        wait_for(lambda: counter(page, "sent") > before)
        page.get_by_test_id("pill").focus()
        expect(page.get_by_role("tooltip")).to_contain_text("Limited: no https")
        page.goto(f"http://{NAME}:{port}/settings")
        expect(page.get_by_text("Limited: no https")).to_be_visible()
        expect(page.get_by_text("they need https or localhost")).to_be_visible()
