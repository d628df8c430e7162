"""`homing uncertain`: recipients whose message may or may not have been accepted, and a person's word on them."""

from typing import Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, say
from homing.model.errors import Conflict, Invalid

app = typer.Typer(no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name, or the beginning of its id.")]


@app.callback()
def uncertain() -> None:
    """Messages that perhaps were accepted: nothing is sent again unless a person says so."""


@app.command("list")
def list_(campaign: Named, as_json: Json = False) -> None:
    """Show them, each with what is known."""
    from homing.app import from_of
    from homing.live.lines import naming, told
    from homing.store.results import Results

    house = open_house()
    of = house.campaign(campaign)
    names = naming(of, from_of(house, of))
    found = [told(each, names) for each in Results(house.database).export(of.id, state="uncertain")]
    if as_json:
        print_json({"campaign": of.uid, "uncertain": found})
        return
    rows = [[each["seq"], each["email"] or each["phone"], each["reason"], each["at"]] for each in found]
    print_table(["seq", "recipient", "reason", "at"], rows)
    say(f"{len(found)} uncertain")
    if found:
        say(f"`homing uncertain resolve {of.uid[:18]} --seq N --as sent|failed|send-again` decides")


@app.command()
def resolve(
    campaign: Named,
    seq: Annotated[
        list[int] | None, typer.Option("--seq", metavar="N", min=1, max=2**63 - 1, help="A position; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    verdict: Annotated[
        str, typer.Option("--as", metavar="sent|failed|send-again", help="What they were, or are to be.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Say what they were; written down with who said so and when."""
    from homing.store.decisions import Decisions

    if everything == bool(seq):
        raise Invalid("name positions with --seq, or say --all")
    if not verdict:
        raise Invalid("say what they were, or are to be: --as sent, --as failed or --as send-again")
    house = open_house()
    of = house.campaign(campaign)
    seqs = None if everything else seq
    count = Decisions(house.database).resolve(of.id, house.by, seqs=seqs, as_=verdict)
    if seqs and not count:
        raise Conflict(
            f"none of these positions is uncertain; `homing uncertain list {of.uid[:18]}` shows those that are"
        )
    if as_json:
        print_json({"resolved": count, "as": verdict})
    else:
        say(f"{count} resolved as {verdict}")
