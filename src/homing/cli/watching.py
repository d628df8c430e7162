"""`homing status`, `audit`, `export` and `tail`: what is, and what happened."""

import contextlib
import csv as csv_file
import json
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json, print_pairs, print_table, rfc3339, say
from homing.model.errors import Invalid, Unreachable

if TYPE_CHECKING:
    from homing.app import House
    from homing.store.events import Cursor, Event
    from homing.store.status import WorkerStatus

app = typer.Typer()

Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name, or the beginning of its id.")]
Maybe = Annotated[str | None, typer.Argument(metavar="[CAMPAIGN]", help="Its name, or the beginning of its id.")]


@app.command()
def status(
    campaign: Maybe = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show campaigns, workers and senders, and why something does not move."""
    house = open_house()
    if not watch:
        try:
            _show(house, campaign, as_json=as_json)
        except Unreachable as error:
            if as_json:
                _show_silence(error.detail)
            raise
        return
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[H\x1b[2J")
            try:
                _show(house, campaign, as_json=as_json)
            except Unreachable as error:  # it comes back; whoever watches wants to see that
                _show_silence(error.detail) if as_json else print(error.detail)
            threading.Event().wait(1.0)


def _show_silence(detail: str) -> None:
    """The document of a status that could not be read: nothing is known but why, and that it is tried again."""
    from dataclasses import asdict

    from homing.model.storage import TRY_EVERY, Refusal
    from homing.store.status import Status
    from homing.world import World

    now = World().clock.now()
    found = Status([], [], [], Refusal(detail, now, now + int(TRY_EVERY * 1000)))
    print_json(asdict(found))


def _show(house: "House", reference: str | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from homing.cli.progress import advice, line
    from homing.store.status import StatusBoard

    board = StatusBoard(house.database)
    one = None if reference is None else board.campaign(house.campaign(reference).id)
    found = board.look(house.workspace.id)
    campaigns = found.campaigns if one is None else [one]
    if as_json:
        print_json({**asdict(found), "campaigns": [asdict(each) for each in campaigns]})
        return
    for each in campaigns:
        print(f"{each.name}  [{each.id}]")
        print(f"  {line(each)}")
        for words in advice(each):
            print(f"  -> {words}")
    if not campaigns:
        print("no campaign yet")
    print()
    if found.workers:
        rows = [[w.host, w.pid, f"{w.seen_seconds_ago} s ago", w.lanes, _held(w)] for w in found.workers]
        print_table(["worker", "pid", "seen", "lanes", "holds"], rows)
    else:
        print("no worker runs: start `homing serve` or `homing worker`")
    if found.senders:
        senders = [[s.name, s.kind, s.health, s.detail] for s in found.senders]
        print_table(["sender", "kind", "health", "detail"], senders)
    else:
        print("no sender yet: `homing sender add` makes one")


def _held(worker: "WorkerStatus") -> str:
    """What it holds, in words: "out 8 of 16, clerk"."""
    from homing.model.delivery import SHARDS

    words = {"lane": "{of} {count} of {all}", "device": "the device {of}", "plan": "planning {of}"}
    return ", ".join(words.get(h.kind, "{of}").format(of=h.of, count=h.count, all=SHARDS) for h in worker.holds)


@app.command()
def audit(campaign: Named, as_json: Json = False) -> None:
    """Print the balance sheet, counted from the rows. Exit code 1: it does not close."""
    from homing.store.books import Books

    house = open_house()
    of = house.campaign(campaign)
    balance = Books(house.database).audit(of.id)
    if as_json:
        print_json(balance.as_json())
    else:
        print_pairs([(name, value) for name, value in balance.as_json().items() if name != "faults"])
        for fault in balance.faults:
            say(fault)
        say("the books close" if balance.balanced else "THE BOOKS DO NOT CLOSE")
        if not of.planned_at:
            say("its recipients are not all counted yet: more lines will follow")
    if not balance.balanced:
        raise typer.Exit(NO)


@app.command()
def export(
    campaign: Named,
    state: Annotated[str | None, typer.Option("--state", help="Only these, e.g. failed.")] = None,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    as_json: Json = False,
) -> None:
    """Write one line per recipient to standard output; cells of CSV start no formula."""
    from homing.app import from_of
    from homing.contacts.exporting import harmless
    from homing.live.lines import COLUMNS, known_state, naming, told
    from homing.store.results import Results

    if form not in ("csv", "jsonl"):
        raise Invalid("--format is csv or jsonl")
    house = open_house()
    of = house.campaign(campaign)
    names = naming(of, from_of(house, of))
    lines = (told(each, names) for each in Results(house.database).export(of.id, state=known_state(state)))
    if as_json:
        print_json(list(lines))
    elif form == "jsonl":
        for each in lines:
            sys.stdout.write(json.dumps(each, ensure_ascii=False) + "\n")
    else:
        writer = csv_file.writer(sys.stdout)
        writer.writerow(COLUMNS)
        for each in lines:
            writer.writerow([harmless("" if each[name] is None else str(each[name])) for name in COLUMNS])


@app.command()
def tail(
    campaign: Maybe = None,
    once: Annotated[bool, typer.Option("--once", help="Print what is there and stop.")] = False,
    after: Annotated[
        str | None, typer.Option("--after", help="From this cursor on; the last 20 facts when not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow the facts, one a line, until Ctrl-C."""
    from homing.live.follow import catch_up
    from homing.store.events import BEGINNING, Events

    house = open_house()
    events = Events(house.database)
    topics = None if campaign is None else [f"campaign:{house.campaign(campaign).uid}"]
    cursor = _cursor(after) or (BEGINNING if campaign is not None else events.before_latest(20))
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            for event in catch_up(events, cursor, house.workspace.id, topics):
                cursor = event.cursor
                _print_event(event, as_json=as_json)
            sys.stdout.flush()
            if once:
                return
            threading.Event().wait(0.25)


def _cursor(after: str | None) -> "Cursor | None":
    from homing.store.events import Cursor

    try:
        return None if after is None else Cursor.parse(after)
    except Invalid as error:
        raise Invalid(f"--after: '{after}' is no cursor; `homing tail --json` shows them") from error


def _print_event(event: "Event", *, as_json: bool) -> None:
    if as_json:
        fact = {
            "cursor": str(event.cursor),
            "at": rfc3339(event.at),
            "topic": event.topic,
            "kind": event.kind,
            "body": dict(event.body),
        }
        sys.stdout.write(json.dumps(fact, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(
            f"{rfc3339(event.at)}  {event.kind:<22} {event.topic}  {json.dumps(dict(event.body), ensure_ascii=False)}\n"
        )
