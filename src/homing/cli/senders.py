"""`homing sender`: the accounts that messages leave through."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say
from homing.cli.sender_flags import sender_flags

if TYPE_CHECKING:
    from homing.store.senders import Sender

app = typer.Typer(no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="SENDER", help="Its name, or the beginning of its id.")]


@app.callback()
def sender() -> None:
    """The accounts that messages leave through."""


@app.command("add")
@sender_flags
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="smtp or simulated.")],
    name: Annotated[str, typer.Option("--name", help="What campaigns call it.")],
    options: Mapping[str, Any],
    credentials: Mapping[str, str],
    as_json: Json = False,
) -> None:
    """Make a sender."""
    house = open_house()
    made = house.senders.add(house.workspace.id, name, kind, options, credentials, actor=house.actor)
    _tell(made, "made", as_json=as_json)


@app.command("set")
@sender_flags
def set_(
    which: Which,
    options: Mapping[str, Any],
    credentials: Mapping[str, str],
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    as_json: Json = False,
) -> None:
    """Change a sender, also while campaigns run; an empty value takes an option away."""
    house = open_house()
    found = house.senders.find(house.workspace.id, which)
    made = house.senders.set(found.id, options, credentials, name=name, actor=house.actor)
    _tell(made, "changed", as_json=as_json)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the senders and how they are."""
    from homing.store.senders import Senders

    house = open_house()
    found = Senders(house.database).list(house.workspace.id)
    if as_json:
        print_json({"senders": [told(one) for one in found]})
        return
    heads = ["name", "id", "kind", "health", "detail"]
    print_table(heads, [[one.name, one.uid, one.kind, one.health, one.health_detail] for one in found])


@app.command("test")
def try_out(which: Which, as_json: Json = False) -> None:
    """Connect, log in and say good-bye; no message is sent. Exit code 1: the way is not open."""
    import asyncio

    from homing.app import probe

    house = open_house()
    found = house.senders.find(house.workspace.id, which)
    news = asyncio.run(probe(house, found.id))
    if as_json:
        words = None if news is None else {"reason": news.reason, "stage": news.words.stage, "code": news.words.code}
        print_json({"sender": found.name, "ok": news is None, "trouble": words})
    elif news is None:
        say(f"the sender '{found.name}' can send")
    else:
        say(
            f"the sender '{found.name}' cannot send: {news.reason} at {news.words.stage or 'connect'}. {news.words}".rstrip()
        )
    if news is not None:
        raise typer.Exit(NO)


@app.command()
def remove(which: Which, as_json: Json = False) -> None:
    """Take a sender out of use and erase its password; refused while a campaign needs it."""
    from homing.store.senders import Senders

    house = open_house()
    senders = Senders(house.database)
    gone = senders.remove(senders.find(house.workspace.id, which).id, actor=house.actor)
    _tell(gone, "removed", as_json=as_json)


def told(of: "Sender") -> dict[str, Any]:
    """A sender as JSON; of credentials only since when they are set."""
    return {
        "id": of.uid,
        "name": of.name,
        "kind": of.kind,
        "health": of.health,
        "detail": of.health_detail,
        "options": dict(of.options),
        "credentials_set_at": rfc3339(of.credentials_at),
        "version": of.version,
        "created_at": rfc3339(of.created_at),
    }


def _tell(of: "Sender", deed: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told(of))
    else:
        say(f"the sender '{of.name}' is {deed}")
