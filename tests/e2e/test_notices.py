"""What was chosen is told of a campaign that ends or pauses by itself: by e-mail to a person, by a signed call to a program."""

import http.client
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.e2e.rig import LONG, Product, product, until

pytestmark = pytest.mark.e2e
PEOPLE, ME = 4, "ada@example.org"


class Ear:
    """An endpoint that keeps what it was told."""

    def __init__(self) -> None:
        heard = self.heard = []  # type: list[tuple[dict[str, str], str]]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Owner:
    """The first person, signed in by the link that the terminal prints."""

    def __init__(self, it: Product) -> None:
        self._url, self._cookie = it.url, ""
        until(lambda: "/link#" in it.words(), every=0.1)
        found = re.search(r"/link#(\S+)", it.words())
        assert found is not None
        self.ask("POST", "/links/use", {"link": found[1], "email": ME, "password": "a long way home 7"})

    def ask(self, method: str, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "Cookie": self._cookie}
        request = urllib.request.Request(f"{self._url}/api/v1{path}", json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=LONG) as answer:
            assert isinstance(answer, http.client.HTTPResponse)
            self._cookie = (answer.headers.get("Set-Cookie") or self._cookie).partition(";")[0]
            return json.loads(answer.read())

    def by_mail(self, event: str, *, on: bool) -> None:
        self.ask("PUT", "/notifications/choices", {"choices": [{"event": event, "way": "email", "on": on}]})


def test_R12_what_was_chosen_is_told_by_mail_and_by_a_signed_call_and_nothing_else(tmp_path: Path, ear: Ear) -> None:
    """Ends are asked for by the endpoint alone, then by Ada too; pauses by Ada alone. Each once."""
    with product(tmp_path) as it:
        it.invite(PEOPLE)
        (it.data / "homing.toml").write_text(f'egress_allow = "127.0.0.1:{ear.port}"\n', encoding="utf-8")

        def mails() -> int:
            lines = it.record.read_text(encoding="utf-8").splitlines() if it.record.exists() else []
            return sum(line.split("\t")[1] == ME for line in lines)

        with it.serving():
            ada = Owner(it)
            hook = ada.ask(
                "POST", "/webhooks", {"url": f"http://127.0.0.1:{ear.port}/hook", "kinds": ["campaign.completed"]}
            )
            ada.by_mail("campaign.completed", on=False)
            first = it.send("--name", "First")
            it.wait_for_end(first)
            until(lambda: len(ear.heard) == 1, every=0.1)
            ada.by_mail("campaign.completed", on=True)
            second = it.send("--name", "Second")
            it.wait_for_end(second)
            until(lambda: len(ear.heard) == 2 and mails() == 1, every=0.1)
            it.send("--name", "Third", "--canary", "1")
            until(lambda: mails() == 2, every=0.1)
    told = [Webhook(hook["secret"]).verify(body, headers) for headers, body in ear.heard]
    assert [each["type"] for each in told] == ["campaign.completed"] * 2
    assert [first in json.dumps(told[0]), second in json.dumps(told[1])] == [True, True]
    assert (mails(), len(ear.heard)) == (2, 2)
