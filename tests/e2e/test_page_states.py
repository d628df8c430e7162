"""What a screen shows with nothing in it, while it loads, refused, and cut off: never a blank, always a way on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.links import Site, in_a_browser, pill, started, visitor

pytestmark = [in_a_browser, pytest.mark.e2e]

EMPTY = {
    "/": "Home",
    "/campaigns": "Campaigns",
    "/campaigns/recurring": "Recurring campaigns",
    "/conversations": "Conversations",
    "/contacts": "Contacts",
    "/contacts/segments": "Segments",
    "/imports": "Imports",
    "/templates": "Templates",
    "/media": "Media",
    "/senders": "Senders",
    "/settings?part=people": "Settings",
    "/settings?part=tokens": "Settings",
}
"""Screens that may have nothing in them, with their headings."""
ASKED = {path: heading for path, heading in EMPTY.items() if path not in ("/", "/campaigns", "/imports")}
"""Screens that ask the server for what they show; two live off the event line, and imports are asked for by the frame."""
FRAME = ("events", "me", "login", "attend", "status", "workspaces")
"""What the frame around every screen asks for."""
REFUSED = "The ledger is out of reach."
AWAY = "Nothing to show while the server is away"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with started(tmp_path_factory.mktemp("site")) as made:
        yield made


def go(page: Page, path: str, heading: str) -> None:
    """To a screen as the navigation goes there: nothing is loaded anew."""
    page.evaluate("path => history.pushState(null, '', path)", path)
    expect(page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()


def ready(page: Page, here: Site) -> None:
    page.goto(f"{here.url}/settings")  # it asks for nothing that another screen shows
    expect(page.get_by_test_id("pill")).to_have_text("Live")


def of_the_screen(url: str) -> bool:
    """Whether a screen asks for it, and not the frame."""
    return url.partition("/api/v1/")[2].partition("?")[0].partition("/")[0] not in FRAME


class Between:
    """Stands between page and server: lets a screen's questions through, holds them, or refuses them with 503."""

    def __init__(self, page: Page) -> None:
        self._held = list[Route]()
        self._does = "through"
        page.route("**/api/v1/**", self._meet)

    def hold(self) -> None:
        self._does = "hold"

    def refuse(self) -> None:
        self._does = "refuse"
        while self._held:
            self._meet(self._held.pop())

    def let_through(self) -> None:
        self._does = "through"

    def _meet(self, route: Route) -> None:
        if self._does == "through" or not of_the_screen(route.request.url):
            route.continue_()
        elif self._does == "hold":
            self._held.append(route)
        else:
            problem = {"title": "Not now", "status": 503, "code": "unreachable", "detail": REFUSED}
            route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))


def test_nothing_yet_is_said_with_a_way_on(browser: Browser, here: Site) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        ready(page, here)
        for path, heading in EMPTY.items():
            go(page, path, heading)
            expect(page.locator(".empty").first, path).to_be_visible()


def test_what_loads_has_its_shape_and_what_is_refused_says_so_with_a_button(browser: Browser, here: Site) -> None:
    """The server keeps silent: a skeleton. It answers 503: what, why, and `Try again`, which shows the screen once it can."""
    for path, heading in ASKED.items():
        with visitor(browser) as me:
            page = me.new_page()
            ready(page, here)
            between = Between(page)
            between.hold()
            go(page, path, heading)
            expect(page.locator("main [aria-busy=true]").first, f"{path} loads").to_be_visible()
            between.refuse()
            trouble = page.get_by_role("main").get_by_role("status").filter(has_text=REFUSED)
            expect(trouble.first, f"{path} refused").to_be_visible()
            between.let_through()
            trouble.first.get_by_role("button", name="Try again").click()
            expect(trouble, f"{path} again").to_have_count(0)


SEEN = {
    "/": ("Home", "Price list"),
    "/campaigns": ("Campaigns", "Price list"),
    "/contacts": ("Contacts", "guest1@example.org"),
    "/contacts/segments": ("Segments", "Those with a name"),
    "/imports": ("Imports", "people.csv"),
    "/templates": ("Templates", "Welcome"),
    "/senders": ("Senders", "out"),
}


def test_cut_off_what_was_seen_stays_and_what_was_not_says_why(browser: Browser, tmp_path: Path) -> None:
    with started(tmp_path, 2) as site, visitor(browser) as me, visitor(browser) as other:
        site.send("--name", "Price list", "--draft")
        site.post("/segments", {"name": "Those with a name", "filter": "name is set"})
        site.post("/templates", {"name": "Welcome", "subject": "Hello", "text": "Hello"})
        page, fresh = me.new_page(), other.new_page()
        for each in (page, fresh):
            ready(each, site)
            each.wait_for_function("() => navigator.serviceWorker.controller !== null")
        for path, (heading, words) in SEEN.items():
            go(page, path, heading)
            expect(page.get_by_role("main").get_by_text(words).first, path).to_be_visible()
        for context in (me, other):
            context.set_offline(True)
        for path, (heading, words) in SEEN.items():
            go(page, path, heading)
            assert pill(page) == "Offline"
            expect(page.get_by_role("main").get_by_text(words).first, f"{path} as it was").to_be_visible()
        for path, heading in ASKED.items():
            go(fresh, path, heading)
            expect(fresh.get_by_role("main").get_by_text(AWAY).first, f"{path} says why").to_be_visible()
