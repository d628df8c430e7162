"""`homing token`: who else may speak to the API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say

if TYPE_CHECKING:
    from homing.app import House

app = typer.Typer(no_args_is_help=True)


@app.callback()
def token() -> None:
    """API tokens: each belongs to one workspace."""


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "api",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read, write, send, admin, people; all when not given.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="RFC 3339, or days like 90d; never when not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it; it is shown this once."""
    from homing.model.policy import ALL
    from homing.store.tokens import Tokens

    house = open_house()
    ends = _ends(house, expires)
    made, secret = Tokens(house.database).create(
        house.workspace.id, name, scope or ALL, actor=house.actor, expires_at=ends
    )
    if as_json:
        print_json({"id": made.uid, "name": made.name, "scopes": list(made.scopes), "token": secret})
    else:
        print(secret)
        say("keep it now: it is not stored and cannot be shown again")


def _ends(house: "House", text: str | None) -> int | None:
    from homing.model.intent import parse_time
    from homing.model.pacing import parse_duration

    if text is None:
        return None
    if text[:4].isdecimal() and "-" in text:
        return parse_time(text, pointer="/expires")
    return house.world.clock.now() + int(parse_duration(text) * 1000)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the tokens of this workspace, never their secrets."""
    from homing.store.tokens import Tokens

    house = open_house()
    found = Tokens(house.database).list(house.workspace.id)
    told: list[dict[str, Any]] = [
        {
            "id": t.uid,
            "name": t.name,
            "scopes": list(t.scopes),
            "created_at": rfc3339(t.created_at),
            "last_used_at": rfc3339(t.last_used_at),
            "revoked_at": rfc3339(t.revoked_at),
            "expires_at": rfc3339(t.expires_at),
        }
        for t in found
    ]
    if as_json:
        print_json({"tokens": told})
    else:
        heads = ["name", "id", "scopes", "last used", "revoked"]
        print_table(
            heads, [[t["name"], t["id"], " ".join(t["scopes"]), t["last_used_at"], t["revoked_at"]] for t in told]
        )


@app.command()
def revoke(
    token: Annotated[str | None, typer.Argument(help="Its name, or the beginning of its id.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name.")] = None,
    as_json: Json = False,
) -> None:
    """End a token: it is refused from the next request on."""
    from homing.store.tokens import Tokens

    reference = token or name
    if reference is None:
        raise typer.BadParameter("name the token")
    house = open_house()
    ended = Tokens(house.database).revoke(house.workspace.id, reference, actor=house.actor)
    if as_json:
        print_json({"id": ended.uid, "name": ended.name, "revoked_at": rfc3339(ended.revoked_at)})
    else:
        say(f"the token '{ended.name}' is revoked")
