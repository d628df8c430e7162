"""`homing sender`: the accounts that messages leave through."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say
from homing.cli.sender_flags import sender_flags
from homing.store.sender_options import HTTP
from homing.store.sender_options import told as settings_in_force

if TYPE_CHECKING:
    from homing.app import House
    from homing.model.outcome import NotSent
    from homing.store.senders import Sender

app = typer.Typer(no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="SENDER", help="Its name, or the beginning of its id.")]


@app.callback()
def sender() -> None:
    """The accounts that messages leave through."""


@app.command("add")
@sender_flags
def add(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="smtp, sendgrid, ses, whatsapp_cloud, whatsapp_linked, simulated.")
    ],
    name: Annotated[str, typer.Option("--name", help="What campaigns call it.")],
    options: Mapping[str, Any],
    credentials: Mapping[str, str],
    as_json: Json = False,
) -> None:
    """Make a sender."""
    house = open_house()
    made = house.senders.add(house.workspace.id, name, kind, options, credentials, actor=house.actor)
    _warn(made)
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
        print_json({"senders": [told(one) | _mailbox(house, one) for one in found]})
        return
    heads = ["name", "id", "kind", "health", "detail", "settings"]
    boxes = {one.id: _mailbox(house, one).get("mailbox", {}).get("trouble") for one in found}
    details = {one.id: "; ".join(filter(None, (one.health_detail, boxes[one.id]))) for one in found}
    print_table(heads, [[one.name, one.uid, one.kind, one.health, details[one.id], in_force(one)] for one in found])


@app.command("test")
def try_out(which: Which, as_json: Json = False) -> None:
    """Connect, log in and say good-bye, to its mailbox too; no message is sent. Exit code 1: a way is not open."""
    import asyncio

    from homing.app import probe

    house = open_house()
    found = house.senders.find(house.workspace.id, which)
    news = asyncio.run(probe(house, found.id))
    box = mailbox_trouble(house, found)
    if as_json:
        words = None if news is None else {"reason": news.reason, "stage": news.words.stage, "code": news.words.code}
        told = {"sender": found.name, "ok": news is None and box is None, "trouble": words}
        print_json({**told, "mailbox_trouble": box} if found.options.get("mailbox") else told)
    elif news is None:
        say(f"the sender '{found.name}' can send")
    else:
        say(f"the sender '{found.name}' cannot send: {way_trouble(house, found, news)}")
    if box is not None and not as_json:
        say(f"its bounces cannot be read: {box}")
    if news is not None or box is not None:
        raise typer.Exit(NO)


@app.command("account")
def account(
    which: Which,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask WhatsApp now.")] = False,
    as_json: Json = False,
) -> None:
    """Show what WhatsApp tells of a number of the Cloud API: quality, limit, templates. Exit code 1: it did not answer."""
    from homing.cli.numbers import show

    if show(open_house(), which, refresh=refresh, plain=as_json):
        raise typer.Exit(NO)


def way_trouble(house: "House", of: "Sender", news: "NotSent") -> str:
    """Why a sender cannot send, as the page and `homing status` say it."""
    from homing.model.unreached import in_words

    return in_words(news, house.senders.open(of.id).server if news.words.stage == "connect" else "")


def mailbox_trouble(house: "House", of: "Sender") -> str | None:
    """Why the mailbox of a sender cannot be read; None: it can, or it has none."""
    from homing.app.mailboxes import open_box
    from homing.model.errors import Unreachable

    if not of.options.get("mailbox"):
        return None
    try:
        open_box(house, of.id).look()
    except Unreachable as error:
        return error.detail
    return None


def _mailbox(house: "House", of: "Sender") -> dict[str, Any]:
    """How far the mailbox of a sender is read, for those that have one."""
    from homing.store.mailboxes import Mailboxes

    named = of.options.get("mailbox")
    if not named:
        return {}
    found = Mailboxes(house.database).standing(of.id, str(named))
    return {"mailbox": {"read_through": found.uid, "looked_at": rfc3339(found.looked_at), "trouble": found.trouble}}


@app.command()
def pair(
    which: Which,
    code: Annotated[
        str | None, typer.Option("--code", metavar="PHONE", help="Show a code to type on that phone, not a QR code.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Link a phone: shows the QR code here and waits until it is scanned. Exit code 1: it was not."""
    from homing.cli.pairing import pair_here

    house = open_house()
    if not pair_here(house, which, phone=code, as_json=as_json):
        raise typer.Exit(NO)


@app.command()
def remove(which: Which, as_json: Json = False) -> None:
    """Take a sender out of use and erase its password; refused while a campaign needs it. A linked device is unlinked first."""
    from homing.store.senders import Senders

    house = open_house()
    senders = Senders(house.database)
    found = senders.find(house.workspace.id, which)
    senders.check_unused(found.id)
    if found.kind == "whatsapp_linked":
        _unlink(house, found)
    gone = senders.remove(found.id, actor=house.actor)
    _tell(gone, "removed", as_json=as_json)


def _unlink(house: "House", of: "Sender") -> None:
    """A device that is removed here must not go on as one of the phone."""
    from homing.cli.pairing import unlink_here
    from homing.model.device import UNTOLD
    from homing.store.devices import Devices

    device = Devices(house.database).get(of.id)
    if device.jid is None:
        return
    say(f"unlinking {device.phone} at WhatsApp ...")
    say("unlinked: the phone does not list it any more" if unlink_here(house, device) else UNTOLD)


def _warn(of: "Sender") -> None:
    """What a person should know before the first message."""
    if of.kind in HTTP and settings_in_force(of.kind, of.options)["timeout_seconds"] < 30:
        say("--timeout under 30s gives up answers that would have come: what they were about becomes uncertain")
    if of.kind == "ses" and not of.options.get("configuration_set"):
        say("without --configuration-set nothing will be heard of deliveries, bounces and complaints")


def in_force(of: "Sender") -> str:
    """Every limit and patience of a sender in one line."""
    s = settings_in_force(of.kind, of.options)
    pace = s["pacing"]
    if pace in ("gentle", "careful"):
        pace += f" {_span(s['delay_seconds'])}, every {s['rest_every']} rests {_span(s['rest_seconds'])}"
    elif pace == "steady":
        pace += f" {s['per_minute']}/min"
    caps = [f"{name} {s[name]}" for name in ("rate", "hourly", "daily", "warm_up") if s[name] is not None]
    caps += [f"{s['per_domain']} to each domain"] if s["per_domain"] else []
    give_up = f"pauses after {s['give_up_after_seconds']:g}s" if s["give_up_after_seconds"] else "never pauses"
    parts = [
        f"pacing {pace}",
        *caps,
        f"{s['connections']} connections, {s['in_flight']} in flight",
        f"{s['retries']} retries from {s['backoff_seconds']:g}s to {s['backoff_cap_seconds']:g}s",
        f"defers for {s['defer_for_seconds'] / 3600:g}h",
        f"timeout {s['timeout_seconds']:g}s",
        f"looks at {', '.join(s['probe']) or 'its own end only'} ({s['probe_timeout_seconds']:g}s)",
        f"again every {s['check_every_seconds']:g}s",
        f"{give_up}, {'resumes' if s['resume_when_back'] else 'stays paused'} when back",
    ]
    return "; ".join(parts)


def _span(seconds: list[float]) -> str:
    return f"{seconds[0]:g}-{seconds[1]:g}s"


def told(of: "Sender") -> dict[str, Any]:
    """A sender as JSON; of credentials only since when they are set."""
    return {
        "id": of.uid,
        "name": of.name,
        "kind": of.kind,
        "health": of.health,
        "detail": of.health_detail,
        "options": dict(of.options),
        "settings": settings_in_force(of.kind, of.options),
        "credentials_set_at": rfc3339(of.credentials_at),
        "version": of.version,
        "created_at": rfc3339(of.created_at),
    }


def _tell(of: "Sender", deed: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told(of))
    else:
        say(f"the sender '{of.name}' is {deed}")
