"""A stock Socket.IO client against a real server: names, replay from lastSeq, who may come in."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
import uvicorn

from homing.app import House, make_api
from homing.store.database import Database
from homing.store.events import Cursor, Events, record
from homing.store.tokens import Tokens
from tests.api.conftest import Api, make_draft

PATIENCE = 30.0


@contextlib.asynccontextmanager
async def serving(house: House) -> AsyncIterator[str]:
    """The app on a port of its own."""
    door = socket.create_server(("127.0.0.1", 0))
    app = make_api(house, loopback=True)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    running = asyncio.get_running_loop().create_task(server.serve(sockets=[door]))
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        await app.state.reader.stop()
        server.should_exit = True
        await running


class Client:
    """What a stock client hears."""

    def __init__(self) -> None:
        self.io = socketio.AsyncClient(reconnection=False)
        self.heard: list[tuple[str, Any]] = []
        for name in ("whatsapp-connected", "whatsapp-disconnected", "campaign-progress"):
            self.io.on(name, lambda payload, name=name: self.heard.append((name, payload)))

    async def leave(self) -> None:
        """Goes without waiting for a poll that is under way: it would last until the next ping."""
        await self.io.eio.disconnect(abort=True)

    async def until(self, name: str, **wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                for told, payload in self.heard:
                    if told == name and all(payload[key] == value for key, value in wanted.items()):
                        return dict(payload)
                await asyncio.sleep(0.02)


def connected(db: Database, workspace: int, device: str) -> None:
    with db.write() as tx:
        body = {"connectionId": device, "phoneNumber": "+94710000000"}
        record(tx, workspace_id=workspace, at=1, topic=f"device:{device}", kind="whatsapp-connected", body=body)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_R44_a_stock_client_hears_the_founding_names_and_what_it_missed(api: Api, house: House, transport: str) -> None:
    id_ = make_draft(api)
    start = Events(house.database).latest()

    async def story() -> None:
        async with serving(house) as url:
            first = Client()
            await first.io.connect(url, transports=[transport], wait_timeout=10)
            connected(house.database, house.workspace.id, "d1")
            told = await first.until("whatsapp-connected", connectionId="d1")
            assert told["phoneNumber"] == "+94710000000"
            house_control(house).start(house.campaign(id_).id, house.by)
            now = await first.until("campaign-progress", campaignId=id_, state="sending")
            assert (now["total"], now["rate"], now["endsAt"]) == (0, None, None)
            await first.leave()
            connected(house.database, house.workspace.id, "d2")
            again = Client()
            await again.io.connect(url, transports=[transport], auth={"lastSeq": told["seq"]}, wait_timeout=10)
            await again.until("whatsapp-connected", connectionId="d2")
            seen = [payload["connectionId"] for name, payload in again.heard if name == "whatsapp-connected"]
            assert seen == ["d2"], "what it had is not told again"
            await again.leave()

    asyncio.run(story())
    assert start < Cursor(0, 10**9)


def house_control(house: House) -> Any:
    from homing.store.control import Control

    return Control(house.database)


def test_nobody_comes_in_without_a_token_once_there_is_one(house: House) -> None:
    secret = Tokens(house.database).create(house.workspace.id, "t", ("read",))[1]
    blind = Tokens(house.database).create(house.workspace.id, "b", ("write",))[1]

    async def story() -> None:
        async with serving(house) as url:
            for auth in (None, {"token": "hm_live_x"}, {"token": blind}, {"token": secret, "lastSeq": "x"}):
                with pytest.raises(socketio.exceptions.ConnectionError):
                    await Client().io.connect(url, auth=auth, wait_timeout=10)
            foreign = {"Origin": "http://evil.example", "Authorization": f"Bearer {secret}"}
            with pytest.raises(socketio.exceptions.ConnectionError):
                await Client().io.connect(url, headers=foreign, wait_timeout=10)
            good = Client()
            await good.io.connect(url, auth={"token": secret}, wait_timeout=10)
            await good.leave()

    asyncio.run(story())
