"""`homing list`: named groups of contacts."""

from typing import Annotated, Any

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say

app = typer.Typer(no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="LIST", help="Its name, or the beginning of its id.")]
Addresses = Annotated[
    list[str], typer.Argument(metavar="ADDRESS...", help="Contacts, by e-mail address, number or id.")
]


@app.callback()
def lists() -> None:
    """Named groups of contacts: what a campaign is sent to."""


@app.command()
def add(name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")], as_json: Json = False) -> None:
    """Make an empty list; its id goes to standard output."""
    from homing.store.lists import Lists

    house = open_house()
    made = Lists(house.database).add(house.workspace.id, name)
    if as_json:
        print_json({"id": made.uid, "name": made.name, "members": made.members})
        return
    print(made.uid)
    say(f"the list '{made.name}' is made")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the lists, and how many contacts are on each."""
    from homing.store.lists import Lists

    house = open_house()
    found = Lists(house.database).list(house.workspace.id)
    told = [
        {"id": one.uid, "name": one.name, "members": one.members, "created_at": rfc3339(one.created_at)}
        for one in found
    ]
    if as_json:
        print_json({"lists": told})
        return
    print_table(["name", "members", "id"], [[one["name"], one["members"], one["id"]] for one in told])


@app.command()
def members(
    which: Which,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many at most.")] = 100,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Go on behind this one.")] = None,
    as_json: Json = False,
) -> None:
    """Show who is on a list; `homing contacts export --list` gives all of them."""
    from homing.cli.contacts import print_page
    from homing.store.lists import Lists

    house = open_house()
    found = Lists(house.database).find(house.workspace.id, which)
    print_page(house, limit, cursor, list_id=found.id, as_json=as_json)


@app.command()
def put(which: Which, addresses: Addresses, as_json: Json = False) -> None:
    """Put contacts on a list."""
    from homing.cli.contacts import find
    from homing.store.lists import Lists

    house = open_house()
    lists_ = Lists(house.database)
    found = lists_.find(house.workspace.id, which)
    ids = [find(house, address).id for address in addresses]
    count = lists_.put(house.workspace.id, found.id, ids)
    _tell({"list": found.name, "added": count}, f"{count} put on '{found.name}'", as_json=as_json)


@app.command()
def take(which: Which, addresses: Addresses, as_json: Json = False) -> None:
    """Take contacts off a list; they stay contacts."""
    from homing.cli.contacts import find
    from homing.store.lists import Lists

    house = open_house()
    lists_ = Lists(house.database)
    found = lists_.find(house.workspace.id, which)
    ids = [find(house, address).id for address in addresses]
    count = sum(lists_.take_off(house.workspace.id, found.id, id_) for id_ in ids)
    _tell({"list": found.name, "taken": count}, f"{count} taken off '{found.name}'", as_json=as_json)


@app.command()
def remove(which: Which, as_json: Json = False) -> None:
    """Remove a list, not its members; refused while a campaign needs it."""
    from homing.store.lists import Lists

    house = open_house()
    lists_ = Lists(house.database)
    found = lists_.find(house.workspace.id, which)
    lists_.remove(house.workspace.id, found.id)
    _tell({"id": found.uid, "name": found.name}, f"the list '{found.name}' is removed", as_json=as_json)


def _tell(told: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        say(words)
