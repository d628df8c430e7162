"""The page in languages two fifths longer than English, from left to right and from right to left (ui/src/words/invented.ts)."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, in_a_browser, visitor
from tests.e2e.screens import QUIET, one_of_each, screens

pytestmark = [in_a_browser, pytest.mark.e2e]

PICTURES = os.environ.get("HOMING_PICTURES")
"""A folder: screenshots of every screen are put there."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One campaign of each kind: running with failures, paused, scheduled, draft, completed."""
    with one_of_each(tmp_path_factory.mktemp("site")) as made:
        yield made


CUT = """() => {
    const called = (one) => `${/mantine-[A-Z][a-z]+/.exec(one.className)} "${one.innerText.trim()}"`;
    const within = (one) => one.closest('.scroll, [role=tablist], nav');  // these scroll by themselves, or come by a click
    const pills = [...document.querySelectorAll('.mantine-Badge-root, .mantine-Badge-label, .mantine-Button-label, '
        + '.mantine-SegmentedControl-root, .mantine-SegmentedControl-label, nav a')]
        .filter((one) => one.checkVisibility());
    const short = pills.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => `is cut: ${called(one)}`);
    const out = pills.filter((one) => !within(one))
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
        .map((one) => `stands out: ${called(one)}`);
    const page = document.documentElement;
    const across = page.scrollWidth - page.clientWidth;
    return [...short, ...out, ...(across > 1 ? [`scrolls sideways by ${across} px`] : [])];
}"""
"""Pills and buttons whose words do not fit into them, or that stand outside of the page; and how far it scrolls sideways."""


@pytest.mark.parametrize(("language", "direction"), [("en-XA", "ltr"), ("ar-XB", "rtl")])
def test_longer_words_are_neither_cut_nor_make_the_page_scroll_sideways(
    browser: Browser, here: Site, language: str, direction: str
) -> None:
    """On every screen, on a phone and on a desk. The words are those of the catalogues: a translation meets the same."""
    found = []
    with visitor(browser, language=language) as me:
        page = me.new_page()
        page.emulate_media(reduced_motion="reduce")
        for name, (path, _) in screens(here).items():
            opened(page, f"{here.url}{path}")
            told = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
            assert told == [language, direction]
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 844 if width < 500 else 900})
                page.evaluate(QUIET, 50)
                found += [f"{name} {width}: {fault}" for fault in page.evaluate(CUT)]
                if PICTURES:
                    page.screenshot(path=f"{PICTURES}/{name}-{width}-{language}.png")
    assert not found, "\n".join(found)


def opened(page: Page, url: str) -> None:
    """A screen, loaded anew: its heading is in no language that a test could know."""
    page.goto(url)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    page.evaluate(QUIET, 300)  # loaded anew, a screen pauses between its parts
