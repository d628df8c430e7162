"""`homing user`: the people who may sign in, at the shell of the server's machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.app import House
    from homing.store.people import Person

app = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="E-MAIL", help="What they sign in with.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Set this password now, instead of printing a link."),
]


@app.callback()
def user() -> None:
    """The people of this workspace."""


@app.command()
def add(
    email: Email,
    role: Annotated[
        str | None, typer.Option("--role", help="owner, admin, sender, viewer; the first user is the owner.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Their name.")] = "",
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Let somebody sign in; prints a link to choose a password with, good once."""
    from homing.model.policy import Role
    from homing.store.people import People, parse_role

    house = open_house()
    people = People(house.database)
    wanted = parse_role(role) if role else Role.SENDER if people.any() else Role.OWNER
    password = _read(password_file)
    made = people.add(house.workspace.id, email, wanted, name=name, password=password, actor=house.actor)
    link = None if made.has_password else _link(house, "invite", made)
    if as_json:
        print_json({"id": made.uid, "email": made.email, "role": wanted, "link": link})
        return
    say(f"{made.email} is {wanted} of '{house.workspace.name}'")
    if link is not None:
        print(link)
        say("good once, within 7 days; it is not shown again")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show who may sign in."""
    from homing.store.people import People

    house = open_house()
    found = People(house.database).members(house.workspace.id)
    told: list[dict[str, Any]] = [
        {
            "id": each.person.uid,
            "email": each.person.email,
            "name": each.person.name,
            "role": each.role,
            "codes": each.person.codes,
            "invited": not each.person.has_password,
            "created_at": rfc3339(each.person.created_at),
            "disabled_at": rfc3339(each.person.disabled_at),
        }
        for each in found
    ]
    if as_json:
        print_json({"users": told})
        return
    heads = ["e-mail", "name", "role", "one-time codes", "disabled"]
    print_table(
        heads, [[u["email"], u["name"], u["role"], "on" if u["codes"] else "-", u["disabled_at"]] for u in told]
    )


@app.command()
def password(email: Email, password_file: PasswordFile = None, as_json: Json = False) -> None:
    """A new password: prints a link to choose it with, good once within an hour. Their sessions end when it is chosen."""
    from homing.store.people import People

    house = open_house()
    people = People(house.database)
    found = people.find(house.workspace.id, email).person
    chosen = _read(password_file)
    if chosen is not None:
        people.set_password(found, chosen, actor=house.actor)
    link = None if chosen is not None else _link(house, "reset" if found.has_password else "invite", found)
    if as_json:
        print_json({"id": found.uid, "email": found.email, "link": link})
    elif link is not None:
        print(link)
        say("good once; it is not shown again")
    else:
        say(f"the password of {found.email} is set, and their sessions are ended")


@app.command()
def disable(
    email: Email,
    again: Annotated[bool, typer.Option("--enable", help="Let them in again.")] = False,
    as_json: Json = False,
) -> None:
    """Shut somebody out: their sessions end at once, and their tokens may do nothing."""
    from homing.store.people import People

    house = open_house()
    people = People(house.database)
    found = people.find(house.workspace.id, email).person
    people.set_disabled(house.workspace.id, found, disabled=not again, actor=house.actor)
    if as_json:
        print_json({"id": found.uid, "email": found.email, "disabled": not again})
    else:
        say(f"{found.email} {'may sign in again' if again else 'is shut out'}")


def _link(house: "House", kind: str, person: "Person") -> str:
    from homing.store.sessions import Links

    secret = Links(house.database).make(kind, person.id, by=house.actor)
    return f"{house.settings.address}/link#{secret}"


def _read(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"--password-file: {path} cannot be read") from error
