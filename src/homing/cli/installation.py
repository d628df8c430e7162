"""`homing migrate`: brings the database to this version."""

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, say

app = typer.Typer()


@app.callback()
def installation() -> None:
    """The installation itself."""


@app.command()
def migrate(as_json: Json = False) -> None:
    """Bring the database to this version; safe to repeat."""
    from homing import app as house_of
    from homing.store import revision

    house = open_house()
    database = house_of.open_database(house.settings, house.world)
    before = revision.found(database)
    after = house_of.migrate(database)
    if as_json:
        print_json({"before": before, "after": after, "changed": before != after})
    else:
        say(f"the database is at revision {after}" + ("" if before != after else " already"))
