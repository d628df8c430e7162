"""`homing form`: sign-up pages with double opt-in."""

from typing import Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, say

app = typer.Typer(no_args_is_help=True)
Ref = Annotated[str, typer.Argument(metavar="FORM", help="Its name, or the beginning of its id.")]


@app.callback()
def form() -> None:
    """Sign-up pages: who asks is mailed a link, who confirms is on the list, and the proof is kept."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the form is called.")],
    list_: Annotated[str, typer.Option("--list", metavar="LIST", help="Who confirms is put on it; made when absent.")],
    title: Annotated[str, typer.Option("--title", help="The heading of the page; its name when not given.")] = "",
    text: Annotated[str, typer.Option("--text", help="What people agree to.")] = "",
    as_json: Json = False,
) -> None:
    """Make a form and print its address."""
    from homing.store.forms import Forms
    from homing.store.lists import Lists

    house = open_house()
    of = Lists(house.database).ensure(house.workspace.id, list_)
    made = Forms(house.database).add(house.workspace.id, name, of.id, title=title, text=text, actor=house.actor)
    url = f"{house.links.base}/s/{made.uid}"
    if as_json:
        print_json({"id": made.uid, "name": made.name, "url": url})
    else:
        print(url)
        say("the mail that asks to confirm leaves through the sender for notices (HOMING_NOTICE_SENDER)")


@app.command("list")
def list_forms(as_json: Json = False) -> None:
    """Show the forms and their addresses."""
    from homing.store.forms import Forms

    house = open_house()
    base = house.links.base
    told = [
        {"id": each.uid, "name": each.name, "title": each.title, "version": each.version, "url": f"{base}/s/{each.uid}"}
        for each in Forms(house.database).list(house.workspace.id)
    ]
    if as_json:
        print_json({"forms": told})
    else:
        print_table(
            ["name", "title", "version", "address"],
            [[str(t[n]) for n in ("name", "title", "version", "url")] for t in told],
        )


@app.command()
def embed(ref: Ref) -> None:
    """Print the HTML that stands on another site."""
    from homing.store.forms import Forms
    from homing.web.signup import fields

    house = open_house()
    found = Forms(house.database).find(house.workspace.id, ref)
    print(fields("E-mail address", "Name", "Subscribe", action=f"{house.links.base}/s/{found.uid}"))


@app.command("text")
def set_text(
    ref: Ref, text: Annotated[str, typer.Argument(help="What people agree to from now on.")], as_json: Json = False
) -> None:
    """Change what people agree to, as a new version; what others agreed to stays with their proof."""
    from homing.store.forms import Forms

    house = open_house()
    store = Forms(house.database)
    changed = store.change_text(store.find(house.workspace.id, ref), text)
    if as_json:
        print_json({"id": changed.uid, "version": changed.version})
    else:
        say(f"'{changed.name}' asks for version {changed.version} now")


@app.command()
def remove(ref: Ref, as_json: Json = False) -> None:
    """Take a form out of use; its sign-ups stay as proof."""
    from homing.store.forms import Forms

    house = open_house()
    store = Forms(house.database)
    found = store.find(house.workspace.id, ref)
    store.remove(found, actor=house.actor)
    if as_json:
        print_json({"id": found.uid, "removed": True})
    else:
        say(f"'{found.name}' is out of use")
