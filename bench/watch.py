"""`make bench-watch`: a thousand watchers, a hundred of them slow, beside a campaign that is sent as fast as it goes.

Three figures: how much of its unwatched rate the sending keeps; how much memory the server takes for it; how long after a
kill -9 and a restart every watcher stands where the server stands, with an unbroken chain of cursors. Everything is on one
machine, the watchers too, and they take their part of its cores. Exit codes: 0 measured; 1 a run gave no figure, or
--assert was given and a target missed.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import page
from bench.machine import disk_folder, end_in_order, load, machine_in_words
from bench.postfix import Broken, peak_mb
from bench.targets import WATCH, missed

ROOT = Path(__file__).resolve().parent.parent
SLOW_READ, SLOW_SLEEP = 200, 1.0  # a slow watcher takes so many bytes, so often
PATIENCE = 120.0


class Server:
    """`homing serve` with one worker, on a folder of its own, with a simulated sender that takes everything."""

    def __init__(self, folder: Path, recipients: int) -> None:
        self.data = folder / "data"
        self._log = folder / "log"
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = int(door.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None
        self.listens_at = 0.0
        people = folder / "people.csv"
        people.write_text("email\n" + "".join(f"g{n}@example.org\n" for n in range(recipients)), encoding="utf-8")
        letter = folder / "letter.txt"
        letter.write_text("Hello {{ email }}.\n", encoding="utf-8")
        self._homing("migrate")
        self._homing("sender", "add", "simulated", "--name", "out", "--from", "Me <me@example.org>")
        self._homing("contacts", "import", people, "--list", "all")
        self._letter = letter

    def _homing(self, *args: object) -> str:
        command = [sys.executable, "-m", "homing", *map(str, args), "--data", str(self.data)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Broken(f"homing {args[0]}: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()

    def begin(self) -> None:
        """Starts the campaign to everybody."""
        what = ("--subject", "Hi", "--text", self._letter, "--name", "Watched", "--stop-if-failed", "0")
        self._homing("send", "--sender", "out", "--list", "all", *what)

    def start(self) -> None:
        bind = ["--bind", f"127.0.0.1:{self.port}", "--data", str(self.data)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "homing", "serve", *bind], cwd=ROOT, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, "HOMING_LOG": "warning"},
            )  # fmt: skip
        self.listens_at = 0.0
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise Broken("the server does not start")
            time.sleep(0.05)

    def _answers(self) -> bool:
        """Whether it answers; `listens_at` is when it first took a connection, though it had no time for an answer yet."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2):
            self.listens_at = self.listens_at or time.monotonic()
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
            return True
        return False

    def signal(self, how: signal.Signals) -> None:
        """To the server, its worker and its import process alike."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        self.process.wait(60)

    def sent(self) -> int:
        """How many the ledger says are sent."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/homing.db?mode=ro", uri=True, timeout=30)) as raw:
            return int(raw.execute("SELECT coalesce(sum(sent), 0) FROM campaign_count").fetchone()[0])

    def open(self) -> int:
        """How many are left to send."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/homing.db?mode=ro", uri=True, timeout=30)) as raw:
            return int(raw.execute("SELECT count(*) FROM delivery WHERE state = 'queued'").fetchone()[0])


class Watcher:
    """One event line, as a browser keeps it: it comes back with its own cursor, and believes no chain that does not hold."""

    def __init__(self, port: int, *, slow: bool) -> None:
        self.slow = slow
        self.cursor: str | None = None
        self.sent = -1
        self.greeted_at = 0.0
        self.broken = 0
        self.drops = 0
        self._port = port
        self._id: str | None = None

    async def run(self) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._line()
            self.drops += 1
            await asyncio.sleep(0.5 + (hash(id(self)) % 1000) / 1000)

    async def _line(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        after = f"?after={self.cursor}" if self.cursor else ""
        # HTTP/1.0: the stream comes as it is, not in chunks.
        writer.write(f"GET /api/v1/events{after} HTTP/1.0\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        try:
            await reader.readuntil(b"\r\n\r\n")
            if self.slow:
                await self._sip(reader)
            event, mark, data = "", None, ""
            while (line := await reader.readline()).endswith(b"\n"):  # a line that a dying server tore is no line
                text = line.decode().rstrip()
                if text.startswith("event: "):
                    event = text[7:]
                elif text.startswith("id: "):
                    mark = text[4:]
                elif text.startswith("data: "):
                    data = text[6:]
                elif not text:
                    self._take(event, mark, json.loads(data))
                    event, mark, data = "", None, ""
        finally:
            writer.close()

    async def _sip(self, reader: asyncio.StreamReader) -> None:
        """Takes little, seldom, and looks at nothing: the server drops such a one, and the log has everything for it."""
        while await reader.read(SLOW_READ):
            await asyncio.sleep(SLOW_SLEEP)
        raise OSError("dropped")

    def _take(self, event: str, mark: str | None, data: dict[str, Any]) -> None:
        if event == "hello":
            self.greeted_at = time.monotonic()
            self.cursor = self.cursor or str(data["cursor"])
        elif event == "batch":
            if data["facts"] and data["from"] != self.cursor:
                self.broken += 1
            self.cursor = mark or self.cursor
            for told in (data.get("snap") or {}).values():
                self.sent = max(self.sent, int(told["sent"]))


async def rate(server: Server, seconds: float) -> float:
    """Messages a second over a window."""
    before, began = await asyncio.to_thread(server.sent), time.monotonic()
    await asyncio.sleep(seconds)
    after, took = await asyncio.to_thread(server.sent), time.monotonic() - began
    if after - before == 0 or await asyncio.to_thread(server.open) == 0:
        raise Broken("the campaign ended within the measurement: give more --recipients")
    return (after - before) / took


async def measure(server: Server, clients: int, slow: int, seconds: float) -> dict[str, Any]:
    """One run: unwatched, watched, unwatched again; then the kill."""
    assert server.process is not None
    first = await rate(server, seconds)
    told(f"unwatched: {first:.0f}/s")
    alone_mb = peak_mb(server.process.pid)
    watchers = [Watcher(server.port, slow=n < slow) for n in range(clients)]
    came = time.monotonic()
    tasks = [asyncio.create_task(each.run()) for each in watchers]
    quick = [each for each in watchers if not each.slow]
    try:
        await _until(lambda: all(each.sent >= 0 for each in quick), "every watcher sees the campaign", tasks)
        told(f"{clients} watchers came within {time.monotonic() - came:.1f} s")
        watched = await rate(server, seconds)
        told(f"watched: {watched:.0f}/s")
        watched_mb = peak_mb(server.process.pid)
        killed = time.monotonic()
        await asyncio.to_thread(server.signal, signal.SIGKILL)
        await asyncio.to_thread(server.start)
        up = server.listens_at
        stands = await asyncio.to_thread(server.sent)

        def behind() -> list[Watcher]:
            return [each for each in quick if each.greeted_at <= killed or each.sent < stands]

        await _until(lambda: not behind(), "all stand where it stands", tasks, behind)
        back = time.monotonic() - up
        told(f"killed, started again within {up - killed:.1f} s; all stand where it stands {back:.1f} s later")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    last = await rate(server, seconds)
    unwatched = (first + last) / 2
    return {
        "clients": clients,
        "slow": slow,
        "unwatched_rate": round(unwatched, 1),
        "watched_rate": round(watched, 1),
        "kept": round(watched / unwatched, 2),
        "server_mb": round(watched_mb, 1),
        "server_alone_mb": round(alone_mb, 1),
        "consistent_s": round(back, 1),
        "chains_broken": sum(each.broken for each in watchers),
        "load": load(),
    }


def told(what: str) -> None:
    """How far it is, for whoever waits."""
    print(what, file=sys.stderr, flush=True)


async def _until(true: Any, what: str, tasks: Sequence[asyncio.Task[None]], left: Any = list) -> None:
    """Waits while the watchers watch; `left`: those for which it is not so yet. A watcher that fell over ends it."""
    end = time.monotonic() + PATIENCE
    while not true():
        for fallen in (task for task in tasks if task.done()):
            fallen.result()
        if time.monotonic() > end:
            seen = sorted({each.sent for each in left()})
            raise Broken(
                f"not within {PATIENCE:.0f} s: {what}; {len(left())} do not, who saw {seen[:3]}..{seen[-3:]} sent"
            )
        await asyncio.sleep(0.05)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.watch", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--slow", type=int, help="of them; a tenth when not given")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each window")
    parser.add_argument("--recipients", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--assert", action="store_true", dest="assert_", help="exit code 1 when a target is missed")
    parser.add_argument("--write-docs", action="store_true", help="keeps the figures and writes the page")
    parser.add_argument("--note", default="", help="a sentence for the page, such as what else the machine was doing")
    given = parser.parse_args(arguments)
    end_in_order()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    slow = given.clients // 10 if given.slow is None else given.slow
    with tempfile.TemporaryDirectory(dir=disk_folder(), prefix="homing-watch-") as folder:
        server = Server(Path(folder), given.recipients)
        try:
            server.start()
            server.begin()
            row = asyncio.run(measure(server, given.clients, slow, given.seconds))
        except Broken as error:
            print(f"no figure: {error}", file=sys.stderr)
            return 1
        finally:
            if server.process is not None and server.process.poll() is None:
                server.signal(signal.SIGTERM)
    wrong = missed(WATCH, row)
    print(json.dumps({**row, "missed": wrong}) if given.json else page.watch([row]))
    if given.write_docs:
        command = f"make bench-watch ARGS='--clients {given.clients} --recipients {given.recipients}'"
        today = dt.datetime.now(dt.UTC).date().isoformat()
        page.keep(
            "watch", [row], {"date": today, "machine": machine_in_words(), "command": command, "note": given.note}
        )
    return int(bool(wrong) and given.assert_)


if __name__ == "__main__":
    sys.exit(main())
