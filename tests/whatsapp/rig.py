"""A loopback WhatsApp server in this process or beside it, and the command of a device's child that trusts it."""

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from homing.channels.whatsapp_linked.link import command_of
from tests.whatsapp.door import Door
from tests.whatsapp.server import Server

LONG = 120.0
PHONE = "94700000001"
SITE = Path(__file__).with_name("site")


def lacking() -> str | None:
    """What a real client needs and this machine has not."""
    import ctypes.util
    import sys

    if importlib.util.find_spec("neonize") is None:
        return "needs neonize (requirements/whatsapp.txt)"
    if sys.platform != "linux":
        return "needs Linux: the door of a real client to the loopback server"
    return None if ctypes.util.find_library("magic") else "needs libmagic (Debian: libmagic1)"


linked_real = pytest.mark.skipif(lacking() is not None, reason=lacking() or "")
"""Tests that run the real, unmodified client library."""


@dataclass
class Loopback:
    server: Server
    door: Door
    port: int
    folder: Path
    slow_notes: float = 0.0  # seconds that a device's process takes to note what it was told: the moment to kill it in

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs so that devices under it find this server."""
        return {
            "SSL_CERT_FILE": str(self.folder / "ca.pem"),
            "PYTHONPATH": str(SITE),
            "LOOPBACK_ROOT": self.server.root[1].hex(),
            "LOOPBACK_SLOW_NOTES": str(self.slow_notes),
        }

    @property
    def command(self) -> tuple[str, ...]:
        """A device's child in that environment."""
        return ("env", *(f"{name}={value}" for name, value in self.environment.items()), *command_of("neonize"))

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def order(self, op: str, **more: Any) -> dict[str, Any]:
        return await self.door.obey({"op": op, **more})

    def accepted(self) -> list[tuple[str, str, str, str]]:
        """Lines of the server's ledger: phone, message id, from, kind."""
        path = self.folder / "ledger"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").splitlines()
        return [tuple(line.split("\t")) for line in lines]  # type: ignore[misc]


@asynccontextmanager
async def loopback(folder: Path) -> AsyncIterator[Loopback]:
    """The server in this process."""
    folder.mkdir(exist_ok=True)
    server = Server(folder / "ledger", told=False)
    door = Door(server)
    port = await door.listen(folder)
    yield Loopback(server, door, port, folder)


async def until(condition: Callable[[], object], seconds: float = LONG) -> None:
    """Waits for what another process does."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
