"""`homing segment`: stored filters over contacts and what was sent to them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, confirm, print_json, print_pairs, print_table, rfc3339, say
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.store.segments import Answer, Segment

app = typer.Typer(no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="SEGMENT", help="Its name, or the beginning of its id.")]
Text = Annotated[
    str, typer.Argument(metavar="FILTER", help='Like: city = "Bonn" and age >= 30 and did not get "Spring"')
]


@app.callback()
def segments() -> None:
    """Stored filters: contacts by what is known of them and by what was sent to them."""


@app.command()
def add(name: Annotated[str, typer.Argument(metavar="NAME")], text: Text, as_json: Json = False) -> None:
    """Keep a filter under a name; its id goes to standard output."""
    from homing.store.segments import Segments

    house = open_house()
    store = Segments(house.database)
    made = store.add(house.workspace.id, name, text)
    answer = store.ask(house.workspace.id, text)
    if as_json:
        print_json({**told(made), **_found(answer)})
        return
    print(made.uid)
    say(f"{answer.explained}: {answer.count} contacts now")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the segments."""
    from homing.store.segments import Segments

    house = open_house()
    found = [told(each) for each in Segments(house.database).list(house.workspace.id)]
    if as_json:
        print_json({"segments": found})
        return
    print_table(["name", "filter", "id"], [[each["name"], each["filter"], each["id"]] for each in found])


@app.command()
def count(
    which: Annotated[
        str | None, typer.Argument(metavar="[SEGMENT]", help="Its name, or the beginning of its id.")
    ] = None,
    text: Annotated[str | None, typer.Option("--filter", metavar="FILTER", help="Try one out instead.")] = None,
    as_json: Json = False,
) -> None:
    """Say how many contacts a segment finds now, what it means in words, and the first five of them."""
    from homing.store.segments import Segments

    if (which is None) is (text is None):
        raise Invalid("name a segment, or try a --filter")
    house = open_house()
    store = Segments(house.database)
    given = text if text is not None else store.find(house.workspace.id, str(which)).filter
    answer = store.ask(house.workspace.id, given)
    if as_json:
        print_json({"filter": given, **_found(answer)})
        return
    print_pairs([("means", answer.explained), ("contacts", answer.count)])
    print_table(["email", "phone", "name"], [[c.email, c.phone, c.name] for c in answer.sample])


@app.command("set")
def set_(
    which: Which,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    text: Annotated[str | None, typer.Option("--filter", help="Another filter.")] = None,
    as_json: Json = False,
) -> None:
    """Change a segment; refused while a campaign needs it."""
    from homing.store.segments import Segments

    changes = {key: value for key, value in (("name", name), ("filter", text)) if value is not None}
    if not changes:
        raise Invalid("say what to change: --name or --filter")
    house = open_house()
    store = Segments(house.database)
    after = store.change(house.workspace.id, store.find(house.workspace.id, which).id, changes)
    if as_json:
        print_json(told(after))
    else:
        say("the segment is changed")


@app.command()
def remove(
    which: Which, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Remove a segment, not its contacts; refused while a campaign needs it."""
    from homing.store.segments import Segments

    house = open_house()
    store = Segments(house.database)
    found = store.find(house.workspace.id, which)
    if not confirm(f"Remove the segment '{found.name}'?", yes=yes):
        raise typer.Exit(3)
    store.remove(house.workspace.id, found.id)
    if as_json:
        print_json(told(found))
    else:
        say(f"the segment '{found.name}' is removed")


def told(found: "Segment") -> dict[str, Any]:
    """A segment as JSON."""
    return {"id": found.uid, "name": found.name, "filter": found.filter, "created_at": rfc3339(found.created_at)}


def _found(answer: "Answer") -> dict[str, Any]:
    sample = [{"id": c.uid, "email": c.email, "phone": c.phone, "name": c.name} for c in answer.sample]
    return {"explained": answer.explained, "count": answer.count, "sample": sample}
