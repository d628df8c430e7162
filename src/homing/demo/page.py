"""The page of the show: the real one, on the show's own ledger, in a thread of its own so that it disturbs nothing."""

import socket
import threading
from types import TracebackType

import uvicorn

from homing.app import House, make_api
from homing.demo.stage import Stage

LEAVE_SECONDS = 5.0


class ShowPage:
    """Listens on a free port of this machine while it is held."""

    def __init__(self, house: House) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        app = make_api(house, loopback=True)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._door]}, name="page", daemon=True
        )

    def __enter__(self) -> "ShowPage":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(LEAVE_SECONDS)
        self._door.close()


def open_page(stage: Stage) -> ShowPage:
    """The page on the ledger of a stage."""
    return ShowPage(stage.house)
