"""`homing lint`: looks at a letter, of files or of a campaign, before anybody gets it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json
from homing.cli.sending import Files, Texts, read_bytes, read_headers, read_text, read_variables
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homing.app import House
    from homing.model.finding import Finding

app = typer.Typer()

_FROM = "you@example.org"
_UID = "00000000-0000-7000-8000-000000000000"


@app.callback()
def linting() -> None:
    """Looking at letters."""


@app.command()
def lint(
    campaign: Annotated[
        str | None, typer.Argument(metavar="CAMPAIGN", help="Looks at this campaign, and at what its readers lack.")
    ] = None,
    subject: Annotated[str, typer.Option(help="May have variables.")] = "Subject",
    preheader: Annotated[str | None, typer.Option(help="What inboxes show after the subject.")] = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="The plain text.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="The HTML.")] = None,
    from_: Annotated[str, typer.Option("--from", metavar='"NAME <A@B>"')] = _FROM,
    header: Annotated[Texts, typer.Option("--header", metavar='"NAME: VALUE"', help="Repeatable.")] = None,
    attach: Annotated[Files, typer.Option("--attach", metavar="FILE", help="Repeatable.")] = None,
    variables: Annotated[Path | None, typer.Option("--vars", metavar="FILE", help="JSON: variables for all.")] = None,
    as_json: Json = False,
) -> None:
    """Check a letter: size, links, images, the way out, variables. Exit code 1: it has errors that keep it from starting."""
    from homing.model.finding import failed

    house = open_house()
    if campaign is not None:
        from homing.app import check

        found = check(house, house.campaign(campaign)).findings
    elif text is None and html is None:
        raise Invalid("say what to look at: a campaign, or --html FILE, --text FILE")
    else:
        found = _of_files(
            house,
            {
                "subject": subject,
                "preheader": preheader,
                "text": read_text(text, "--text"),
                "html": read_text(html, "--html"),
                "from_": from_,
                "headers": tuple((name, value.strip()) for name, value in read_headers(header)),
                "common": read_variables(variables) or {},
            },
            attach or [],
        )
    if as_json:
        print_json({"ok": not failed(found), "findings": [asdict(each) for each in found]})
    else:
        for each in found:
            print(each.line)
    if failed(found):
        raise typer.Exit(NO)


def _of_files(house: "House", given: dict[str, object], attach: list[Path]) -> "Sequence[Finding]":
    """The same check without a database: links are made as if this installation had it already."""
    from homing.content.letter import Attachment, LetterSource, compile_letter
    from homing.content.links import Links
    from homing.content.lint import inspect
    from homing.store.drafting import file_of

    host, port = house.settings.bind
    base = house.settings.public_url or f"http://{host}:{port}"
    files = tuple(Attachment(*file_of(path.name, read_bytes(path, "--attach"))) for path in attach)
    links = Links((b"nobody reads these",), base).of(1, _UID)
    letter = compile_letter(LetterSource(**given, campaign_uid=_UID, links=links, attachments=files))  # type: ignore[arg-type]  # by the names of its fields
    return inspect(letter)
