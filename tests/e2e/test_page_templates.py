"""Templates and segments in a real Chromium: written, looked at as a contact would get it, brought back, used."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.links import Site, faults_of_access, in_a_browser, started, visitor

pytestmark = [in_a_browser, pytest.mark.e2e]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with started(tmp_path_factory.mktemp("site"), 12) as made:
        yield made


def test_a_template_is_written_looked_at_brought_back_and_used(browser: Browser, here: Site) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/templates")
        page.get_by_role("button", name="New template").first.click()
        page.get_by_label("Name").fill("Welcome")
        page.get_by_label("Subject").fill("Hello {{ name }}")
        page.get_by_role("radiogroup", name="Part of the message").get_by_text("HTML").click()
        page.get_by_label("HTML of the message").fill("<p>Dear {{ name }}</p><script>document.title='bad'</script>")
        page.get_by_label("Preview as this contact").fill("guest7@example.org")
        frame = page.frame_locator("[data-testid=preview]")
        expect(frame.get_by_text("Dear Guest 7")).to_be_visible()
        expect(page.get_by_test_id("envelope")).to_contain_text("Hello Guest 7")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("versions")).to_contain_text("1 now")
        page.get_by_label("HTML of the message").fill("<p>Dear {{ name")
        expect(page.get_by_test_id("wrong")).to_be_visible()
        page.reload()
        expect(page.get_by_label("HTML of the message")).to_have_value("<p>Dear {{ name")  # what is not saved is kept
        page.get_by_label("HTML of the message").fill("<p>Hi {{ name }}</p>")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("versions")).to_contain_text("2 now")
        page.get_by_role("button", name="Restore version 1").click()
        expect(page.get_by_test_id("versions")).to_contain_text("3 now")
        expect(page.get_by_label("HTML of the message")).to_have_value(
            "<p>Dear {{ name }}</p><script>document.title='bad'</script>"
        )
        page.get_by_role("button", name="Use in a campaign").click()
        expect(page.get_by_role("heading", level=1, name="Edit campaign")).to_be_visible()
        expect(page.get_by_label("Subject")).to_have_value("Hello {{ name }}")


MJML = """<mjml>
<mj-body>
  {% if name %}
  <mj-section>
    <mj-column><mj-text>Dear {{ name }}</mj-text></mj-column>
  </mj-section>
  {% endif %}
</mj-body>
</mjml>"""


def test_a_template_in_mjml_is_made_into_html_and_its_faults_are_told_by_line(browser: Browser, here: Site) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/templates/new")
        page.get_by_label("Name").fill("Laid out")
        page.get_by_label("Subject").fill("Hello {{ name }}")
        parts = page.get_by_role("radiogroup", name="Part of the message")
        parts.get_by_text("MJML").click()
        source = page.get_by_label("MJML of the message")
        source.fill(MJML.replace("<mj-column>", "<mj-colum>"))
        expect(page.get_by_test_id("wrong")).to_contain_text("line 5: there is no <mj-colum>")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert").filter(has_text="line 5")).to_be_visible()
        source.fill(MJML)
        expect(page.get_by_role("alert").filter(has_text="line 5")).to_have_count(0)
        page.get_by_label("Preview as this contact").fill("guest7@example.org")
        expect(page.frame_locator("[data-testid=preview]").get_by_text("Dear Guest 7")).to_be_visible()
        assert faults_of_access(page) == []
        if pictures := os.environ.get("HOMING_PICTURES"):
            page.screenshot(path=f"{pictures}/mjml-light.png", full_page=True)
            page.emulate_media(color_scheme="dark")
            page.set_viewport_size({"width": 390, "height": 844})
            page.screenshot(path=f"{pictures}/mjml-phone-dark.png", full_page=True)
            page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("versions")).to_contain_text("1 now")
        page.reload()
        expect(source).to_have_value(MJML)
        parts.get_by_text("HTML").click()
        expect(page.get_by_test_id("made")).to_be_visible()
        page.get_by_role("button", name="Use in a campaign").click()
        expect(page.get_by_role("heading", level=1, name="Edit campaign")).to_be_visible()
        expect(page.get_by_label("HTML of the message")).to_have_value(
            re.compile(r"<!doctype html>[\s\S]*Dear \{\{ name \}\}")
        )


def test_a_segment_is_explained_while_it_is_typed_and_becomes_an_audience(browser: Browser, here: Site) -> None:
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/contacts/segments/new")
        page.get_by_label("Name").fill("Tens")
        page.get_by_test_id("filter").fill('name = "Guest 1" or name = "Guest 10"')
        expect(page.get_by_test_id("found")).to_have_text("2 people")
        expect(page.get_by_test_id("answer")).to_contain_text("guest10@example.org")
        page.get_by_test_id("filter").fill('name = "Guest 1" nor')
        expect(page.get_by_text("at character 18")).to_be_visible()
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
        page.get_by_test_id("filter").fill('name starts with "Guest 1"')
        expect(page.get_by_test_id("found")).to_have_text("4 people")
        page.get_by_role("button", name="Save").click()
        row = page.locator("[data-segment=Tens]")
        expect(row).to_contain_text("4 people")
        row.get_by_role("button", name="More about Tens").click()
        page.get_by_role("menuitem", name="Write to them").click()
        expect(page.get_by_test_id("segment")).to_have_value("Tens")
        expect(page.get_by_test_id("tally")).to_contain_text("4 will get it")
