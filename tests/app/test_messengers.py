"""Notices by the services of apprise, over real sockets: each fact once, again after a refusal, and no token in the ledger."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from homing.app import House
from homing.app.messengers import named, tell
from homing.model.ids import WorkspaceId
from homing.model.outcome import Accepted, NotSent
from homing.model.sender import Health
from homing.settings import load
from homing.store.notice_tables import notice
from homing.store.notices import DueNotice
from tests.api.conftest import blank
from tests.app.test_clerking import work

__all__ = ["blank"]
TOKEN = "canary-token"


class Service:
    """Takes what apprise's `json://` posts; answers what the test says."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.answers.pop(0) if outer.answers else 200
                if status == 200:
                    outer.got.append(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"json://{TOKEN}:x@127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def house(tmp_path: Path, blank: Path, service: Service) -> Iterator[House]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(blank, folder / "homing.db")
    made = House(load({"data": str(folder)}, {"HOMING_NOTICE_URLS": service.url}, tmp_path))
    yield made
    made.close()


def went_down(house: House) -> None:
    sender = house.senders.add(house.workspace.id, "relay", "simulated", {}, {})
    work(house)
    house.senders.set_health(sender.id, Health.DOWN, "connection refused")
    work(house)


def rows(house: House) -> list[Any]:
    with house.database.read() as tx:
        return list(tx.execute(select(notice.c.state, notice.c.address, notice.c.tries, notice.c.words)))


def test_a_service_is_told_once_and_its_token_stays_out_of_the_ledger(house: House, service: Service) -> None:
    went_down(house)
    work(house)
    (told,) = service.got
    assert told["title"].startswith("[Homing] ")
    assert "relay" in told["title"] + told["message"]
    (row,) = rows(house)
    assert (row.state, row.address) == ("done", named([service.url])[0])
    house.close()
    assert TOKEN not in repr(house.settings)
    kept = b"".join(path.read_bytes() for path in house.settings.data.iterdir() if path.is_file())
    assert TOKEN.encode() not in kept


def test_one_that_refuses_is_tried_again_later(house: House, service: Service) -> None:
    service.answers = [500]
    went_down(house)
    (row,) = rows(house)
    assert (row.state, row.tries, service.got) == ("due", 1, [])
    assert "did not take it" in row.words
    with house.database.write() as tx:
        tx.execute(update(notice).values(due_at=0))
    work(house)
    assert len(service.got) == 1
    assert rows(house)[0].state == "done"


def test_one_that_is_no_longer_named_is_given_up(house: House, service: Service) -> None:
    went = House(load({"data": str(house.settings.data)}, {}, house.settings.data))
    service.answers = [500]
    went_down(house)
    with house.database.write() as tx:
        tx.execute(update(notice).values(due_at=0))
    work(went)
    went.close()
    assert rows(house)[0].state == "given_up"
    assert service.got == []


def test_without_the_extra_it_says_what_is_missing(service: Service) -> None:
    def missing() -> Any:
        raise ImportError("apprise")

    due = DueNotice(1, "u", WorkspaceId(1), "x", named([service.url])[0], "It stopped", "Words.", None, 0)
    told = asyncio.run(tell([service.url], due, missing))
    assert isinstance(told, NotSent)
    assert "homing[notify]" in str(told.words)
    assert isinstance(asyncio.run(tell([service.url], due)), Accepted)
    assert len(service.got) == 1


def test_what_is_no_address_is_refused_without_showing_it(tmp_path: Path) -> None:
    from homing.model.errors import Misconfigured

    with pytest.raises(Misconfigured) as caught:
        load({"data": str(tmp_path)}, {"HOMING_NOTICE_URLS": TOKEN}, tmp_path)
    assert TOKEN not in caught.value.detail
