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


CONTRAST = """(element) => {
    const light = (of) => {
        const [r, g, b] = of.match(/[\\d.]+/g).map((each) => each / 255)
            .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const around = element.closest('.mantine-Notification-root');
    const pair = [light(getComputedStyle(element).color), light(getComputedStyle(around).backgroundColor)];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_lines_of_a_toast_can_be_read(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1. A sender in use is not taken out, and the toast says why."""
    with started(tmp_path, 3) as here:
        here.send("--name", "Diwali offer", "--at", "2099-01-01T00:00:00")
        with visitor(browser, scheme=scheme) as me:
            page = me.new_page()
            page.goto(f"{here.url}/senders")
            page.get_by_role("button", name="More about out").click()
            page.get_by_role("menuitem", name="Take out of use").click()
            toast = page.locator(".mantine-Notification-root")
            expect(toast).to_contain_text("Not removed")
            for part in ("title", "description"):
                assert toast.locator(f".mantine-Notification-{part}").evaluate(CONTRAST) >= 4.5
