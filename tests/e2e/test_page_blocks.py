"""A message of blocks in a real Chromium: put together, moved by pointer and by keys, undone, looked at, sent, received."""

import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.content.test_picture import picture
from tests.e2e.links import Site, faults_of_access, in_a_browser, started, visitor, wait_for
from tests.e2e.rig import LONG

pytestmark = [in_a_browser, pytest.mark.e2e]
PICTURES = os.environ.get("HOMING_PICTURES")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with started(tmp_path_factory.mktemp("site"), 12) as made:
        yield made


@contextlib.contextmanager
def inbox(here: Site) -> Iterator[str]:
    """`homing inbox` with a sender of the site's that leads to it, `box`; the address of its page."""
    command = [sys.executable, "-m", "homing", "inbox", "--smtp-port", "0", "--http-port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            host, _, port = told["smtp"].rpartition(":")
            account = {"host": host, "port": int(port), "tls": "none", "from": "Me <me@example.org>"}
            here.post("/senders", {"name": "box", "kind": "smtp", "probe": [told["smtp"]], **account})
            yield str(told["page"]).rstrip("/")
        finally:
            process.terminate()


def blocks_of(page: Page) -> list[str]:
    """What stands in the message, from top to bottom."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[data-list=message] > [data-block]')].map((each) => each.dataset.kind)"
    )
    return found


def block(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-block][data-kind={kind}]").first


def open_new(page: Page, here: Site, name: str) -> None:
    page.goto(f"{here.url}/templates/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Subject").fill("Offer for {{ name }}")
    page.get_by_role("button", name="Begin empty").click()
    expect(page.get_by_test_id("blocks")).to_be_visible()


def add(page: Page, kind: str) -> None:
    page.get_by_role("group", name="Add").get_by_role("button", name=kind, exact=True).click()


def test_a_message_of_blocks_arrives_as_it_was_put_together(browser: Browser, here: Site, tmp_path: Path) -> None:
    """Variable, picture and button: seen in the preview at each width, kept, sent as a test, and read at the receiving side."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture("PNG", (320, 80)))
    with inbox(here) as box, visitor(browser) as me:
        page = me.new_page()
        open_new(page, here, "Offer")
        block(page, "text").get_by_role("button").first.click()
        text = page.get_by_role("textbox", name="Text", exact=True)
        text.fill("Dear ")
        page.get_by_role("button", name="Variable into: Text").click()
        page.get_by_role("menuitem", name="name", exact=True).click()
        expect(text).to_have_value("Dear {{ name }}")
        text.press("End")
        text.press_sequentially(", good to have ")
        page.get_by_role("button", name="Strong").click()
        expect(text).to_have_value("Dear {{ name }}, good to have **words**")
        page.keyboard.type("you")  # what was put in is chosen, so it is written over
        expect(text).to_have_value("Dear {{ name }}, good to have **you**")
        add(page, "Picture")
        page.get_by_label("Files").set_input_files(logo)
        expect(page.get_by_test_id("medium")).to_have_count(1)
        page.get_by_role("button", name="Put into the message").click()
        page.get_by_label("What it shows").fill("Our logo")
        add(page, "Button")
        page.get_by_role("textbox", name="Words on it").fill("See the offer")
        expect(page.get_by_test_id("wrong")).to_contain_text("block 3: say where this button leads")
        page.get_by_role("button", name="Save").click()
        expect(block(page, "button").get_by_text("say where this button leads")).to_be_visible()
        page.get_by_label("Where it leads").fill("https://shop.example/for/{{ email }}")
        assert blocks_of(page) == ["text", "picture", "button", "footer"]
        page.get_by_label("Preview as this contact").fill("guest7@example.org")
        frame = page.frame_locator("[data-testid=preview]")
        expect(frame.get_by_text("Dear Guest 7, good to have you")).to_be_visible()
        expect(frame.get_by_role("link", name="See the offer")).to_have_attribute(
            "href", "https://shop.example/for/guest7@example.org"
        )
        widths = page.get_by_role("radiogroup", name="Preview on")
        for width, pixels in (("Phone", 375), ("Tablet", 600)):
            widths.get_by_text(width).click()
            wait_for(lambda pixels=pixels: box_of(page.get_by_test_id("preview")) <= pixels)
        widths.get_by_text("Desktop").click()
        shown = frame.get_by_role("img", name="Our logo")
        wait_for(
            lambda: shown.evaluate("image => image.naturalWidth") == 320
        )  # of the library: it loads without asking
        for width, scheme in ((390, "light"), (390, "dark"), (1280, "dark"), (1280, "light")):
            page.set_viewport_size({"width": width, "height": 1000})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
            block(page, "text").scroll_into_view_if_needed()
            assert faults_of_access(page) == []
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/blocks-{width}-{scheme}.png")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("versions")).to_contain_text("1 now")
        page.reload()
        expect(page.get_by_test_id("blocks")).to_be_visible()
        assert blocks_of(page) == ["text", "picture", "button", "footer"]
        page.get_by_role("button", name="Use in a campaign").click()
        expect(page.get_by_role("heading", level=1, name="Edit campaign")).to_be_visible()
        page.get_by_test_id("sender").click()
        page.get_by_role("option", name="box (").click()
        page.get_by_label("Send a test to").fill("guest7@example.org")
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_text("Handed over. Look into the mailbox.")).to_be_visible()
        mail = received(box)
    assert mail["Subject"] == "Offer for Guest 7"
    html, plain = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert plain is not None
    written = " ".join(html.get_content().split())
    for said in (
        "Dear Guest 7, good to have <strong>you</strong>",
        'alt="Our logo"',
        "/m/",
        "See the offer",
        "Unsubscribe",
    ):
        assert said in written, said
    assert "https://shop.example/for/guest7@example.org" in written
    words = " ".join(plain.get_content().split())
    for said in ("Dear Guest 7, good to have you", "See the offer", "https://shop.example/for/guest7@example.org"):
        assert said in words, said
    assert "{{" not in written + words


def box_of(of: Locator) -> float:
    found = of.bounding_box()
    return found["width"] if found else 0


def received(box: str) -> EmailMessage:
    """The only message of the inbox."""

    def numbers() -> list[int]:
        with urllib.request.urlopen(f"{box}/api/messages", timeout=LONG) as answer:
            return [each["id"] for each in json.loads(answer.read())["messages"]]

    wait_for(lambda: len(numbers()) == 1)
    with urllib.request.urlopen(f"{box}/messages/{numbers()[0]}/raw", timeout=LONG) as answer:
        return message_from_bytes(answer.read(), policy=policy.default)


def test_blocks_move_by_keys_and_by_pointer_and_everything_is_undone(browser: Browser, here: Site) -> None:
    """The button keeps the focus while its block moves, through columns and out again; a drag does the same; undo goes back."""
    with visitor(browser) as me:
        page = me.new_page()
        open_new(page, here, "Moved")
        block(page, "text").get_by_role("button").first.click()
        page.get_by_role("textbox", name="Text", exact=True).fill("First")
        add(page, "Heading")
        add(page, "Columns")
        assert blocks_of(page) == ["text", "heading", "columns", "footer"]
        sight = block(page, "heading").get_by_role("button").first
        sight.focus()
        page.keyboard.press("Enter")
        up = block(page, "heading").get_by_role("button", name="Move up")
        up.focus()
        page.keyboard.press("Enter")
        assert blocks_of(page) == ["heading", "text", "columns", "footer"]
        expect(up).to_be_focused()
        expect(page.get_by_role("status").filter(has_text="Heading: 1 of 4")).to_have_count(1)
        down = block(page, "heading").get_by_role("button", name="Move down")
        down.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.get_by_role("list", name="Left column").locator("[data-kind=heading]")).to_have_count(1)
        expect(down).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("list", name="Right column").locator("[data-kind=heading]")).to_have_count(1)
        assert faults_of_access(page) == []
        page.keyboard.press("Control+z")
        expect(page.get_by_role("list", name="Left column").locator("[data-kind=heading]")).to_have_count(1)
        page.get_by_role("button", name="Redo").click()
        expect(page.get_by_role("list", name="Right column").locator("[data-kind=heading]")).to_have_count(1)
        sight.click()  # closed, so that the blocks are as low as readers see them
        drag(page, block(page, "heading"), block(page, "text"))
        expect(page.get_by_role("list", name="Right column").locator("[data-kind=heading]")).to_have_count(0)
        assert blocks_of(page) == ["heading", "text", "columns", "footer"]
        block(page, "heading").get_by_role("button").first.click()
        page.get_by_role("button", name="Remove").click()
        assert blocks_of(page) == ["text", "columns", "footer"]
        undo = page.get_by_role("button", name="Undo")
        while undo.get_attribute("aria-disabled") != "true":
            undo.click()
        assert blocks_of(page) == ["text", "footer"]


def drag(page: Page, what: Locator, above: Locator) -> None:
    """By its grip, to the upper edge of another one."""
    what.hover()
    grip, to = what.locator(".block-grip").bounding_box(), above.bounding_box()
    assert grip is not None
    assert to is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(to["x"] + 40, to["y"] + to["height"], steps=4)
    page.mouse.move(to["x"] + 40, to["y"] + 3, steps=4)
    page.mouse.up()


def test_a_block_is_moved_by_finger_on_a_phone(browser: Browser, here: Site) -> None:
    """From its grip, without the page scrolling away under it; a finger that is lost puts nothing anywhere."""
    with visitor(browser, width=390) as me:
        page = me.new_page()
        hand = me.new_cdp_session(page)
        hand.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
        open_new(page, here, "Touched")
        add(page, "Heading")
        block(page, "heading").get_by_role("button").first.click()  # closed again
        block(page, "text").scroll_into_view_if_needed()
        assert blocks_of(page) == ["text", "heading", "footer"]
        for end, after in (
            ("touchCancel", ["text", "heading", "footer"]),
            ("touchEnd", ["heading", "text", "footer"]),
        ):
            grip, to = (
                each.bounding_box() for each in (block(page, "heading").locator(".block-grip"), block(page, "text"))
            )
            assert grip is not None
            assert to is not None
            scrolled = page.evaluate("() => window.scrollY")
            x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
            hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
            for step in range(1, 9):
                at = {"x": x + 3 * step, "y": y + (to["y"] + 3 - y) * step / 8}
                hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
            hand.send("Input.dispatchTouchEvent", {"type": end, "touchPoints": []})
            wait_for(lambda after=after: blocks_of(page) == after)
            assert page.evaluate("() => window.scrollY") == scrolled


def test_blocks_turn_into_MJML_once_somebody_says_so_and_a_version_brings_them_back(
    browser: Browser, here: Site
) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/templates/new?sample=welcome")
        expect(page.get_by_test_id("blocks")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("versions")).to_contain_text("1 now")
        parts = page.get_by_role("radiogroup", name="Part of the message")
        parts.get_by_text("MJML").click()
        page.get_by_role("button", name="Go on in MJML").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("It does not turn back into blocks")
        dialog.get_by_role("button", name="Go on in MJML").click()
        source = page.get_by_label("MJML of the message")
        expect(source).to_have_value(re.compile("<mj-button"))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("versions")).to_contain_text("2 now")
        parts.get_by_text("Blocks").click()
        expect(page.get_by_test_id("begin")).to_contain_text("This message is written in MJML")
        page.get_by_role("button", name="Restore version 1").click()
        expect(page.get_by_test_id("versions")).to_contain_text("3 now")
        expect(page.get_by_test_id("blocks")).to_be_visible()
        assert blocks_of(page) == ["heading", "text", "button", "footer"]
