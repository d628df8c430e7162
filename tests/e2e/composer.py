"""What tests of the composer begin with."""

from playwright.sync_api import Page, expect

from tests.e2e.links import Site


def begin(page: Page, here: Site, name: str, people: int, *, whatsapp: bool = False) -> None:
    """A new campaign to all of so many people, in the composer; nothing is written yet."""
    page.goto(f"{here.url}/campaigns/new{'?channel=whatsapp' if whatsapp else ''}")
    page.get_by_label("Name of the campaign").fill(name)
    page.wait_for_url("**/edit")  # the draft is kept, under the hands of who writes it
    expect(page.get_by_label("Name of the campaign")).to_be_focused()
    if whatsapp:
        page.get_by_text("WhatsApp", exact=True).first.click()
    page.get_by_test_id("lists").click()
    page.get_by_role("option", name=f"all ({people})").click()
    page.keyboard.press("Escape")
