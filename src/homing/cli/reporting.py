"""`homing report`: what became of a campaign."""

from dataclasses import asdict
from typing import Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say

app = typer.Typer()


@app.callback()
def reporting() -> None:
    """Reporting."""


@app.command()
def report(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name, or the beginning of its id.")],
    as_json: Json = False,
) -> None:
    """Show what became of a campaign: delivered, bounced, complained, unsubscribed; in all, by domain, and hour by hour."""
    from homing.store.reports import Reports

    house = open_house()
    found = Reports(house.database).of(house.campaign(campaign).id)
    if as_json:
        print_json({**asdict(found), "hours": [{**each, "at": rfc3339(each["at"])} for each in found.hours]})
        return
    say(f"{found.name}: {found.state}, an audience of {found.audience}")
    print_table(
        ["", "recipients", "of those sent"],
        [[n, str(c), _share(c, found.totals["sent"])] for n, c in found.totals.items()],
    )
    heads = ["domain", "audience", "sent", "delivered", "bounced", "complained", "failed", "unsubscribed"]
    heads += [{"opens": "opened", "clicks": "clicked"}[each] for each in found.tracking]
    if len(found.channels) > 1:
        print_table(
            ["channel", *heads[1:]], [[str(each[head]) for head in ("channel", *heads[1:])] for each in found.channels]
        )
    if found.domains:
        print_table(heads, [[str(each[head]) for head in heads] for each in found.domains])
    if found.links:
        print_table(["link", "clicked"], [[each["url"], str(each["clicked"])] for each in found.links])
    if "opens" in found.tracking:
        say("opens are a guess: some programs load images for their users, others load none")


def _share(count: int, sent: int) -> str:
    return f"{count / sent:.1%}" if sent else ""
