"""`make bench-scale`: a campaign to millions on PostgreSQL, a part of it sent: cost of a message and memory as it goes on."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from bench import page
from bench.__main__ import left_out
from bench.machine import disk_folder, end_in_order, filesystem, load, machine_in_words
from bench.postfix import Broken, lacking, peak_mb, sink
from bench.postgresql import Installation, installed
from homing.app import House
from homing.model.ids import CampaignId
from homing.store.control import By, Control

WINDOWS = 5
FLAT = 1.15


def measure(planned: int, sent: int) -> list[dict[str, Any]]:
    """Plans all, then sends a part in windows of equal size. Raises Broken."""
    with installed() as here, sink() as to:
        busy = load()
        campaign = here.campaign(planned, to.port, 1)
        here.start(1)
        before, begun = here.cpu(), time.perf_counter()
        here.begin(campaign)
        rows: list[dict[str, Any]] = []
        first = min(10_000, sent // 10)
        edges = [first, *(first + (sent - first) * n // WINDOWS for n in range(1, WINDOWS + 1))]
        at = 0
        while here.ask("SELECT planned_at FROM campaign WHERE id = %s", campaign) is None:
            time.sleep(
                0.05
            )  # sending begins with the first page; what is sent by the end of planning is the first window
        rows.append(_row("planning, sending beside it", here, planned, before, begun, at, at := to.count(), busy))
        for edge in edges:
            if edge <= at:
                continue
            before, begun = here.cpu(), time.perf_counter()
            here.until(partial(_reached, to, edge), 60 + (edge - at) / 50, f"{edge} messages are sent")
            rows.append(_row(f"up to {edge:,}", here, planned, before, begun, at, at := to.count(), busy))
        _pause(here, campaign)
        return rows


def _reached(to: Any, edge: int) -> bool:
    return bool(to.count() >= edge)


def _pause(here: Installation, campaign: CampaignId) -> None:
    house = House(here._settings())
    Control(house.database).pause(campaign, By("bench"))
    house.close()


def _row(
    case: str, here: Installation, planned: int, before: Any, begun: float, was: int, now: int, busy: float
) -> dict[str, Any]:
    took, after = time.perf_counter() - begun, here.cpu()
    cpu = sum(after) - sum(before)
    found: dict[str, Any] = {"case": case, "recipients": planned, "messages": now - was, "load": busy}
    if not case.startswith("planning"):
        found |= {"rate": round((now - was) / took, 1), "cpu_us": round(cpu * 1e6 / max(1, now - was), 1)}
    else:
        found |= {"plan_rate": round(planned / took, 1)}
    return {**found, "peak_mb": round(max(peak_mb(worker.pid) for worker in here.workers), 1)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--planned", type=int, default=10_000_000)
    parser.add_argument("--sent", type=int, default=1_000_000)
    parser.add_argument("--write-docs", action="store_true", help="keeps the figures and writes the page")
    parser.add_argument("--note", default="", help="a sentence for the page")
    given = parser.parse_args(sys.argv[1:] if arguments is None else list(arguments))
    end_in_order()
    why = lacking()
    if why is not None:
        return left_out(why, os.environ)
    try:
        rows = measure(given.planned, given.sent)
    except Broken as error:
        print(f"no figure: {error}", file=sys.stderr)
        return 1
    windows = [row["cpu_us"] for row in rows if "cpu_us" in row]
    flat = not windows or windows[-1] <= windows[0] * FLAT
    print(json.dumps({"planned": given.planned, "sent": given.sent, "flat": flat, "rows": rows}))
    if given.write_docs:
        command = f"python -m bench.scale --planned {given.planned} --sent {given.sent}"
        machine = f"{machine_in_words()}; {filesystem(disk_folder()) or 'disk'}"
        date = time.strftime("%Y-%m-%d", time.gmtime())
        page.keep("scale", rows, {"date": date, "machine": machine, "command": command, "note": given.note})
    return int(not flat)


if __name__ == "__main__":
    sys.exit(main())
