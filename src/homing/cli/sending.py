"""`homing send`: from flags and files to a campaign that is under way."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.chatting import chat_of
from homing.cli.frame import NO, OUT_OF_REACH, open_house
from homing.cli.outlook import tell_outlook
from homing.cli.output import Json, print_json, say
from homing.model.errors import Invalid, NotFound

if TYPE_CHECKING:
    from homing.app import House
    from homing.cli.attending import Attending
    from homing.store.campaigns import Campaign

app = typer.Typer()

Texts = list[str] | None
Files = list[Path] | None
WHO, WHAT, HOW, CHAT = "Recipients", "Message", "Course", "Message by WhatsApp"


@app.callback()
def sending() -> None:
    """Sending."""


@app.command()
def send(
    sender: Annotated[
        Texts, typer.Option("--sender", help="Its name; repeatable, first preferred.", rich_help_panel=HOW)
    ] = None,
    list_: Annotated[Texts, typer.Option("--list", metavar="L", help="Repeatable.", rich_help_panel=WHO)] = None,
    exclude: Annotated[
        Texts, typer.Option("--exclude-list", metavar="L", help="Repeatable.", rich_help_panel=WHO)
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="S", help="Who it finds.", rich_help_panel=WHO)
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every contact.", rich_help_panel=WHO)] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="A file with a header.", rich_help_panel=WHO)
    ] = None,
    subject: Annotated[str | None, typer.Option(help="May have variables.", rich_help_panel=WHAT)] = None,
    preheader: Annotated[
        str | None, typer.Option(help="What inboxes show after the subject.", rich_help_panel=WHAT)
    ] = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="The plain text.", rich_help_panel=WHAT)] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="The HTML.", rich_help_panel=WHAT)] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="T", help="A stored message; --subject, --text and --html win.", rich_help_panel=WHAT),
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar='"NAME <A@B>"', rich_help_panel=WHAT)] = None,
    reply_to: Annotated[str | None, typer.Option("--reply-to", metavar="A@B", rich_help_panel=WHAT)] = None,
    header: Annotated[
        Texts, typer.Option("--header", metavar='"NAME: VALUE"', help="Repeatable.", rich_help_panel=WHAT)
    ] = None,
    attach: Annotated[Files, typer.Option("--attach", metavar="FILE", help="Repeatable.", rich_help_panel=WHAT)] = None,
    variables: Annotated[
        Path | None, typer.Option("--vars", metavar="FILE", help="JSON: variables for all.", rich_help_panel=WHAT)
    ] = None,
    whatsapp_text: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Beside the e-mail: each recipient gets one of the two.", rich_help_panel=CHAT
        ),
    ] = None,
    whatsapp_attach: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The one file that goes with it.", rich_help_panel=CHAT)
    ] = None,
    whatsapp_template: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="JSON: an approved template, name, language and values.", rich_help_panel=CHAT
        ),
    ] = None,
    prefer: Annotated[
        str | None,
        typer.Option(metavar="whatsapp,email", help="Where a contact consented to both or none.", rich_help_panel=CHAT),
    ] = None,
    failover_after: Annotated[
        str | None,
        typer.Option(
            metavar="5m",
            help="A channel so long down leaves its rest to the other; 0: never.",
            rich_help_panel=CHAT,
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the campaign is called; the subject when not given.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="Start then.", rich_help_panel=HOW)] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Only create it.", rich_help_panel=HOW)] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Show its progress until it ends.", rich_help_panel=HOW)] = False,
    attended: Annotated[
        bool,
        typer.Option("--attended", help="Send only while this terminal watches; needs --wait.", rich_help_panel=HOW),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what is missing and start nothing; a --csv is taken in.", rich_help_panel=HOW
        ),
    ] = False,
    canary: Annotated[
        int | None, typer.Option(metavar="N", help="Send so many, then wait for `approve`.", rich_help_panel=HOW)
    ] = None,
    stop_if_failed: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Pause when more fail (5%); 0: never.", rich_help_panel=HOW)
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="08:00-20:00", help="Send only then.", rich_help_panel=HOW)
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Of --window and --at (UTC).", rich_help_panel=HOW)
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="3,1", help="Share the work of several senders by weight.", rich_help_panel=HOW),
    ] = None,
    track: Annotated[
        str | None,
        typer.Option(metavar="opens,clicks", help="Count them; nothing is tracked else.", rich_help_panel=HOW),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Start although the check finds errors.", rich_help_panel=HOW)
    ] = False,
    as_json: Json = False,
) -> None:
    """Create a campaign and start it; prints its id."""
    from homing.app import check_letter
    from homing.store.drafting import Drafting, file_of
    from homing.store.references import NAME_LIMIT

    house = open_house()
    body: dict[str, Any] = {
        "name": name if name is not None else " ".join((subject or template or "").split())[:NAME_LIMIT],
        "template": template,
        "subject": subject,
        "preheader": preheader,
        "text": read_text(text, "--text"),
        "html": read_text(html, "--html"),
        "from": from_,
        "reply_to": reply_to,
        "headers": read_headers(header) or None,
        "vars": read_variables(variables),
        "start_at": at,
        "window": window,
        "mode": "attended" if attended else None,
        "zone": zone,
        "canary": canary,
        "stop_if_failed": stop_if_failed,
        "senders": sender or _only_sender(house),
        "weights": weights,
        "tracking": track,
        "prefer": prefer,
        "failover_after": failover_after,
        **chat_of(subject, whatsapp_text, whatsapp_attach, whatsapp_template),
    }
    if attended and not wait:
        raise Invalid("--attended: add --wait, for it is sent only while this terminal watches")
    files = [file_of(path.name, read_bytes(path, "--attach")) for path in attach or ()]
    drafting = Drafting(house.database)
    given = {key: value for key, value in body.items() if value is not None}
    if not (list_ or csv or everybody or segment):
        raise Invalid("say who gets it: --list, --segment, --csv or --all")
    audience: dict[str, Any] = {"all": everybody, "lists": [*(list_ or ())], "exclude_lists": exclude or []}
    if segment:
        audience["segment"] = segment
    given["audience"] = audience
    made = drafting.create(house.workspace.id, given, files)
    with _no_draft_left(house, made, keep=not dry_run):
        if csv is not None:  # last, for it may take its time: whatever else is wrong has been said by then
            check_letter(house, made)
            audience["lists"].append(_take_in(house, csv, made.name))
            made = drafting.edit(made, {"audience": audience})
        attending = _attend(house, made) if attended and not (draft or dry_run) else None
        _begin(house, made, draft=draft, dry_run=dry_run, anyway=anyway)
    if dry_run:
        return
    if as_json:
        print_json({"id": made.uid})
    else:
        print(made.uid, flush=True)
    if wait and not draft:
        from homing.cli.progress import watch_until_over

        watch_until_over(house, made, attending)


@app.command("try-out", hidden=True)
def try_out(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN")],
    to: Annotated[str, typer.Option("--to", metavar="A@B", help="Where the one message goes.")],
    as_json: Json = False,
) -> None:
    """Send one message of a campaign to an address, outside its audience."""
    import asyncio

    from homing.app import send_test
    from homing.contacts.normalise import Flaw, email, phone
    from homing.model.outcome import Accepted

    house = open_house()
    found = house.campaign(campaign)
    try:
        chat = "@" not in to if found.mixed else found.channel == "whatsapp"
        address = phone(to)[0] if chat else email(to)
    except Flaw as error:
        raise Invalid(f"--to: '{to}' is no address of this channel") from error
    outcome = asyncio.run(send_test(house, found, address))
    accepted = isinstance(outcome, Accepted)
    reason = None if isinstance(outcome, Accepted) else outcome.reason
    if as_json:
        print_json({"to": address, "accepted": accepted, "reason": reason, "code": outcome.words.code or None})
    else:
        say(f"{address}: " + ("accepted" if accepted else f"{reason} {outcome.words}"))
    if not accepted:
        raise typer.Exit(NO)


@contextlib.contextmanager
def _no_draft_left(house: "House", made: "Campaign", *, keep: bool) -> Iterator[None]:
    """A campaign that cannot start leaves no draft behind, and a dry run leaves none either."""
    from homing.store.campaigns import Campaigns

    try:
        yield
    except BaseException:
        Campaigns(house.database).remove(made.id)
        raise
    if not keep:
        Campaigns(house.database).remove(made.id)


def _attend(house: "House", made: "Campaign") -> "Attending":
    """This terminal becomes the one that watches."""
    from homing.cli.attending import Attending

    found = Attending(house, made)
    found.take()
    return found


def _begin(house: "House", made: "Campaign", *, draft: bool, dry_run: bool, anyway: bool) -> None:
    """Compiles, checks, starts. Errors of the check keep it from starting, unless somebody insists."""
    from homing.app import check
    from homing.model.finding import OK, failed, refused_by
    from homing.store.control import Control, check_ready

    if not draft:
        check_ready(made)
    found = check(house, made)
    for each in found.findings:
        if each.verdict != OK:
            say(each.line)
    rehearsed = found.rehearsal
    tell_outlook(house, made, rehearsed.total - rehearsed.failing)
    if dry_run and (rehearsed.failing or failed(found.findings)):
        raise typer.Exit(NO)
    if not (draft or dry_run):
        despite = refused_by(found.findings, anyway=anyway)
        Control(house.database).start(made.id, house.by, despite=despite)


def _take_in(house: "House", path: Path, name: str) -> str:
    """Imports the file into a list of its own, and returns the list's id."""
    from homing.contacts.intake import Asked
    from homing.contacts.options import Options
    from homing.contacts.report import tally_of
    from homing.model.ids import new_uid
    from homing.model.imports import State
    from homing.store.lists import Lists

    if not path.is_file():
        raise Invalid(f"--csv: {path} is no file that can be read")
    made = Lists(house.database).add(house.workspace.id, f"{name[:150]} ({path.name[:20]} {new_uid()[:18]})")
    asked = Asked(house.workspace.id, house.actor, file_name=path.name)
    of = house.imports.import_file(asked, Options(list_id=made.id), path)
    if of.state is not State.COMPLETED:
        say("the database went away while the file was taken in; nothing was started. Run the same command again")
        raise typer.Exit(OUT_OF_REACH)
    tally = tally_of(of)
    if tally.rejected:
        say(
            f"{tally.rejected} of {tally.total} rows of {path.name} were left out; "
            f"`homing imports show {of.uid[:13]}` says which and why"
        )
    return made.uid


def _only_sender(house: "House") -> list[str]:
    """Without --sender the only one there is."""
    found = house.senders.list(house.workspace.id)
    if len(found) == 1:
        return [found[0].uid]
    if not found:
        raise NotFound("there is no sender yet; `homing sender add` makes one")
    raise Invalid(f"--sender: choose one of {', '.join(each.name for each in found)}")


def read_text(path: Path | None, flag: str) -> str | None:
    """The text of a file in UTF-8. Raises Invalid."""
    if path is None:
        return None
    try:
        return read_bytes(path, flag).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{flag}: {path} is not in UTF-8") from error


def read_bytes(path: Path, flag: str) -> bytes:
    """What is in a file. Raises Invalid."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"{flag}: {path} cannot be read: {error.strerror}") from error


def read_headers(lines: Texts) -> list[list[str]]:
    """Headers as 'Name: value', taken apart. Raises Invalid."""
    return [_header(line) for line in lines or ()]


def _header(line: str) -> list[str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise Invalid(f"--header: '{line}' is no header; write 'Name: value'")
    return [name, value]


def read_variables(path: Path | None) -> Any:
    """Variables for all, from a file of JSON. Raises Invalid."""
    if path is None:
        return None
    return read_json(path, "--vars")


def read_json(path: Path, flag: str) -> Any:
    """Raises Invalid."""
    try:
        return json.loads(read_text(path, flag) or "")
    except ValueError as error:
        raise Invalid(f"{flag}: {path} is no JSON") from error
