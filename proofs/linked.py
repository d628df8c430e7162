"""A linked device through everything: the real client library, killed processes, a cut and a frozen line; one verdict.

    python -m proofs.linked [--people 500]

The server with its worker is killed twice, the device's process three times, the line is cut for 30 s and frozen for 60 s while a
campaign goes out. What arrived is counted in the loopback server's ledger; a repeated message id is one message.

Everything that arrived has to be settled by its receipts. What may stay `uncertain` is one message whose process was killed in
one of two moments: between the last note in the device's store and the frame, or while the thread that brings its receipts got
no turn for longer than their confirmations wait (docs/decisions/0019). Told by number.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.whatsapp.product import Product, product, until
from tests.whatsapp.rig import lacking

SETTLED = 120.0


def strike(pid: int | None) -> None:
    """kill -9."""
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def run(folder: Path, people: int, *, cut: float, freeze: float, scale: str = "0.05") -> dict[str, Any]:
    """The whole story; what the two ledgers say in the end."""
    began = time.monotonic()
    with product(folder) as it:
        it.invite(people, "--pacing", "off", "--wait-scale", scale, "--check-every", "1s")
        with it.serving():
            it.pair()
            campaign = it.send()
            for share in (0.1, 0.2, 0.3):
                _arrive(it, people, share)
                strike(it.child())
            _arrive(it, people, 0.4)
            _die(it)
        with it.serving():
            _arrive(it, people, 0.5)
            _die(it)
        with it.serving():
            _arrive(it, people, 0.6)
            it.whatsapp.mode(accept=False)
            it.whatsapp.order("cut")
            time.sleep(cut)
            it.whatsapp.mode(accept=True)
            _arrive(it, people, 0.8)
            it.whatsapp.mode(freeze=True)
            time.sleep(freeze)
            it.whatsapp.mode(freeze=False)
            until(lambda: it.state(campaign)["state"] == "completed", every=0.5)
            with contextlib.suppress(AssertionError):
                until(lambda: not it.doubted(campaign) & it.reached(), every=0.5, seconds=SETTLED)
            late = it.doubted(campaign) & it.unconfirmed()
            assert not late, f"receipts that the server keeps were not asked for or not heard: {sorted(late)}"
        verdict = it.judge(campaign, people)
        verdict["doubted"] = sorted(it.doubted(campaign))
    return {**verdict, "seconds": round(time.monotonic() - began, 1), "people": people}


def _arrive(it: Product, people: int, share: float) -> None:
    """Waits until so many have it, and one more since now."""
    floor = len(it.whatsapp.accepted())
    until(lambda: len(it.whatsapp.accepted()) > max(people * share, floor), every=0.01)


def _die(it: Product) -> None:
    """The server and its worker, both with kill -9, in the middle of a send."""
    assert it.process is not None
    worker = it.worker()
    strike(it.process.pid)
    strike(worker)
    it.process.wait()


def check(told: dict[str, Any]) -> None:
    """What holds whatever was done to it."""
    assert (told["lost"], told["twice"], told["false"]) == ([], [], [])
    assert told["audit"]["balanced"]
    # A kill may hit such a moment; two in a run would mean that it is not short.
    assert told["audit"]["uncertain"] == len(told["doubted"]) <= 1
    assert told["audit"]["sent"] == told["people"] - len(told["doubted"])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=500)
    chosen = parser.parse_args()
    why = lacking()
    if why is not None:
        print(f"skipped: {why}")
        return 1 if os.environ.get("HOMING_REQUIRE_ALL") == "1" else 0
    told = run(Path(tempfile.mkdtemp(prefix="linked-")), chosen.people, cut=30.0, freeze=60.0)
    print(json.dumps(told))
    check(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
