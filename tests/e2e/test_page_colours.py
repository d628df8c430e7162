"""Light and dark: how the page turns from one to the other, and that colours are measured where they come to rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.links import Site, faults_of_access, in_a_browser, started, visitor

pytestmark = [in_a_browser, pytest.mark.e2e]

TURNING = """() => new Promise((done) => {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', async () => {
        const seen = [];
        for (let frame = 0; frame < 6; frame += 1) {
            await new Promise(requestAnimationFrame);
            const fading = document.getAnimations().filter((each) => each instanceof CSSTransition);
            seen.push(...fading.map((each) => `${each.transitionProperty} of ${each.effect.target.className}`));
        }
        const turns = document.documentElement.hasAttribute('data-scheme-turns');
        window.turned = { seen, turns, scheme: document.documentElement.getAttribute('data-mantine-color-scheme') };
    });
    done();
})"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with started(tmp_path) as made:
        yield made


def test_all_colours_turn_at_once_when_the_system_turns_dark(browser: Browser, here: Site) -> None:
    """No text fades on a ground that has turned already; afterwards what fades fades again."""
    draft = here.post("/campaigns", {"name": "Draft", "subject": "Hello", "text": "Hello"})[1]["id"]
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/campaigns/{draft}/edit")
        choice = page.get_by_role("radiogroup", name="Part of the message")
        expect(choice).to_be_visible()  # its words fade, its ground does not
        page.evaluate(TURNING)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("() => window.turned")
        assert page.evaluate("() => window.turned") == {"seen": [], "turns": False, "scheme": "dark"}
        fades = "el => getComputedStyle(el).transitionDuration"
        assert choice.locator("label").first.evaluate(fades) not in ("0s", "")


LETTERS = """<!doctype html><html lang="en" data-mantine-color-scheme="light"><head><title>Letters</title><style>
    body {{ background: #fff; color: #000; }} p {{ color: {light}; transition: color 300ms; }}
    [data-mantine-color-scheme=dark] body {{ background: #1f1f1f; color: #fff; }}
    [data-mantine-color-scheme=dark] p {{ color: {dark}; }}
</style></head><body><main><h1>Letters</h1><p>Some words</p></main><script>
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => setTimeout(() => {{
        document.documentElement.setAttribute('data-mantine-color-scheme', event.matches ? 'dark' : 'light');
    }}, 200));
</script></body></html>"""
"""A page that hears late of another scheme, and whose words fade while their ground does not."""


@pytest.fixture
def letters(browser: Browser) -> Iterator[Page]:
    with visitor(browser) as me:
        yield me.new_page()


def test_words_are_measured_as_they_stay_and_not_on_their_way(letters: Page) -> None:
    letters.set_content(LETTERS.format(light="#495057", dark="#dddddd"))
    assert faults_of_access(letters) == []
    letters.emulate_media(color_scheme="dark")
    assert faults_of_access(letters, colours_only=True) == []


def test_words_that_stay_too_faint_are_told_however_late_they_come(letters: Page) -> None:
    """The wait hides nothing: these can be read in light, on their way, and not where they stay."""
    letters.set_content(LETTERS.format(light="#495057", dark="#4a4f55"))
    assert faults_of_access(letters) == []
    letters.emulate_media(color_scheme="dark")
    assert [fault.partition(":")[0] for fault in faults_of_access(letters, colours_only=True)] == ["color-contrast"]
