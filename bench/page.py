"""Keeps measured figures in docs/reference/benchmarks.json and writes docs/reference/benchmarks.md from them."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.targets import IDLE, MEMORY, POSTGRESQL, SPINE, WATCH, Target, missed, owed

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
FIGURES = REFERENCE / "benchmarks.json"
PAGE = REFERENCE / "benchmarks.md"
NOTE = "<!-- Written by `python -m bench --write-docs` from benchmarks.json. -->\n"

_INTRO = """# Benchmarks

Every figure is the median of its repetitions, each measured on one machine in one run. The anchor is Postfix' own load
generator, `smtp-source -d -s 50 -l 5120`, which makes nothing, remembers nothing and only speaks SMTP; each repetition
runs it before and after, on a sink of its own, and is compared with the mean of its own two. The sink is `smtp-sink` of
the same package, in the same machine: it takes a core for itself, so a machine with two cores is full with two processes.
"""

_SPINE = """## The whole product

`homing worker`, a process of its own, sends one campaign: HTML of 5 kB and a text with three variables, to contacts in
SQLite with every commit flushed, over 50 connections. The clock runs from the first intent until the campaign is
completed and its rows are counted in the database; a run in which the rows or the sink say another number gives no figure.
CPU is the worker's (user and system), planning included; memory is the most that was ever resident.

CPU in microseconds says more of the machine than of Homing: the same tree was seen at 90 us where `smtp-source` costs 44 us a
message, and at 170 to 230 us where it costs 76 to 80. So the target, 130 us on the faster machine, is held as 3 times the CPU
of `smtp-source` in the same repetition.
"""

_MEMORY = """## Memory

The same worker without the anchors: memory must not grow with the audience.
"""

_EMAIL = """## Where the time goes

Each part alone. CPU is of this process only: in the whole product the parts share it with the event loop and two threads.
Protocol modes: 0 one command at a time, 1 pipelined commands, 2 the next message's commands together with this one's body.
"""


_HTTP = """## Providers by HTTP

`python -m bench.http`: the whole product, ledger included, to a loopback provider that answers each request in 5 ms and writes
its key down first; beside it bare aiohttp, 100 POSTs at once, on the same machine.
"""

_WATCH = """## Watched

`make bench-watch`: event-stream clients beside a campaign by a simulated sender that takes everything, so that sending is as fast
as the ledger. A tenth of the clients read 200 bytes a second. Server, worker and all clients share the machine. The rates are
of windows without watchers (before and after) and with them; then the server and its worker are killed with kill -9
and started again while the clients come back with their cursors.
"""

_POSTGRESQL = """## PostgreSQL and several workers

The same campaign on a PostgreSQL of its own with every commit flushed, by 1, 2 and 4 `homing worker` processes that know only the
database of each other, beside SQLite in the same run. CPU of a message is that of all workers and of all processes of the
database together. The sender's connections and its messages in flight are shared by its workers, so they grow with them here; one
worker is measured with twice as many too. Idle: one worker with nothing to do.

Where cores are all taken (workers, database, sink), more workers cannot be faster; what must hold is that the CPU of a message
stays flat. They share lease rows, one for each lane, renewed once a second, and nothing else: so with machines of their own each
adds its rate, until the database's processor or its flushes are the limit (about `database us` of a core a message).
"""

_SCALE = """## A campaign to millions

Planned whole on PostgreSQL, sent in part by one worker: the cost of a message, and memory, as the campaign goes on.
"""


def kept() -> dict[str, Any]:
    """What has been measured so far, by section."""
    return dict(json.loads(FIGURES.read_text("utf-8"))) if FIGURES.exists() else {}


def keep(section: str, rows: list[dict[str, Any]], about: Mapping[str, str]) -> None:
    """Stores a section's rows with when, where and how they were measured, and writes the page again."""
    figures = {**kept(), section: {**about, "rows": rows}}
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write(figures)


def write(figures: Mapping[str, Any]) -> None:
    PAGE.write_text(page(figures), encoding="utf-8")


def page(figures: Mapping[str, Any]) -> str:
    """The page for what has been measured so far."""
    parts = [NOTE, _INTRO]
    for name, words, show in _SECTIONS:
        if name in figures:
            found = figures[name]
            parts += [words, _about(found), show(found["rows"])]
    return "\n".join(parts)


def tables(section: str, rows: list[dict[str, Any]]) -> str:
    """The figures of one section as they stand on the page."""
    return next(show for name, _, show in _SECTIONS if name == section)(rows)


def _about(section: Mapping[str, Any]) -> str:
    note = f" {section['note']}" if section.get("note") else ""
    return f"Measured on {section['date']}: {section['machine']}. Command: `{section['command']}`.{note}\n"


_COLUMNS = {
    "recipients": ("recipients", ",.0f"),
    "case": ("part", ""),
    "rate": ("messages/s", ",.0f"),
    "anchor_rate": ("smtp-source/s", ",.0f"),
    "ratio": ("ratio", ".2f"),
    "cpu_us": ("CPU us a message", ".0f"),
    "worker_us": ("of it workers", ".0f"),
    "database_us": ("database us", ".0f"),
    "plan_rate": ("planned/s", ",.0f"),
    "idle_cpu": ("idle CPU %", ".1f"),
    "idle_transactions": ("idle transactions/s", ".1f"),
    "senders": ("workers that sent", ".0f"),
    "anchor_cpu_us": ("CPU us of smtp-source", ".0f"),
    "cpu_ratio": ("x its CPU", ".1f"),
    "peak_mb": ("peak MB", ".0f"),
    "group": ("messages a commit", ".0f"),
    "message_bytes": ("message bytes", ",.0f"),
    "flush_us": ("flush us", ".0f"),
    "load": ("load before", ".1f"),
    "messages": ("messages", ",.0f"),
    "repeat": ("runs", ""),
}
"""How each figure is headed and written."""


def _columns(rows: Iterable[Mapping[str, Any]], *left_out: str) -> str:
    """A table of all figures that any row has; what a row lacks stays empty."""
    names = [name for name in _COLUMNS if name not in left_out and any(name in row for row in rows)]
    cells = [[format(row[name], _COLUMNS[name][1]) if name in row else "" for name in names] for row in rows]
    lines = [f"| {' | '.join(_COLUMNS[name][0] for name in names)} |", "|" + "---|" * len(names)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)]) + "\n"


def _spine(rows: list[Mapping[str, Any]]) -> str:
    planned = "; ".join(f"{row['recipients']:,}: {row['planned_s']:.1f} s" for row in rows)
    return f"{_columns(rows)}\nThe planner worked beside the sending for: {planned}.\n\n{_told(SPINE, rows)}"


def _memory(rows: list[Mapping[str, Any]]) -> str:
    return f"{_columns(rows, 'message_bytes', 'flush_us', 'group')}\n{_told(MEMORY, rows)}"


def _email(rows: list[Mapping[str, Any]]) -> str:
    return _columns(rows)


def _http(rows: list[Mapping[str, Any]]) -> str:
    heads = ("kind", "recipients", "rate", "anchor_rate", "cpu_us", "anchor_cpu_us", "cpu_ratio", "peak_mb", "load")
    names = ["provider", "recipients", "messages/s", "aiohttp/s", "CPU us", "CPU us of aiohttp", "x its CPU"]
    names += ["peak MB", "load"]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += [f"| {' | '.join(str(row[head]) for head in heads)} |" for row in rows]
    slow = [str(row["kind"]) for row in rows if row["rate"] < 3_000 or row["cpu_us"] > 250]
    verdict = f"Missed by {', '.join(dict.fromkeys(slow))}" if slow else "Reached in every row"
    return "\n".join([*lines, "", f"Targets: messages/s >= 3,000, CPU us <= 250. {verdict}."]) + "\n"


def watch(rows: list[Mapping[str, Any]]) -> str:
    heads = (
        "clients",
        "slow",
        "unwatched_rate",
        "watched_rate",
        "kept",
        "server_alone_mb",
        "server_mb",
        "consistent_s",
    )
    names = (
        "clients",
        "slow",
        "messages/s unwatched",
        "watched",
        "kept",
        "server MB alone",
        "watched",
        "consistent after s",
    )
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += [f"| {' | '.join(str(row[head]) for head in heads)} |" for row in rows]
    wrong = [line for row in rows for line in missed(WATCH, row)]
    verdict = f"Missed: {'; '.join(wrong)}" if wrong else "All reached"
    return "\n".join([*lines, "", f"Targets: {', '.join(t.told for t in WATCH)}. {verdict}."]) + "\n"


def _reached(rows: list[Mapping[str, Any]]) -> str:
    """What PostgreSQL has to reach, of the rows that tell of it."""
    lines = [line for row in rows for line in missed(owed("postgresql", row), row)]
    told = ", ".join(target.told for target in (*POSTGRESQL, *IDLE))
    return f"Targets, of one worker: {told}. {'Missed: ' + '; '.join(lines) if lines else 'All reached'}.\n"


_SECTIONS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("spine", _SPINE, _spine),
    ("memory", _MEMORY, _memory),
    ("email", _EMAIL, _email),
    ("http", _HTTP, _http),
    ("watch", _WATCH, watch),
    ("postgresql", _POSTGRESQL, lambda rows: f"{_columns(rows, 'messages')}\n{_reached(rows)}"),
    ("scale", _SCALE, _email),
)


def _told(targets: tuple[Target, ...], rows: Iterable[Mapping[str, Any]]) -> str:
    """The targets, and which of them these rows do not reach."""
    wrong = [f"{row['recipients']:,} recipients: {'; '.join(lines)}" for row in rows if (lines := missed(targets, row))]
    verdict = "Missed by " + ". ".join(wrong) if wrong else "Reached in every row"
    return f"Targets: {', '.join(target.told for target in targets)}. {verdict}.\n"
