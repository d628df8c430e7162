"""The page shows what arrived, and what arrived can do nothing to the page."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from aiosmtpd.smtp import Envelope

from homing.inbox import Inbox, InboxProcess
from homing.inbox.web import FILES, create_app

Story = Callable[[httpx.AsyncClient, Inbox], Awaitable[None]]


def tell(story: Story) -> None:
    """Runs a story against the page of an inbox that nothing listens for."""

    async def told() -> None:
        inbox = Inbox()
        transport = httpx.ASGITransport(app=create_app(inbox))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8025") as client:
            await story(client, inbox)

    asyncio.run(asyncio.wait_for(told(), 30))


def put(inbox: Inbox, raw: bytes, *recipients: str) -> None:
    envelope = Envelope()
    envelope.content = raw
    envelope.mail_from = "a@example.org"
    envelope.rcpt_tos = list(recipients or ["ada@example.org"])
    inbox.take(envelope, dropped=False)


def letter(seq: int = 1, campaign: int = 7, subject: str = "Grüße, 小龍 ✓") -> bytes:
    message = EmailMessage()
    message["From"] = "Jürgen <j@example.org>"
    message["To"] = "ada@example.org"
    message["Subject"] = subject
    message["X-Homing-Delivery"] = f"{campaign}/{seq}"
    message.set_content("Hallo, Welt\n")
    message.add_alternative('<p onclick="x()">Hallo <a href="https://example.org/a?b=1">hier</a></p>', subtype="html")
    message.add_attachment(b"\x00\x01pdf", maintype="application", subtype="pdf", filename="Prögramm.pdf")
    return message.as_bytes().replace(b"\n", b"\r\n")


HOSTILE = [
    b"",
    b"\r\n",
    b"no header at all\r\n",
    b"Subject: =?nonsense?b?x?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\r\n",
    b"Subject: =?utf-8?b?!!!?=\r\nContent-Type: text/html; charset=\xff\r\n\r\n<![x<!-<a href=\r\n",
    b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Transfer-Encoding: base64\r\n\r\n!!\r\n--a\r\n"  # noqa: ISC004
    b"Content-Disposition: attachment; filename*=x'y'%ff%00/../../etc/passwd\r\n\r\nx\r\n",
    b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n",
    b"Content-Type: text/plain; charset*=utf-8''%ff\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ=\r\n",
    b"Content-Type: text/plain; charset=utf-16-surrogatepass\r\n\r\n\xd8\x00\r\n",
    b"Subject:" + b" a\r\n" * 2000 + b"\r\nx\r\n",
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 200,
    b"X-Homing-Delivery: 7/1\x00\r\nFrom: \xf0\x9f\x98\x80\r\n\r\n\x00\r\n",
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_no_message_breaks_the_page(raw: bytes) -> None:
    async def story(client: httpx.AsyncClient, inbox: Inbox) -> None:
        put(inbox, raw, "b\udcff@example.org")
        assert (await client.get("/api/messages", params={"q": "x"})).status_code == 200
        assert (await client.get("/api/messages")).status_code == 200
        one = await client.get("/api/messages/1")
        assert one.status_code == 200, one.text
        for part in one.json()["attachments"]:
            answer = await client.get(f"/messages/1/attachments/{part['number']}")
            assert answer.status_code == 200
            assert answer.headers["content-disposition"].startswith("attachment;")
        assert (await client.get("/messages/1/raw")).content == raw
        assert (await client.get("/messages/1/html")).status_code in {200, 404}

    tell(story)


def test_a_message_is_shown_in_all_its_parts() -> None:
    async def story(client: httpx.AsyncClient, inbox: Inbox) -> None:
        put(inbox, letter())
        one = (await client.get("/api/messages/1")).json()
        assert one["subject"] == "Grüße, 小龍 ✓"
        assert one["from"] == "Jürgen <j@example.org>"
        assert (one["campaign"], one["seq"], one["copy"]) == ("7", 1, 1)
        assert one["text"].strip() == "Hallo, Welt"
        assert one["links"] == [{"target": "https://example.org/a?b=1", "text": "hier"}]
        assert [(a["name"], a["kind"], a["size"]) for a in one["attachments"]] == [
            ("Prögramm.pdf", "application/pdf", 5)
        ]
        assert (await client.get("/messages/1/attachments/0")).content == b"\x00\x01pdf"
        assert (await client.get("/messages/1/attachments/1")).status_code == 404
        assert (await client.get("/api/messages/2")).status_code == 404

    tell(story)


def test_html_of_others_is_served_without_scripts_and_without_remote_images() -> None:
    """SECURITY section 5."""

    async def story(client: httpx.AsyncClient, inbox: Inbox) -> None:
        put(inbox, letter())
        plain = await client.get("/messages/1/html")
        policy = plain.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy
        assert "https:" not in policy
        asked = await client.get("/messages/1/html", params={"images": "true"})
        assert "img-src data: https:" in asked.headers["content-security-policy"]
        for answer in (plain, await client.get("/messages/1/raw"), await client.get("/")):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"

    tell(story)


def test_the_page_has_nothing_inline_and_no_foreign_host() -> None:
    async def story(client: httpx.AsyncClient, _inbox: Inbox) -> None:
        page = await client.get("/")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)
        for name in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            assert (await client.get(name)).status_code == 200
        assert (await client.get("/page/inbox.html")).status_code == 404
        assert "innerHTML" not in (FILES / "inbox.js").read_text(encoding="utf-8")
        frame = re.search(r'make\("iframe", \{([^}]*)\}', (FILES / "inbox.js").read_text(encoding="utf-8"))
        assert frame is not None
        assert 'sandbox: ""' in frame[1]

    tell(story)


def test_the_list_is_filtered_and_paged() -> None:
    async def story(client: httpx.AsyncClient, inbox: Inbox) -> None:
        for seq in range(1, 11):
            put(inbox, letter(seq, campaign=7 + seq % 2, subject=f"Number {seq}"), f"p{seq}@example.org")
        put(inbox, b"Subject: foreign\r\n\r\nx\r\n")

        async def ids(**question: object) -> list[int]:
            return [m["id"] for m in (await client.get("/api/messages", params=question)).json()["messages"]]

        assert await ids(limit=3) == [11, 10, 9]
        assert await ids(limit=3, before=9) == [8, 7, 6]
        assert await ids(after=9) == [11, 10]
        assert await ids(campaign="7") == [10, 8, 6, 4, 2]
        assert await ids(campaign="") == [11]
        assert await ids(q="P3@EXAMPLE") == [3]
        assert await ids(q="number 1") == [10, 1]
        news = (await client.get("/api/messages")).json()
        assert news["counts"]["by_campaign"]["7"] == {"accepted": 5, "distinct": 5, "twice": 0}
        assert (await client.delete("/api/messages")).status_code == 204
        assert await ids() == []
        assert inbox.counts().accepted == 11

    tell(story)


def test_chaos_is_thrown_by_json() -> None:
    async def story(client: httpx.AsyncClient, inbox: Inbox) -> None:
        answer = await client.patch("/api/chaos", json={"refuse": 0.25, "code": 452})
        assert answer.json() == (await client.get("/api/chaos")).json()
        assert (inbox.chaos.refuse, inbox.chaos.code) == (0.25, 452)
        wrong = await client.patch("/api/chaos", json={"drop": 2})
        assert wrong.status_code == 422
        assert wrong.json()["errors"] == [{"pointer": "/drop", "detail": "a share lies between 0 and 1"}]
        assert (await client.patch("/api/chaos", json=[1])).status_code == 422
        json = {"Content-Type": "application/json"}
        assert (await client.patch("/api/chaos", content=b"{", headers=json)).status_code == 400
        assert (await client.patch("/api/chaos", content=b" " * 100_000, headers=json)).status_code == 413
        assert inbox.chaos.drop == 0

    tell(story)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Host": "evil.example"}),
        ("GET", {"Host": "127.0.0.1.evil.example:8025"}),
        ("PATCH", {"Sec-Fetch-Site": "cross-site"}),
        ("PATCH", {"Sec-Fetch-Site": "same-site"}),
        ("PATCH", {"Origin": "http://evil.example"}),
        ("PATCH", {"Origin": "http://127.0.0.1:9999"}),
        ("PATCH", {"Content-Type": "text/plain"}),
        ("DELETE", {"Origin": "null"}),
    ],
)
def test_another_site_can_neither_read_nor_act(method: str, headers: dict[str, str]) -> None:
    async def story(client: httpx.AsyncClient, inbox: Inbox) -> None:
        put(inbox, letter())
        path = "/api/chaos" if method == "PATCH" else "/api/messages"
        sent = {"Content-Type": "application/json", **headers}
        answer = await client.request(
            method, path, headers=sent, content=b'{"down": true}' if method == "PATCH" else None
        )
        assert answer.status_code == 403
        assert not inbox.chaos.down
        assert len(inbox.kept) == 1

    tell(story)


@pytest.mark.needs("chromium")
def test_no_script_in_a_mail_runs_in_a_real_browser(tmp_path: Path) -> None:
    """Script, onerror, svg, meta refresh, javascript:, style tricks: none executes, and none changes the switches."""
    strike = "document.documentElement.dataset[['ra','n'].join('')]='1';fetch('/api/chaos',{method:'PATCH',body:'{}'})"
    html = (
        f"<html><head><meta http-equiv=refresh content='0;url=javascript:{strike}'></head><body onload=\"{strike}\">"
        f'<script>{strike}</script><img src=x onerror="{strike}"><svg onload="{strike}"></svg>'
        f"<iframe srcdoc=\"<script>parent.{strike}</script>\"></iframe>"
        f"<object data=\"data:text/html,<script>{strike}</script>\"></object>"
        f'<style>@import "/api/chaos";</style><p id=calm>calm</p></body></html>'
    )  # fmt: skip
    message = EmailMessage()
    message["Subject"] = "strike"
    message.set_content(html, subtype="html")
    with InboxProcess() as inbox:
        import smtplib

        with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=30) as smtp:
            smtp.sendmail("a@example.org", ["b@example.org"], message.as_bytes())
        seen = subprocess.run(
            [str(shutil.which("chromium")), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
             "--virtual-time-budget=3000", "--dump-dom", f"{inbox.url}messages/1/html"],
            capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip
        page = subprocess.run(
            [str(shutil.which("chromium")), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
             "--virtual-time-budget=4000", "--dump-dom", f"{inbox.url}#1"],
            capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip
    assert 'id="calm"' in seen
    assert 'data-ran="1"' not in seen
    assert ">strike</h2>" in page  # our own script did run
    assert 'data-ran="1"' not in page
