"""The import wizard in a real Chromium: a file that the line, the server and the page itself are taken from on its way."""

import json
import re
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from homing.store.turnstile import Turnstile
from tests.e2e.links import LONG, Site, in_a_browser, started, visitor, wait_for

pytestmark = in_a_browser


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with started(tmp_path) as made:
        yield made


def ask(of: Site, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{of.url}/api/v1{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=LONG) as answer:
        return json.loads(answer.read())


def known(of: Site) -> int:
    """How many contacts there are, counted in the ledger."""
    with sqlite3.connect(of.data / "homing.db", timeout=60) as base:
        return int(base.execute("SELECT count(*) FROM contact WHERE removed_at IS NULL").fetchone()[0])


def choose(page: Page, of: Site, path: Path | dict[str, Any]) -> None:
    page.goto(f"{of.url}/imports/new")
    page.get_by_label("File with contacts").set_input_files(path)  # type: ignore[arg-type]  # a file of its own making


def csv(folder: Path, name: str, rows: int, more: str = "") -> Path:
    path = folder / name
    lines = (f"077{n:07},Guest {n},guest{n}@example.org,{'Colombo ' * 9}{n % 9}\n" for n in range(rows))
    path.write_text("Mobile,Name,E-mail,City\n" + "".join(lines) + more, encoding="utf-8")
    return path


def figure(page: Page, name: str) -> int:
    text = page.locator(f"[data-figure='{name}']").inner_text()
    return int(re.sub(r"\D", "", text))


@pytest.mark.e2e
def test_r25_r28_a_file_goes_through_the_wizard(browser: Browser, here: Site, tmp_path: Path) -> None:
    """R25, R28, R31: semicolons and Windows-1252 found out, a column renamed, checked before a row is written, then undone."""
    path = tmp_path / "people.csv"
    rows = "".join(f"077 1{n:06};Jürgen {n};Köln\n" for n in range(40))
    path.write_bytes(f"Handy;Name;Ort\n{rows}12;Kurz;X\n077 1000003;Doppelt;X\n".encode("cp1252"))
    with visitor(browser) as me:
        page = me.new_page()
        choose(page, here, path)
        expect(page.get_by_test_id("encoding")).to_have_value("Western (Windows-1252)")
        expect(page.get_by_test_id("delimiter")).to_have_value("Semicolon")
        expect(page.get_by_role("region", name="Columns of the file")).to_contain_text("Köln")
        expect(page.get_by_test_id("check")).to_be_disabled()  # nothing says who a row is
        page.get_by_role("combobox", name='What "Handy" fills').click()
        page.get_by_role("option", name="Phone").click()
        page.get_by_test_id("country").fill("Sri")
        page.get_by_role("option", name=re.compile("Sri Lanka")).click()
        page.get_by_role("combobox", name="Put everybody on the list").fill("Guests")
        page.get_by_test_id("check").click()
        expect(page.get_by_test_id("checked")).to_contain_text("This is what would happen")
        told = {name: figure(page, name) for name in ("rows", "new", "known", "rejected", "repeated in the file")}
        assert told == {"rows": 42, "new": 40, "known": 0, "rejected": 1, "repeated in the file": 1}
        assert known(here) == 0, "nothing is written before the person has seen it"
        page.get_by_role("button", name=re.compile("Phone number")).click()
        expect(page.get_by_role("region", name="Refused rows")).to_contain_text("12")
        page.get_by_test_id("start").click()
        expect(page.get_by_test_id("report")).to_contain_text("Successfully uploaded 40 contacts!")
        expect(page.get_by_test_id("balance")).to_contain_text("adds up")
        with page.expect_download() as coming:
            page.get_by_test_id("rejected").click()
        table = coming.value.path().read_text(encoding="utf-8-sig")
        rejected = table.splitlines()
        assert rejected[0].startswith("Handy,Name,Ort,homing_row"), rejected
        assert [line.split(",")[1] for line in rejected[1:]] == ["Kurz", "Doppelt"]
        assert known(here) == 40
        page.get_by_test_id("undo").click()
        page.get_by_role("button", name="Undo the import").click()
        expect(page.get_by_test_id("undone")).to_contain_text("40 removed")
        assert known(here) == 0
        page.goto(f"{here.url}/imports")
        expect(page.get_by_test_id("imports")).to_contain_text("people.csv")
        expect(page.get_by_test_id("import-state")).to_have_text("Undone")


@pytest.mark.e2e
def test_r31_r32_an_upload_survives_the_server_the_page_and_a_death_in_the_middle(
    browser: Browser, here: Site, tmp_path: Path
) -> None:
    """R31, R32: KILL while a file is on its way, DARK with the page reloaded, then KILL while its rows are written."""
    count = 25_000
    path = csv(tmp_path, "big.csv", count, "12,Short,,\n")
    sent: list[int] = []

    def deadly(route: Route) -> None:
        """The server dies as the third part leaves the browser."""
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) == 3:
            here.signal(signal.SIGKILL)
        route.continue_()

    def in_small_chunks(route: Route) -> None:
        """So that there is a middle to be killed in."""
        body = route.request.post_data_json
        route.continue_(post_data=json.dumps({**body, "options": {"chunkSize": 200}}))

    with visitor(browser) as me:
        page = me.new_page()
        page.route("**/api/v1/imports", lambda r: in_small_chunks(r) if r.request.method == "POST" else r.continue_())
        page.route("**/api/v1/imports/*/file", lambda r: deadly(r) if r.request.method == "PUT" else r.continue_())
        page.goto(here.url)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        choose(page, here, path)
        expect(page.get_by_test_id("upload")).to_contain_text(
            re.compile(r"Connection lost\. 2 MB of \d(\.\d)? MB are safe on the server\.")
        )
        page.reload()
        expect(page.get_by_test_id("upload")).to_contain_text("Connection lost. 2 MB of")
        here.start()
        expect(page.get_by_test_id("check")).to_be_enabled(timeout=60_000)
        assert sent[:4] == [0, 1 << 20, 2 << 20, 2 << 20], (
            "it went on where the server had it, and never from the start"
        )
        page.get_by_test_id("country").fill("Sri")
        page.get_by_role("option", name=re.compile("Sri Lanka")).click()
        expect(page.get_by_test_id("check")).to_be_enabled()
        page.get_by_test_id("check").click()
        expect(page.get_by_test_id("checked")).to_be_visible(timeout=60_000)
        page.get_by_test_id("start").click()
        expect(page.get_by_test_id("stage")).to_have_text("Writing", timeout=60_000)
        wait_for(lambda: known(here) > 0, seconds=60, every=0.005)
        here.signal(signal.SIGKILL)
        stored = known(here)
        assert stored < count, "it was killed in the middle"
        expect(page.get_by_test_id("banner-lost")).to_be_visible()
        here.start()
        expect(page.get_by_test_id("report")).to_contain_text(
            f"Successfully uploaded {count} contacts!", timeout=120_000
        )
        assert (figure(page, "rows"), figure(page, "created"), figure(page, "rejected")) == (count + 1, count, 1)
        assert known(here) == count


@pytest.mark.e2e
def test_r32_a_lost_connection_is_told_in_words_with_a_button_that_goes_on(browser: Browser, here: Site) -> None:
    """R26, R32: the database is away in mid-import. Partial success in words, and Resume: nobody lost, nobody doubled."""
    people = [{"phone": f"+9477{n:07}", "name": f"P{n}"} for n in range(3_200)]
    base = sqlite3.connect(here.data / "homing.db", timeout=60, isolation_level=None)
    request = urllib.request.Request(
        f"{here.url}/api/v1/contacts/bulk-upload",
        json.dumps({"contacts": people, "chunkSize": 20}).encode(),
        {"Content-Type": "application/json"},
    )
    import threading

    answers: list[Any] = []
    asked = threading.Thread(target=lambda: answers.append(urllib.request.urlopen(request, timeout=LONG).status))
    asked.start()
    wait_for(lambda: known(here) > 0, seconds=60, every=0.005)
    with Turnstile(here.data / "homing.db").turn():  # by chance alone one may not get in before the import's end
        base.execute("BEGIN IMMEDIATE")  # whoever writes waits for it, as for a database that is away
    asked.join(LONG)
    base.execute("ROLLBACK")
    base.close()
    assert answers == [206]
    before = known(here)
    assert 0 < before < 3_200
    with visitor(browser) as me:
        page = me.new_page()
        page.goto(f"{here.url}/imports")
        page.get_by_test_id("imports").get_by_text("An upload over the API").click()
        words = page.get_by_test_id("resting")
        expect(words).to_contain_text(
            f"Connection lost! {before} contacts uploaded. {3_200 - before} contacts not processed. "
            "You can safely retry the upload."
        )
        page.get_by_role("button", name="Resume import").click()
        expect(page.get_by_test_id("report")).to_contain_text("Successfully uploaded 3200 contacts!", timeout=60_000)
        assert known(here) == 3_200


@pytest.mark.e2e
def test_r29_replacing_most_contacts_asks_a_second_time(browser: Browser, here: Site, tmp_path: Path) -> None:
    """R29: the difference before a row is written, and the very number typed before more than half would go."""
    ask(here, "/contacts/bulk-upload", {"contacts": [{"email": f"old{n}@example.org"} for n in range(50)]})
    path = tmp_path / "few.csv"
    path.write_text(
        "email\n" + "".join(f"old{n}@example.org\n" for n in range(10)) + "new@example.org\n", encoding="utf-8"
    )
    with visitor(browser, width=390) as me:
        page = me.new_page()
        choose(page, here, path)
        page.get_by_label("Replace all").check()
        expect(page.get_by_test_id("check")).to_be_enabled()
        page.get_by_test_id("check").click()
        expect(page.get_by_test_id("difference")).to_contain_text("+1 ~10 -40")
        expect(page.get_by_test_id("start")).to_have_text("Import 11 and remove 40")
        page.get_by_test_id("start").click()
        question = page.get_by_test_id("question")
        expect(question).to_contain_text("40 of 50 contacts would be removed")
        assert known(here) == 50
        question.get_by_label(re.compile("Type the number")).fill("39")
        question.get_by_role("button", name=re.compile("Remove 39")).click()
        expect(question).to_contain_text("Confirm with the exact number: 40")
        assert known(here) == 50
        question.get_by_label(re.compile("Type the number")).fill("40")
        question.get_by_role("button", name=re.compile("Remove 40")).click()
        expect(page.get_by_test_id("report")).to_contain_text("Successfully uploaded 11 contacts!")
        assert known(here) == 11
