"""The whole product by HTTP beside bare aiohttp, to a provider that answers in 5 ms: `python -m bench.http [--recipients N,N]`.

One run: the anchor (100 POSTs at once, nothing but the client), the product by SendGrid and by SES, the anchor again. The
provider is a process of its own that writes down each key before it answers; what it took is counted there.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench import page
from bench.campaign import prepare
from bench.machine import disk_folder, end_in_order, filesystem, flush_us, load, machine_in_words
from bench.postfix import Broken, cpu_seconds
from bench.product import ROOT, send
from bench.spine import folder
from homing.inbox.provider import Orders, Provider

DELAY = 0.005
AT_ONCE = 100
BODY = json.dumps({"custom_args": {"homing_attempt": "anchor/1/1"}, "content": "x" * 6_000}).encode()
SENDERS: dict[str, dict[str, str]] = {
    "sendgrid": {"api_key": "bench"},
    "ses": {"secret_key": "bench"},
}


class HttpSink:
    """The provider's process, as the product's bench wants a sink."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, record: Path) -> None:
        self.process = process
        self.port = port
        self._record = record

    def count(self) -> int:
        return self._record.read_bytes().count(b"\n") if self._record.exists() else 0

    def cpu(self) -> float:
        return cpu_seconds(self.process.pid)


@contextmanager
def provider(place: Path) -> Iterator[HttpSink]:
    """Listens on entering, gone on leaving."""
    record = place / "accepted"
    command = [sys.executable, "-m", "bench.http", "--serve", str(record)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Broken("the provider does not listen")
        yield HttpSink(process, int(line), record)
    finally:
        process.terminate()
        process.wait(30)


async def _serve(record: Path) -> None:
    async with Provider(record, Orders(delay=DELAY)) as made:
        print(made.port, flush=True)
        await asyncio.get_running_loop().create_future()


async def _hammer(url: str, count: int) -> float:
    """Seconds for `count` POSTs, 100 at once."""
    left = count

    async def one(session: aiohttp.ClientSession) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with session.post(url, data=BODY, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        began = time.perf_counter()
        await asyncio.gather(*(one(session) for _ in range(AT_ONCE)))
        return time.perf_counter() - began


def anchor(to: HttpSink, count: int) -> dict[str, float]:
    """Bare aiohttp on uvloop in this process."""
    import uvloop

    cpu = time.process_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(_hammer(f"http://127.0.0.1:{to.port}/v3/mail/send", count))
    cpu = time.process_time() - cpu
    return {"rate": round(count / seconds, 1), "cpu_us": round(cpu / count * 1e6, 1)}


def product(kind: str, recipients: int) -> dict[str, Any]:
    """One campaign through a sender of this kind on a fresh ledger."""
    with folder() as place, provider(place) as to:
        flush = flush_us(place)
        url = f"http://127.0.0.1:{to.port}"
        options = {"endpoint_url": url, "connections": AT_ONCE, "probe": ["127.0.0.1:9"]}
        if kind == "ses":
            options |= {"region": "eu-west-1", "access_key_id": "AKIABENCH"}
        prepared = prepare(place / "data", recipients, sender=(kind, options, SENDERS[kind]))
        sent = send(prepared, to)
    return {"kind": kind, "rate": sent.rate, "cpu_us": sent.cpu_us, "peak_mb": sent.peak_mb, "group": sent.group,
            "message_bytes": prepared.message_bytes, "flush_us": flush, "at_provider": sent.at_sink}  # fmt: skip


def measure(recipients: int) -> list[dict[str, Any]]:
    """Anchor, both kinds, anchor; a row for each kind."""
    busy = load()
    with folder() as place, provider(place) as to:
        before = anchor(to, recipients)
    rows = [product(kind, recipients) for kind in SENDERS]
    with folder() as place, provider(place) as to:
        after = anchor(to, recipients)
    mean = {f"anchor_{name}": round((before[name] + after[name]) / 2, 1) for name in before}
    return [
        {
            "recipients": recipients,
            "load": busy,
            **row,
            **mean,
            "ratio": round(row["rate"] / mean["anchor_rate"], 3),
            "cpu_ratio": round(row["cpu_us"] / mean["anchor_cpu_us"], 2),
        }
        for row in rows
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--recipients", default="20000", metavar="N,N", help="campaign sizes")
    parser.add_argument("--write-docs", action="store_true", help="keeps the figures and writes the page")
    parser.add_argument("--note", default="", help="a sentence for the page, such as what else the machine was doing")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve is not None:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(given.serve))
        return 0
    if not Path("/proc/self/stat").exists():
        print("skipped: the processor time of other processes is read from Linux's /proc, which is missing")
        return 1 if os.environ.get("HOMING_REQUIRE_ALL") == "1" else 0
    end_in_order()
    if not given.recipients.replace(",", "").isdecimal():
        parser.error(f"--recipients: '{given.recipients}' is no list of numbers; write 20000,100000")
    rows = [row for size in given.recipients.split(",") for row in measure(int(size))]
    print(json.dumps({"bench": "http", "answer_ms": DELAY * 1000, "rows": rows}))
    if given.write_docs:
        command = f"python -m bench.http --recipients {given.recipients}"
        machine = f"{machine_in_words()}; {filesystem(disk_folder()) or 'disk'}"
        date = time.strftime("%Y-%m-%d", time.gmtime())
        page.keep("http", rows, {"date": date, "machine": machine, "command": command, "note": given.note})
    return 0


if __name__ == "__main__":
    sys.exit(main())
