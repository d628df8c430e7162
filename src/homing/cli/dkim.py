"""`homing dkim`: keys that mail is signed with, and the records to paste into the DNS."""

from typing import Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say

app = typer.Typer(no_args_is_help=True)

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain of From.")]


@app.callback()
def dkim() -> None:
    """Keys that mail is signed with; needed where the relay does not sign. SendGrid and SES sign by themselves."""


@app.command()
def add(
    domain: Domain,
    algorithm: Annotated[
        str, typer.Option("--algorithm", metavar="rsa|ed25519", help="rsa is verified everywhere.")
    ] = "rsa",
    selector: Annotated[str, typer.Option("--selector", help="Made from the month when not given.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key for a domain and print its DNS record; mail from the domain is signed from the next campaign on."""
    from homing.store.dkim_keys import DkimKeys

    house = open_house()
    made = DkimKeys(house.database, house.seal).add(
        house.workspace.id, domain, algorithm=algorithm, selector=selector, actor=house.actor
    )
    if as_json:
        print_json(
            {"domain": made.domain, "selector": made.selector, "name": made.name, "type": "TXT", "value": made.record}
        )
        return
    print(f"{made.name}. IN TXT {' '.join(_quoted(made.record))}")
    say("paste this record into the DNS of the domain before the next campaign starts")


def _quoted(record: str) -> list[str]:
    """A TXT record is made of strings of at most 255 bytes (RFC 1035 section 3.3.14)."""
    return [f'"{record[at : at + 255]}"' for at in range(0, len(record), 255)]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the keys in use and their records."""
    from homing.store.dkim_keys import DkimKeys

    house = open_house()
    found = DkimKeys(house.database).list(house.workspace.id)
    if as_json:
        told = [
            {
                "domain": key.domain,
                "selector": key.selector,
                "algorithm": key.algorithm,
                "name": key.name,
                "value": key.record,
                "created_at": rfc3339(key.created_at),
            }
            for key in found
        ]
        print_json({"keys": told})
        return
    print_table(
        ["domain", "selector", "algorithm", "since"],
        [[key.domain, key.selector, key.algorithm, rfc3339(key.created_at)] for key in found],
    )


@app.command()
def retire(
    domain: Domain,
    selector: Annotated[str, typer.Argument(metavar="SELECTOR", help="Of the key.")],
    as_json: Json = False,
) -> None:
    """Sign no more with a key, and erase it."""
    from homing.store.dkim_keys import DkimKeys

    house = open_house()
    DkimKeys(house.database, house.seal).retire(house.workspace.id, domain, selector, actor=house.actor)
    if as_json:
        print_json({"domain": domain, "selector": selector, "retired": True})
    else:
        say("leave its record in the DNS for some days: mail that it signed is under way")
