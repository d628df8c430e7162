"""`homing suppressions`: who must not be sent to."""

import csv
import io
import json
import sys
from typing import Annotated, Any

import typer

from homing.cli.contacts_import import opened
from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say
from homing.model.errors import Invalid, NotFound

app = typer.Typer(no_args_is_help=True)

Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="E-mail address, @domain, or phone number.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one word.")]
Country = Annotated[
    str | None, typer.Option("--default-country", metavar="CC", help="Where numbers without + are from, like LK.")
]


@app.callback()
def suppressions() -> None:
    """Addresses and whole domains that no campaign reaches."""


@app.command()
def add(addresses: Addresses, reason: Reason = "by_person", country: Country = None, as_json: Json = False) -> None:
    """Suppress addresses, or whole domains as @domain; running campaigns leave them out from now on."""
    from homing.contacts.leaving_out import channel_of
    from homing.contacts.normalise import address, check_country
    from homing.store.suppressions import Suppressions

    given = [address(text, check_country(country)) for text in addresses]
    house = open_house()
    store = Suppressions(house.database)
    added = 0
    for channel in ("email", "whatsapp"):
        chosen = [one for one in given if channel_of(one) == channel]
        if chosen:
            added += store.add(house.workspace.id, chosen, reason=reason, channel=channel)
    _tell(
        {"added": added, "known": len(given) - added},
        f"{added} suppressed, {len(given) - added} were already",
        as_json=as_json,
    )


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """Show who is suppressed, why and since when; `export` gives all of them."""
    from homing.store.suppressions import Suppressions

    house = open_house()
    store = Suppressions(house.database)
    page = store.page(house.workspace.id, limit=limit)
    told = [
        {"channel": one.channel, "address": one.address, "reason": one.reason, "since": rfc3339(one.since)}
        for one in page
    ]
    total = store.count(house.workspace.id)
    if as_json:
        print_json({"suppressions": told, "total": total})
        return
    print_table(
        ["address", "channel", "reason", "since"], [[t["address"], t["channel"], t["reason"], t["since"]] for t in told]
    )
    if total > len(told):
        say(f"{total - len(told)} more; `homing suppressions export` gives all")


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="One address a line, or CSV; - is standard input.")],
    reason: Reason = "import",
    country: Country = None,
    as_json: Json = False,
) -> None:
    """Suppress every address of a file; ends with 1 when some lines are no address."""
    from homing.contacts.leaving_out import import_suppressions
    from homing.store.suppressions import Suppressions

    house = open_house()
    with opened(file) as source:
        done = import_suppressions(
            source, Suppressions(house.database), house.workspace.id, reason=reason, country=country
        )
    told = {"total": done.total, "added": done.added, "known": done.known, "failed": done.failed}
    for error in () if as_json else done.errors[:20]:
        say(f"row {error.row}: {error.value or ''} {error.error}")
    words = f"{done.added} suppressed, {done.known} were already, {done.failed} lines are no address"
    _tell({**told, "errors": [error.to_json() for error in done.errors]}, words, as_json=as_json)
    if done.failed:
        raise typer.Exit(NO)


@app.command()
def export(form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv", as_json: Json = False) -> None:
    """Write every suppression to standard output: channel, address, reason, since. `import` takes it in again."""
    from homing.contacts.exporting import harmless
    from homing.store.suppressions import Suppressions

    if form not in ("csv", "jsonl"):
        raise Invalid("--format is csv or jsonl")
    house = open_house()
    every = Suppressions(house.database).export(house.workspace.id)
    rows = ((one.channel, one.address, one.reason, rfc3339(one.since) or "") for one in every)
    heads = ("channel", "address", "reason", "since")
    if as_json:
        print_json({"suppressions": [dict(zip(heads, row, strict=True)) for row in rows]})
    elif form == "jsonl":
        for row in rows:
            sys.stdout.write(json.dumps(dict(zip(heads, row, strict=True)), ensure_ascii=False) + "\n")
    else:
        line = io.StringIO(newline="")
        for row in (heads, *rows):
            csv.writer(line, lineterminator="\n").writerow([harmless(cell) for cell in row])
            sys.stdout.write(line.getvalue())
            line.seek(0)
            line.truncate()


@app.command()
def remove(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="E-mail address, @domain, or phone number.")],
    country: Country = None,
    as_json: Json = False,
) -> None:
    """Let an address be sent to again; it is written down who did so."""
    from homing.contacts.leaving_out import channel_of
    from homing.contacts.normalise import address as normal
    from homing.contacts.normalise import check_country
    from homing.store.suppressions import Suppressions

    given = normal(address, check_country(country))
    house = open_house()
    store = Suppressions(house.database)
    if not store.remove(house.workspace.id, given, channel=channel_of(given), actor=house.actor):
        raise NotFound("this is not suppressed here")
    _tell({"address": given}, "it may be sent to again", as_json=as_json)


def _tell(told: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        say(words)
