"""`homing recurring`: campaigns that come again by a cron expression; each run is a campaign of its own."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, confirm, print_json, print_table, rfc3339, say
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.store.recurrences import Recurrence, Recurrences

app = typer.Typer(no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="NAME", help="Its name, or the beginning of its id.")]
Cron = Annotated[str, typer.Argument(metavar="CRON", help="Minute, hour, day, month, weekday: '0 9 * * 1'.")]
Zone = Annotated[str, typer.Option("--zone", help="Of the times, like Europe/Berlin.")]


@app.callback()
def recurring() -> None:
    """Campaigns that come again and again."""


@app.command()
def add(
    campaign: Annotated[
        str, typer.Argument(metavar="CAMPAIGN", help="A draft: each run is a copy of it as it is then.")
    ],
    cron: Cron,
    zone: Zone = "UTC",
    name: Annotated[str | None, typer.Option("--name", help="The campaign's own when not given.")] = None,
    as_json: Json = False,
) -> None:
    """Let a draft come again; its id goes to standard output."""
    from homing.store.recurrences import Recurrences

    house = open_house()
    store = Recurrences(house.database)
    made = store.add(house.campaign(campaign), cron, zone, name=name, by=house.by)
    if as_json:
        print_json(_told(store, made))
        return
    print(made.uid)
    say(f"'{made.name}' comes next at {rfc3339(made.next_at)}")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show what comes again, when next, and what the last run made."""
    from homing.store.recurrences import Recurrences

    house = open_house()
    store = Recurrences(house.database)
    found = [_told(store, each) for each in store.list(house.workspace.id)]
    if as_json:
        print_json({"recurring": found})
        return
    rows = [[e["name"], e["cron"], e["zone"], e["next_at"] or "off", _last(e["runs"]), e["id"]] for e in found]
    print_table(["name", "cron", "zone", "next", "last run", "id"], rows)


@app.command()
def show(which: Which, as_json: Json = False) -> None:
    """Show one with its runs: the campaign of each due time, or why there is none."""
    from homing.store.recurrences import Recurrences

    house = open_house()
    store = Recurrences(house.database)
    found = _told(store, store.find(house.workspace.id, which))
    if as_json:
        print_json(found)
        return
    say(f"{found['name']}: {found['cron']} {found['zone']}, next {found['next_at'] or 'never: it is off'}")
    print_table(["due", "campaign", "detail"], [[r["due_at"], r["campaign"], r["detail"]] for r in found["runs"]])


@app.command("set")
def set_(
    which: Which,
    cron: Annotated[str | None, typer.Option("--cron", help="Another time.")] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Another zone.")] = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Go on, or rest.")] = None,
    as_json: Json = False,
) -> None:
    """Change when it comes, or switch it off and on; the next time is counted from now."""
    from homing.store.recurrences import Recurrences

    if cron is None and zone is None and on is None:
        raise Invalid("say what to change: --cron, --zone, --on or --off")
    house = open_house()
    store = Recurrences(house.database)
    old = store.find(house.workspace.id, which)
    after = store.change(old, cron=cron, zone=zone, on=on, by=house.by)
    if as_json:
        print_json(_told(store, after))
    else:
        say(f"'{after.name}' " + (f"comes next at {rfc3339(after.next_at)}" if after.next_at else "is off"))


@app.command()
def remove(
    which: Which, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """End it; the campaigns that it made stay."""
    from homing.store.recurrences import Recurrences

    house = open_house()
    store = Recurrences(house.database)
    found = store.find(house.workspace.id, which)
    if not confirm(f"End the recurring campaign '{found.name}'?", yes=yes):
        raise typer.Exit(3)
    told = _told(store, found)
    store.remove(found, by=house.by)
    if as_json:
        print_json(told)
    else:
        say(f"'{found.name}' does not come again")


def _told(store: "Recurrences", of: "Recurrence") -> dict[str, Any]:
    runs = [{"due_at": rfc3339(r.due_at), "campaign": r.campaign, "detail": r.words} for r in store.runs(of, 10)]
    return {
        "id": of.uid,
        "name": of.name,
        "cron": of.cron,
        "zone": of.zone,
        "on": of.next_at is not None,
        "next_at": rfc3339(of.next_at),
        "runs": runs,
    }


def _last(runs: list[dict[str, Any]]) -> str:
    return "none yet" if not runs else str(runs[0]["detail"] or runs[0]["due_at"])
