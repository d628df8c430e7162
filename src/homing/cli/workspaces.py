"""`homing workspace`: business profiles."""

from typing import Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]


@app.callback()
def workspace() -> None:
    """Business profiles, each with its own contacts, lists, senders and campaigns."""


@app.command()
def add(name: Name, as_json: Json = False) -> None:
    """Make a workspace; its id goes to standard output."""
    from homing.store.workspaces import Workspaces

    made = Workspaces(open_house().database).add(name)
    if as_json:
        print_json({"id": made.uid, "name": made.name})
        return
    print(made.uid)
    say(f"the workspace '{made.name}' is made; choose it with --workspace")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the workspaces."""
    from homing.store.workspaces import Workspaces

    found = Workspaces(open_house().database).list()
    told = [{"id": one.uid, "name": one.name, "created_at": rfc3339(one.created_at)} for one in found]
    if as_json:
        print_json({"workspaces": told})
        return
    print_table(["name", "id", "since"], [[one["name"], one["id"], one["created_at"]] for one in told])


@app.command()
def rename(
    which: Annotated[str, typer.Argument(metavar="WORKSPACE", help="Its name, or the beginning of its id.")],
    name: Name,
    as_json: Json = False,
) -> None:
    """Give a workspace another name; everything in it stays."""
    from homing.store.workspaces import Workspaces

    workspaces = Workspaces(open_house().database)
    after = workspaces.change(workspaces.find(which).id, name=name)
    if as_json:
        print_json({"id": after.uid, "name": after.name})
    else:
        say(f"it is called '{after.name}' now")
