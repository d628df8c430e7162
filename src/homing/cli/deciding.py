"""`homing pause`, `resume`, `mode`, `cancel`, `finish`, `approve`, `retry`: what a person decides about a campaign."""

from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, say
from homing.model.campaign import State
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.app import House
    from homing.store.campaigns import Campaign
    from homing.store.control import Control

app = typer.Typer()

Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name, or the beginning of its id.")]


def _control(house: "House") -> "Control":
    from homing.store.control import Control

    return Control(house.database)


def _tell(campaign: "Campaign", *, as_json: bool) -> None:
    if as_json:
        told = {"id": campaign.uid, "name": campaign.name, "mode": campaign.mode}
        print_json({**told, "state": campaign.state, "reason": campaign.reason})
    else:
        say(f"'{campaign.name}' is {campaign.state}" + (f" ({campaign.reason})" if campaign.reason else ""))


@app.command()
def pause(campaign: Named, as_json: Json = False) -> None:
    """Pause a campaign; nothing is handed over from this moment on."""
    house = open_house()
    _tell(_control(house).pause(house.campaign(campaign).id, house.by), as_json=as_json)


@app.command()
def resume(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="Its name, or the beginning of its id.")
    ] = None,
    stuck: Annotated[bool, typer.Option("--stuck", help="All that stand still for no person's reason.")] = False,
    as_json: Json = False,
) -> None:
    """Let a paused campaign go on, or start a draft; --stuck sets moving whatever stands still without a person's wish."""
    house = open_house()
    if stuck == (campaign is not None):
        raise Invalid("name a campaign, or say --stuck")
    if campaign is not None:
        _tell(_set_moving(house, house.campaign(campaign)), as_json=as_json)
        return
    moved = _control(house).rescue(house.by, house.workspace.id)
    if as_json:
        print_json({"resumed": len(moved), "campaigns": [each.uid for each in moved]})
        return
    for each in moved:
        say(f"'{each.name}' moves again")
    say(f"{len(moved)} resumed")


def _set_moving(house: "House", of: "Campaign") -> "Campaign":
    if of.state != State.DRAFT:
        return _control(house).resume(of.id, house.by)
    from homing.app import look_at
    from homing.model.finding import refused_by

    refused_by(look_at(house, of), anyway=False)
    return _control(house).start(of.id, house.by)


@app.command()
def mode(
    campaign: Named,
    which: Annotated[str, typer.Argument(metavar="server|attended", help="Who it needs.")],
    as_json: Json = False,
) -> None:
    """server: it is sent whoever watches ("Send via Cloud"). attended: only while a browser or terminal watches."""
    from homing.model.campaign import Mode
    from homing.model.intent import parse_mode
    from homing.store.attendance import Attendances

    house = open_house()
    changed = Attendances(house.database).change_mode(house.campaign(campaign).id, parse_mode(which), house.by)
    _tell(changed, as_json=as_json)
    if changed.mode is Mode.ATTENDED and not as_json:
        say('it is sent only while somebody watches: open it in a browser and choose "Watch from here"')


@app.command()
def cancel(campaign: Named, as_json: Json = False) -> None:
    """End a campaign for good; what has not left is cancelled."""
    house = open_house()
    control = _control(house)
    ended = control.cancel(house.campaign(campaign).id, house.by)
    while control.sweep_cancelled(ended.id):
        pass
    _tell(ended, as_json=as_json)


@app.command()
def finish(campaign: Named, as_json: Json = False) -> None:
    """End the waiting for recipients whose servers asked for a later try; they count as failed."""
    from homing.store.status import StatusBoard

    house = open_house()
    ended = _control(house).finish(house.campaign(campaign).id, house.by)
    _tell(ended, as_json=as_json)
    left = StatusBoard(house.database).campaign(ended.id).open
    if left and not as_json:
        say(f"{left} are still open: they were not waiting, or were being tried just now. Look, and say it again")


@app.command()
def approve(campaign: Named, as_json: Json = False) -> None:
    """Let a campaign go on after its canary."""
    house = open_house()
    _tell(_control(house).approve(house.campaign(campaign).id, house.by), as_json=as_json)


@app.command()
def retry(
    campaign: Named,
    reason: Annotated[str | None, typer.Option("--reason", metavar="R", help="Only those that failed so.")] = None,
    as_json: Json = False,
) -> None:
    """Queue failed recipients again that can succeed."""
    from homing.store.decisions import Decisions

    house = open_house()
    of = house.campaign(campaign)
    requeued = Decisions(house.database).retry(of.id, house.by, reason=reason)
    if as_json:
        print_json({"requeued": requeued})
        return
    say(f"{requeued} queued again")
    if of.state == State.PAUSED and requeued:
        say(f"the campaign is paused: `homing resume {of.uid[:18]}` sends them")
    if not requeued:
        say(f"`homing export {of.uid[:18]} --state failed` shows who failed and why")
