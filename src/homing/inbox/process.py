"""The inbox as a process of its own, so that it outlives the workers that others kill."""

import asyncio
import contextlib
import json
import multiprocessing
import signal
import urllib.request
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from homing.inbox.server import Inbox

START_SECONDS = 30.0
STOP_SECONDS = 10.0


def serve(announce: Callable[[Inbox], None] | None = None, *, parent: Connection | None = None, **options: Any) -> None:
    """Runs an inbox until SIGTERM or SIGINT; blocks. `options` are Inbox's; `announce` is called once it listens.

    `parent`: a pipe whose other end somebody holds; when that one dies or closes it, the inbox ends too.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(announce, parent, options))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not on this platform
        return None
    return uvloop.new_event_loop


async def _serve(announce: Callable[[Inbox], None] | None, parent: Connection | None, options: dict[str, Any]) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: the interrupt arrives as an exception
            loop.add_signal_handler(name, over.set)
    if parent is not None:
        loop.add_reader(parent.fileno(), over.set)
    async with Inbox(**options) as inbox:
        if announce is not None:
            announce(inbox)
        await over.wait()


def _child(parent: Connection, options: dict[str, Any]) -> None:
    try:
        serve(
            lambda inbox: parent.send({"smtp_port": inbox.smtp_port, "http_port": inbox.http_port}),
            parent=parent,
            **options,
        )
    except Exception as error:  # noqa: BLE001 - its maker is told all of it and raises
        parent.send({"error": f"{type(error).__name__}: {error}"})
        raise SystemExit(1) from None


class InboxProcess:
    """An inbox in a child process: the same counts and switches, over its JSON. Ends with its maker, however that dies."""

    def __init__(self, **options: Any) -> None:
        """Listens on return. `options` are Inbox's. Raises RuntimeError with the child's words when it cannot start."""
        context = multiprocessing.get_context("spawn")  # a fork would inherit locks and threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_child, args=(theirs, options), name="homing-inbox", daemon=True)
        self._process.start()
        theirs.close()
        try:
            said: dict[str, Any] = (
                self._pipe.recv() if self._pipe.poll(START_SECONDS) else {"error": "it did not start in time"}
            )
        except EOFError:
            said = {"error": "it died while starting"}
        if "error" in said:
            self.stop()
            raise RuntimeError(f"the inbox did not start: {said['error']}")
        self.smtp_port: int = said["smtp_port"]
        self.http_port: int = said["http_port"]
        self.pid = self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/"

    def counts(self) -> dict[str, Any]:
        """accepted, distinct, twice, by_campaign and the rest, as the JSON says it."""
        return self._ask("api/counts")

    def set_chaos(self, **switches: Any) -> dict[str, Any]:
        """Throws some switches, by the names of Chaos; gives all of them."""
        return self._ask("api/chaos", switches)

    def _ask(self, path: str, wishes: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if wishes is None else json.dumps(wishes).encode()
        request = urllib.request.Request(  # noqa: S310 - our own child on loopback
            self.url + path,
            data=data,
            method="GET" if data is None else "PATCH",
            headers={"Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of a proxy
        with direct.open(request, timeout=STOP_SECONDS) as answer:
            value: dict[str, Any] = json.load(answer)
            return value

    def stop(self) -> None:
        """Ends it; at once when it does not end by itself in 10 s. May be called twice."""
        self._pipe.close()
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def __enter__(self) -> "InboxProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
