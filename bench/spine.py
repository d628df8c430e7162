"""The whole product, from contacts in SQLite to smtp-sink, between two runs of smtp-source; and its memory alone."""

import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.campaign import prepare
from bench.machine import disk_folder, flush_us, load
from bench.postfix import anchor, sink
from bench.product import Sending, send

CONNECTIONS = 50
LONG = 1_000_000  # recipients: a run takes minutes, and its figures are means of many seconds anyway
Tell = Callable[[str], None]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on a disk, removed on leaving."""
    made = Path(tempfile.mkdtemp(prefix="homing-bench-", dir=disk_folder()))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over repetitions."""
    return {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}


def product(recipients: int) -> tuple[Sending, dict[str, float]]:
    """One campaign on a fresh ledger, sent; and what was seen of disk, load and message beside it."""
    with folder() as place, sink() as to:
        busy = load()
        flush = flush_us(place)
        prepared = prepare(place / "data", recipients, to.port, CONNECTIONS)
        return send(prepared, to), {"load": busy, "flush_us": flush, "message_bytes": prepared.message_bytes}


def repetition(recipients: int) -> dict[str, float]:
    """Anchor, product, anchor. `ratio`: the product's rate to the mean of its own two anchors; `cpu_ratio`: its CPU to theirs."""
    before = anchor(recipients)
    sent, beside = product(recipients)
    after = anchor(recipients)
    mean = (before.rate + after.rate) / 2
    return {
        **asdict(sent),
        **beside,
        "ratio": round(sent.rate / mean, 3),
        "anchor_rate": round(mean, 1),
        "cpu_ratio": round(sent.cpu_us * 2 / (before.cpu_us + after.cpu_us), 2),
        "anchor_cpu_us": round((before.cpu_us + after.cpu_us) / 2, 1),
        "anchor_sink_us": round((before.sink_us + after.sink_us) / 2, 1),
        "anchor_before": before.rate,
        "anchor_after": after.rate,
    }


def spine(sizes: Sequence[int], repeat: int, tell: Tell) -> list[dict[str, Any]]:
    """For each size the medians, and the repetitions they come from; a size from a million on is measured once."""
    return [_size(recipients, repeat if recipients < LONG else 1, repetition, tell) for recipients in sizes]


def memory(sizes: Sequence[int], repeat: int, tell: Tell) -> list[dict[str, Any]]:
    """Peak memory of the worker for each size, without anchors."""

    def one(recipients: int) -> dict[str, float]:
        sent, beside = product(recipients)
        return {**asdict(sent), **beside}

    return [_size(recipients, repeat, one, tell) for recipients in sizes]


def _size(recipients: int, repeat: int, one: Callable[[int], dict[str, float]], tell: Tell) -> dict[str, Any]:
    rows = []
    for turn in range(1, repeat + 1):
        row = one(recipients)
        rows.append(row)
        ratio = f", {row['ratio']:.2f} x smtp-source" if "ratio" in row else ""
        tell(
            f"{recipients:,} recipients, {turn} of {repeat}: {row['rate']:,.0f}/s{ratio},"
            f" CPU {row['cpu_us']:.0f} us, {row['peak_mb']:.0f} MB, load {row['load']:.1f}"
        )
    return {"recipients": recipients, "repeat": repeat, **medians(rows), "repetitions": rows}
