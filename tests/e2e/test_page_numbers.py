"""A number of the Cloud API in a real Chromium: what WhatsApp tells of it, only approved templates, the limit told before."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.composer import begin
from tests.e2e.links import Site, faults_of_access, in_a_browser, site, visitor, wait_for
from tests.whatsapp.cloud import NUMBER, TOKEN, WABA, Cloud, Orders, template

pytestmark = [in_a_browser, pytest.mark.e2e]
PEOPLE = 9
PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"as good as a picture"
LISTED = [
    template("offer", "Hello {{1}}, see you in {{2}}.", components=[{"type": "FOOTER", "text": "The shop"}]),
    template("late", "Soon", status="PENDING"),
    template(
        "shop",
        "We are here, {{1}}",
        components=[
            {"type": "HEADER", "format": "LOCATION"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "URL", "text": "Your offer", "url": "https://shop.example/{{1}}"},
                    {"type": "QUICK_REPLY", "text": "Not now"},
                ],
            },
        ],
    ),
    template("picture", "Look at this", components=[{"type": "HEADER", "format": "IMAGE"}]),
]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(Orders(templates=LISTED[1:2], tier="4", quality="YELLOW", reach=4)).running() as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, cloud: Cloud) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.homing("migrate")
        (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
        where = ["--endpoint-url", cloud.url, "--phone-number-id", NUMBER, "--waba-id", WABA]
        where += ["--probe", cloud.url.rpartition("/")[2], "--api-key-file", tmp_path / "token"]
        made.homing("sender", "add", "whatsapp_cloud", "--name", "Cloud", *where)
        rows = "".join(f"+9471100010{n},Guest {n},Galle\n" for n in range(1, PEOPLE + 1))
        (tmp_path / "people.csv").write_text("phone,name,city\n" + rows, encoding="utf-8")
        made.homing("contacts", "import", tmp_path / "people.csv", "--list", "all")
        made.start()
        yield made


def begin_approved(page: Page, here: Site, name: str) -> None:
    """A campaign to everybody whose approved template is being chosen."""
    begin(page, here, name, PEOPLE, whatsapp=True)
    page.get_by_text("Approved template", exact=True).click()
    page.get_by_test_id("approved").click()


def from_the_number(page: Page) -> None:
    page.get_by_placeholder("Choose one", exact=True).last.click()
    page.get_by_role("option", name="Cloud (whatsapp_cloud").click()


def test_R22_only_an_approved_template_is_offered_and_the_limit_is_told_before_the_start(
    browser: Browser, here: Site, cloud: Cloud
) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/senders")
        line = page.get_by_test_id("number")
        expect(line).to_contain_text("quality medium")
        expect(line).to_contain_text("4 people a day")
        expect(line).to_contain_text("0 approved templates")
        cloud.orders.templates = LISTED
        line.get_by_test_id("ask-whatsapp").click()
        expect(line).to_contain_text("3 approved templates")
        assert faults_of_access(page) == []

        begin_approved(page, here, "Offer")
        late = page.get_by_role("option", name="late (en): WhatsApp has not decided on it yet")
        expect(late).to_have_attribute("data-combobox-disabled", "true")
        page.get_by_role("option", name="offer (en)").click()
        page.get_by_label("Text: {{1}}").fill("{{ name }}")
        page.get_by_label("Text: {{2}}").fill("{{ city }}")
        expect(page.get_by_test_id("as-approved")).to_contain_text("see you in Galle.The shop")
        from_the_number(page)
        expect(page.get_by_test_id("reach")).to_contain_text("4 people a day at this limit; 3 days")
        expect(page.get_by_test_id("quality")).to_contain_text("medium")
        assert faults_of_access(page) == []
        send = page.get_by_test_id("send")
        expect(send).to_be_enabled()
        send.click()
        page.wait_for_function("() => !location.pathname.endsWith('/edit')")
        wait_for(lambda: len(cloud.people) == 4, seconds=60)
        expect(page.get_by_text("4 people in 24 hours")).to_be_visible()
        cloud.orders.reach = None
        cloud.orders.tier = "TIER_UNLIMITED"
        page.request.post(f"{here.url}/api/v1/senders/Cloud/account/refresh")
        wait_for(lambda: len(cloud.people) == PEOPLE, seconds=60)
    assert set(cloud.people.values()) == {1}
    assert cloud.over_reach == 0
    values = [each["text"] for each in cloud.bodies[0]["template"]["components"][0]["parameters"]]
    assert values[1] == "Galle"


def test_a_template_with_a_picture_in_its_header_asks_for_it(browser: Browser, here: Site, cloud: Cloud) -> None:
    cloud.orders.templates, cloud.orders.reach, cloud.orders.tier = LISTED, None, "TIER_UNLIMITED"
    with visitor(browser) as me:
        page = me.new_page()
        page.request.post(f"{here.url}/api/v1/senders/Cloud/account/refresh")
        begin_approved(page, here, "Look")
        page.get_by_role("option", name="picture (en)").click()
        from_the_number(page)
        expect(page.get_by_text("The template wants a picture in its header.")).to_be_visible()
        expect(page.get_by_test_id("send")).to_be_disabled()
        with page.expect_file_chooser() as chosen:
            page.get_by_test_id("header-file").get_by_role("button", name="A picture").click()
        chosen.value.set_files({"name": "sea.png", "mimeType": "image/png", "buffer": PICTURE})
        expect(page.get_by_test_id("file")).to_contain_text("sea.png")
        expect(page.get_by_test_id("bubble")).to_contain_text("sea.png")
        expect(page.get_by_test_id("as-approved")).to_contain_text("Look at this")
        assert faults_of_access(page) == []
        page.get_by_test_id("send").click()
        wait_for(lambda: len(cloud.people) == PEOPLE, seconds=60)
    assert [(mime, name) for mime, name, _ in cloud.files.values()] == [("image/png", "sea.png")]
    (media_id,) = cloud.files
    header = {"type": "header", "parameters": [{"type": "image", "image": {"id": media_id}}]}
    assert all(each["template"]["components"] == [header] for each in cloud.bodies)


def test_a_template_with_a_place_and_buttons_is_filled_on_the_page(browser: Browser, here: Site, cloud: Cloud) -> None:
    cloud.orders.templates, cloud.orders.reach, cloud.orders.tier = LISTED, None, "TIER_UNLIMITED"
    with visitor(browser) as me:
        page = me.new_page()
        page.request.post(f"{here.url}/api/v1/senders/Cloud/account/refresh")
        begin_approved(page, here, "Come")
        page.get_by_role("option", name="shop (en)").click()
        from_the_number(page)
        page.get_by_label("Place: latitude").fill("6.0329")
        page.get_by_label("Place: longitude").fill("80.2168")
        page.get_by_label("Place: name").fill("Fort")
        page.get_by_label("Text: {{1}}").fill("{{ name }}")
        page.get_by_label("Button: Your offer").fill("for/")
        page.get_by_role("button", name="Variables").click()
        page.get_by_role("menuitem", name="city", exact=True).click()
        expect(page.get_by_label("Button: Your offer")).to_have_value("for/{{ city }}")
        expect(page.get_by_test_id("pin")).to_contain_text("Fort")
        expect(page.get_by_test_id("as-approved")).to_contain_text("[ Your offer ] for/Galle[ Not now ]")
        assert faults_of_access(page) == []
        for scheme, width in (("light", 1280), ("dark", 1280), ("dark", 390)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
            page.set_viewport_size({"width": width, "height": 900})
            assert faults_of_access(page, colours_only=True) == []
            if os.environ.get("HOMING_PICTURES"):
                page.screenshot(path=f"{os.environ['HOMING_PICTURES']}/shop-{scheme}-{width}.png", full_page=True)
        page.get_by_test_id("send").click()
        wait_for(lambda: len(cloud.people) == PEOPLE, seconds=60)
    header, body, button = cloud.bodies[0]["template"]["components"]
    place = {"latitude": "6.0329", "longitude": "80.2168", "name": "Fort"}
    assert header == {"type": "header", "parameters": [{"type": "location", "location": place}]}
    assert body["parameters"][0]["text"].startswith("Guest")
    assert (button["index"], button["parameters"]) == ("0", [{"type": "text", "text": "for/Galle"}])
