"""Every screen by axe (WCAG 2.2 AA) in both themes and on two widths, and the main job by keyboard alone."""

import hashlib
import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import LONG, Site, faults_of_access, in_a_browser, site, visitor, wait_for
from tests.whatsapp.cloud import APP_SECRET, NUMBER, TOKEN, VERIFY, Cloud

pytestmark = [in_a_browser, pytest.mark.e2e]

NIMAL = "94711000501"
PICTURES = os.environ.get("HOMING_PICTURES")
"""A folder: screenshots of every screen are put there, for continuous integration and for the documentation."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One campaign of each kind: running with failures, paused, scheduled, draft, completed."""
    folder: Path = tmp_path_factory.mktemp("site")
    faults = ("--refuse-share", "0.2", "--fault", "rcpt=550 5.2.2 mailbox full*3")
    with Cloud().running() as cloud, site(folder, *faults) as made:
        made.invite(60, "--rate", "60/s")
        made.start()  # from here on by its API: a command is a process of its own, and there were a dozen
        made.done = written(made, "Welcome letter", send=True)
        made.chat = chat_of(made, cloud)
        made.imports = {stage: brought(made, stage) for stage in ("mapped", "checked", "asked", "done")}
        wait_for(lambda: made.campaign(made.done)["state"] == "completed", seconds=120)
        made.server.order(faults=["rcpt=550 5.2.2 mailbox full*3", "dot=accept-close*1"])
        ask(made, "PATCH", "/senders/out", {"rate": "10/s"})
        made.going = written(made, "Diwali offer", send=True)
        wait_for(lambda: made.campaign(made.going)["counts"]["sent"] > 12, seconds=60)
        ask(made, "PATCH", "/senders/out", {"rate": "6/m"})
        written(made, "Newsletter 12", send=True, start_at="2031-05-01T08:00:00Z")
        made.draft = written(made, "Price list")
        letter = {"name": "Welcome", "subject": "Hello {{ name }}", "html": "<p>Dear {{ name }}</p>"}
        made.template = made.post("/templates", letter)[1]["id"]
        made.post("/templates", {"name": "Blocks", "subject": "Hello {{ name }}", "design": {"blocks": BLOCKS}})
        made.post("/segments", {"name": "Everybody", "filter": "email is set"})
        yield made


BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "text": "Hello {{ name }}"},
    {"kind": "text", "text": "**Good** to have [you](https://example.org/).\n\n- one\n- two"},
    {"kind": "columns", "left": [{"kind": "text", "text": "Left"}], "right": [{"kind": "space"}, {"kind": "divider"}]},
    {"kind": "button", "text": "Look", "href": "https://example.org/"},
    {"kind": "footer", "text": "You get this because you signed up."},
]
"""Each kind of block that needs no picture."""


def ask(of: Site, method: str, path: str, body: Any) -> Any:
    """A request to the API."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{of.url}/api/v1{path}", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=LONG) as answer:
        return json.loads(answer.read())


def written(of: Site, name: str, *, send: bool = False, **more: Any) -> str:
    """A campaign to everybody, by `out`; its id."""
    letter = {"subject": "For {{ name }}", "text": "Hello {{ name }}, dear {{ email }}.\n" * 20, "stop_if_failed": 0}
    whom = {"audience": {"lists": ["all"]}, "senders": ["out"]}
    id_ = str(of.post("/campaigns", {"name": name, **letter, **whom, **more})[1]["id"])
    if send:
        of.post(f"/campaigns/{id_}/send")
    return id_


def chat_of(of: Site, cloud: Cloud) -> str:
    """A WhatsApp sender to whom somebody has written, and a draft to be sent by it; the draft's id."""
    account = {"api_key": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY, "phone_number_id": NUMBER}
    where = {"endpoint_url": cloud.url, "probe": [cloud.url.rpartition("/")[2]]}
    of.post("/senders", {"name": "phone", "kind": "whatsapp_cloud", **account, **where})
    of.post("/contacts", {"phone": f"+{NIMAL}", "name": "Nimal P."})
    cloud.hook = f"{of.url}/api/v1/hooks/whatsapp_cloud/phone"
    said = {"id": "wamid.1", "from": NIMAL, "timestamp": str(int(time.time())), "type": "text"}
    heard = {"metadata": {"phone_number_id": NUMBER}, "messages": [{**said, "text": {"body": "Is it still there?"}}]}
    assert cloud.say({"field": "messages", "value": heard}) == 200
    wait_for(lambda: seen(f"{of.url}/api/v1/conversations")["items"], seconds=60)
    draft = {"name": "Evening offer", "channel": "whatsapp", "senders": ["phone"], "text": "Hello {{ name }}, tonight."}
    return str(of.post("/campaigns", draft)[1]["id"])


def brought(of: Site, stage: str) -> str:
    """An import of one file that has come as far as that; its id."""
    rows = (
        "email,name,city\n" + "".join(f"{stage}{n}@example.org,Guest {n},Colombo\n" for n in range(8)) + "nobody,X,Y\n"
    )
    content = rows.encode()
    body = {"fileName": f"{stage}.csv", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    id_ = str(of.post("/imports", body)[1]["importId"])
    url, headers = f"{of.url}/api/v1/imports/{id_}", {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/file", content, headers, method="PUT"), timeout=LONG).close()
    if stage == "mapped":
        return id_
    of.post(f"/imports/{id_}/mapping", {"list": stage, "replaceAll": stage == "asked"})
    wait_for(lambda: seen(url)["stage"] == "checked", seconds=60)
    if stage != "checked":
        of.post(f"/imports/{id_}/start")
        wait_for(lambda: seen(url)["state"] in ("completed", "paused"), seconds=60)
    return id_


def seen(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=LONG) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def screens(here: Site) -> dict[str, tuple[str, str]]:
    """Each screen by a name: its path, and what its heading says once it is there."""
    return {
        "home": ("/", "Home"),
        "campaigns": ("/campaigns", "Campaigns"),
        "live": (f"/campaigns/{here.going}", "Diwali offer"),
        "uncertain": (f"/campaigns/{here.going}?show=uncertain", "Diwali offer"),
        "finished": (f"/campaigns/{here.done}", "Welcome letter"),
        "log": (f"/campaigns/{here.done}?show=log", "Welcome letter"),
        "composer": (f"/campaigns/{here.draft}/edit", "Edit campaign"),
        "composer-whatsapp": (f"/campaigns/{here.chat}/edit", "Edit campaign"),
        "conversations": ("/conversations", "Conversations"),
        "conversation": (f"/conversations/+{NIMAL}", "Nimal P."),
        "contacts": ("/contacts", "Contacts"),
        "contact": ("/contacts/guest1@example.org", "Guest 1"),
        "recurring": ("/campaigns/recurring", "Recurring campaigns"),
        "imports": ("/imports", "Imports"),
        "import": ("/imports/new", "Import contacts"),
        **{f"import-{stage}": (f"/imports/{id_}", f"{stage}.csv") for stage, id_ in here.imports.items()},
        "segments": ("/contacts/segments", "Segments"),
        "segment": ("/contacts/segments/new", "New segment"),
        "templates": ("/templates", "Templates"),
        "template": (f"/templates/{here.template}", "Welcome"),
        "template-new": ("/templates/new", "New template"),
        "template-blocks": ("/templates/Blocks", "Blocks"),
        "media": ("/media", "Media"),
        "senders": ("/senders", "Senders"),
        "settings": ("/settings", "Settings"),
        "notices": ("/settings?part=notices", "Settings"),
        "tokens": ("/settings?part=tokens", "Settings"),
        "workspaces": ("/settings?part=workspaces", "Settings"),
        "nowhere": ("/nowhere", "There is no such page"),
    }


def test_R6_what_runs_stays_in_the_bar_on_every_screen(browser: Browser, here: Site) -> None:
    """R6: on whichever screen a person works, the bar names the campaign, moves with it, and pauses it."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{here.going}")
        player, told = page.get_by_test_id("player"), page.get_by_test_id("player-count")
        expect(player).to_contain_text("Diwali offer")
        first = told.inner_text()
        for place in ("Home", "Campaigns", "Contacts", "Imports", "Senders", "Settings"):
            page.get_by_role("navigation").get_by_role("link", name=place, exact=True).click()
            expect(page.get_by_role("heading", level=1, name=place)).to_be_visible()
            expect(player).to_contain_text("Diwali offer")
        expect(told).not_to_have_text(first)
        player.get_by_role("button", name="Pause Diwali offer").click()
        wait_for(lambda: here.campaign(here.going)["state"] == "paused")
        player.get_by_role("button", name="Resume Diwali offer").click()
        wait_for(lambda: here.campaign(here.going)["state"] == "sending")


LOOKS = [(1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")]


def test_no_screen_has_a_fault_of_access(browser: Browser, here: Site) -> None:
    """One page walks through all screens as the navigation does, and is looked at where it stands in every width and scheme."""
    found = []
    with visitor(browser) as me:
        page = me.new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(here.url)
        expect(page.get_by_test_id("pill").first).to_have_text("Live")
        for name, (path, heading) in screens(here).items():
            go(page, path, heading)
            for place, (width, scheme) in enumerate(LOOKS):
                page.set_viewport_size({"width": width, "height": 844 if width < 500 else 900})
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
                page.evaluate(QUIET, 50)
                again = place % 2 == 1  # the same page in the same width: only its colours are others
                found += [f"{name} {width} {scheme}: {fault}" for fault in faults_of_access(page, colours_only=again)]
                across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if across > 1:
                    found.append(f"{name} {width} {scheme}: scrolls sideways by {across} px")
                if PICTURES:
                    page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png")
    assert not found, "\n".join(found)


QUIET = """(still = 120) => new Promise((done) => {
    const end = setTimeout(finish, 3000);  // what never rests (a rate, a countdown) is looked at as it is
    let calm = setTimeout(finish, still);
    const watch = new MutationObserver(() => { clearTimeout(calm); calm = setTimeout(finish, still); });
    function finish() {
        if (document.querySelector('[aria-busy=true]') && performance.now() < limit) { calm = setTimeout(finish, 50); return; }
        watch.disconnect(); clearTimeout(end); clearTimeout(calm); done();
    }
    const limit = performance.now() + 20000;
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
})"""
"""Until nothing is loaded any more and the page has stood still for so many milliseconds."""


def go(page: Page, path: str, heading: str) -> None:
    """To a screen without loading the page anew."""
    page.evaluate("path => history.pushState(null, '', path)", path)
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    page.evaluate(QUIET)


def test_the_main_job_by_keyboard_alone(browser: Browser, here: Site) -> None:
    """From anywhere to a campaign by the palette, pause and resume by one key, back out by Escape."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/contacts")
        expect(page.get_by_test_id("pill")).to_have_text("Live")
        opened = page.get_by_role("dialog")
        wait_for(lambda: (page.keyboard.press("Control+k"), opened.count())[1])  # the keys are loaded after the screen
        expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
        page.keyboard.type("diwali")
        expect(page.get_by_role("dialog").get_by_role("link", name="Diwali offer")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("state")).to_contain_text("Sending")
        page.keyboard.press("p")
        expect(page.get_by_test_id("state")).to_contain_text("Paused")
        page.keyboard.press("p")
        expect(page.get_by_test_id("state")).to_contain_text("Sending")
        page.keyboard.press("Shift+?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body")


def test_R8_a_recipient_tells_what_happened_and_a_contact_tells_it_over_all_campaigns(
    browser: Browser, here: Site
) -> None:
    """The three whose mailbox was full: the attempt, the provider's words, and the way on to the contact's other messages."""
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{here.done}?show=failed")
        page.get_by_role("button", name="Show", exact=True).first.click()
        row = page.get_by_role("region", name="Recipients").get_by_role("button").first
        address = row.inner_text()
        row.click()
        told = page.get_by_test_id("happened")
        expect(told).to_contain_text("Attempt 1:")
        expect(told).to_contain_text("by out")
        expect(told).to_contain_text(re.compile("55[0-9]"))
        page.keyboard.press("Escape")
        expect(told).to_have_count(0)
        page.goto(f"{here.url}/contacts/{address}")
        messages = page.get_by_role("region", name="Messages")
        expect(messages.get_by_role("link", name="Welcome letter")).to_be_visible()
        messages.get_by_role("row", name="Welcome letter").get_by_role("button").click()
        expect(page.get_by_test_id("happened")).to_contain_text("Attempt 1:")
