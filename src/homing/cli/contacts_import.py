"""`homing contacts import`: a file of people, with its progress on standard error and its report on standard output."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import FAILED, IMPOSSIBLE, NO, OUT_OF_REACH, WRONG_USE, open_house
from homing.cli.output import say
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.app import House
    from homing.contacts.options import Options
    from homing.store.imports import Import

app = typer.Typer()
INTERRUPTED = 130
SHOWN_ERRORS = 20
Texts = list[str] | None
HOW = "How rows are read"


@app.command("import")
def import_(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="CSV, TSV or XLSX with a row of headings; - is standard input.")
    ] = None,
    to_list: Annotated[
        str | None, typer.Option("--list", metavar="L", help="Put everybody on this list, made when absent.")
    ] = None,
    columns: Annotated[
        Texts,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="What a column is; FIELD empty: leave out. Repeatable.",
            rich_help_panel=HOW,
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            "--default-country", metavar="CC", help="Where numbers without + are from, like LK.", rich_help_panel=HOW
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="phone|email", help="What a contact is known by; whichever a row has.", rich_help_panel=HOW
        ),
    ] = None,
    update_only: Annotated[bool, typer.Option("--update-only", help="Make no new contacts.")] = False,
    create_only: Annotated[bool, typer.Option("--create-only", help="Change no known contacts.")] = False,
    replace_all: Annotated[
        bool,
        typer.Option("--replace-all", help="Remove everybody whom the file does not name; shows the difference first."),
    ] = False,
    confirm: Annotated[
        int | None,
        typer.Option("--confirm-removal", metavar="N", help="The exact number that --replace-all may remove."),
    ] = None,
    on_bad: Annotated[
        str | None,
        typer.Option("--on-bad", metavar="drop|reject", help="A wrong value beside a good key.", rich_help_panel=HOW),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of the file; found out when not given.", rich_help_panel=HOW)
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="Between cells; found out when not given.", rich_help_panel=HOW)
    ] = None,
    sheet: Annotated[
        int | None, typer.Option("--sheet", metavar="N", help="Of a workbook; the first.", rich_help_panel=HOW)
    ] = None,
    chunk: Annotated[
        int | None, typer.Option("--chunk", help="Rows a transaction; 500, or 5000 of a large file.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --replace-all.")] = False,
    resume: Annotated[str | None, typer.Option("--resume", metavar="ID", help="Go on with an import.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line; the last is the report.")] = False,
) -> None:
    """Take contacts in from a file: new ones are made, known ones updated. Safe to run again, and to resume.

    Ends with 1 when rows were rejected, 3 when a guard refused, 4 when the database went away, 130 when interrupted.
    """
    if (file is None) is (resume is None):
        raise Invalid("name a FILE, or an import with --resume")
    house = open_house()
    showing = Showing(as_json=as_json)
    if resume is not None:
        of = house.imports.imports.find(house.workspace.id, resume)
        go_on(house, of, showing)
        return
    options = _options(
        upsertBy=by, mode=_mode(update_only, create_only), replaceAll=replace_all, list=to_list,
        defaultCountry=country,
        chunkSize=chunk, onBadValue=on_bad, encoding=encoding, delimiter=delimiter, sheet=sheet,
        columns=_pairs(columns), dryRun=dry_run,
    )  # fmt: skip
    of = _take_in(house, str(file), options, wanted=not replace_all)
    showing.begin(of)
    with _resumable(house, of):
        after = house.imports.run_here(of, show=showing.show)
        if replace_all and not dry_run:
            after = _replace(house, after, showing, confirm, yes=yes)
    end(house, after, showing)


def _options(**given: Any) -> "Options":
    from homing.contacts.options import read_options

    by = given["upsertBy"]
    if by not in (None, "auto", "email", "phone"):
        raise Invalid("--by is phone or email")
    return read_options(given)


def _mode(update_only: bool, create_only: bool) -> str | None:
    if update_only and create_only:
        raise Invalid("--update-only and --create-only exclude each other")
    return "updateOnly" if update_only else "createOnly" if create_only else None


def _pairs(given: Texts) -> dict[str, str] | None:
    found = {}
    for text in given or ():
        column, separator, field = text.rpartition("=")
        if not separator or not column:
            raise Invalid(f"--map: '{text}' is not COLUMN=FIELD")
        found[column] = field
    return found or None


def _take_in(house: "House", file: str, options: "Options", *, wanted: bool) -> "Import":
    """Lays the file down; what cannot be read as a table is said before anything is kept."""
    from homing.contacts.intake import Asked
    from homing.contacts.sources import sample

    asked = Asked(house.workspace.id, house.actor, file_name=Path(file).name)
    with opened(file) as source:
        if file != "-":
            problem = sample(Path(file), options, 1)["problem"]
            if problem is not None:
                raise Invalid(problem["detail"], code=problem["code"])
        return house.imports.take_in(asked, options, source, wanted=wanted)


@contextlib.contextmanager
def opened(file: str) -> Iterator[Any]:
    """A file to read bytes from; "-" is standard input. Raises Invalid when it cannot be opened."""
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below; an error of the reader is not one of opening
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    with source:
        yield source


@contextlib.contextmanager
def _resumable(house: "House", of: "Import") -> Iterator[None]:
    """Ctrl-C pauses the import and says how to go on."""
    from homing.model.errors import Conflict

    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(Conflict):
            house.imports.pause(house.imports.imports.get(of.id))
        say(f"interrupted; what is in stays. Go on with: homing contacts import --resume {of.uid}")
        raise typer.Exit(INTERRUPTED) from None


def _replace(house: "House", of: "Import", showing: "Showing", confirm: int | None, *, yes: bool) -> "Import":
    """Shows the difference, asks, and lets it run."""
    from homing.cli.output import confirm as ask
    from homing.contacts.intake import raise_failed

    raise_failed(of)
    would = of.found.get("would", {})
    say(
        f"replace all: {would['created']} new, {would['updated']} known, {would['removed']} of {would['current']} removed"
    )
    if confirm is None and not ask("Replace all contacts?", yes=yes):
        house.imports.cancel(of)
        raise typer.Exit(IMPOSSIBLE)
    house.imports.start(of, confirm)
    after = house.imports.run_here(of, show=showing.show)
    if after.reason == "awaiting_confirmation" and sys.stdin.isatty():
        say(str(after.detail))
        typed = typer.prompt("Type the number to go on", default="", show_default=False, err=True)
        if typed.isdecimal():
            house.imports.start(after, int(typed))
            after = house.imports.run_here(after, show=showing.show)
    return after


def go_on(house: "House", of: "Import", showing: "Showing") -> None:
    """Goes on with an import: a finished one tells its report and exits as it did."""
    from homing.model.imports import ENDED, State

    showing.begin(of)
    if of.state not in ENDED:
        if of.state is State.PAUSED:
            of = house.imports.resume(of)
        with _resumable(house, of):
            of = house.imports.run_here(of, show=showing.show)
    end(house, of, showing)


def end(house: "House", of: "Import", showing: "Showing") -> None:
    """The report, and the exit code that it means."""
    from homing.contacts.report import tally_of
    from homing.model.imports import Reason, State

    showing.end(of)
    if of.options.get("dry_run"):
        house.imports.folder(of).remove()
    tally = tally_of(of)
    match of.state:
        case State.FAILED:
            say(f"homing: {of.detail}")
            raise typer.Exit(
                {"limit": IMPOSSIBLE, "too_large": IMPOSSIBLE, "internal": FAILED}.get(str(of.reason), WRONG_USE)
            )
        case State.PAUSED if of.reason == Reason.AWAITING_CONFIRMATION:
            say(f"homing: {of.detail}; say --confirm-removal with that number")
            raise typer.Exit(IMPOSSIBLE)
        case State.PAUSED | State.CHECKING | State.RUNNING:
            say(f"it rests: {of.detail or of.reason}. Go on with: homing contacts import --resume {of.uid}")
            raise typer.Exit(OUT_OF_REACH)
        case State.CANCELLED:
            say("it was cancelled")
            raise typer.Exit(IMPOSSIBLE)
        case State.COMPLETED | State.UPLOADING | State.MAPPING:
            pass
    if tally.rejected or tally.cut:
        raise typer.Exit(NO)


class Showing:
    """What shows an import: lines of JSON, a bar on a terminal, nothing elsewhere; its report at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._uid = ""
        self._bar: Callable[[dict[str, Any]], None] | None = None
        self._stack = contextlib.ExitStack()

    def begin(self, of: "Import") -> None:
        self._uid = of.uid
        if self._as_json:
            _line({"id": of.uid, "state": of.state.value, "file": of.file_name, "size_bytes": of.size})
        elif sys.stderr.isatty():
            self._bar = self._stack.enter_context(_bar())

    def show(self, note: dict[str, Any]) -> None:
        if self._as_json:
            report = note.get("report") or {}
            types = (note.get("found") or {}).get("types") or {}
            _line(
                {
                    "id": self._uid,
                    "state": note.get("state") or ("running" if note["stage"] == "writing" else "checking"),
                    "stage": note["stage"],
                    "rows": note["rows"],
                    "total": note.get("total"),
                    "rate": note.get("rate"),
                    "created": report.get("created", 0),
                    "updated": report.get("updated", 0),
                    "rejected": sum(types.values()),
                }
            )
        elif self._bar is not None:
            self._bar(note)

    def end(self, of: "Import") -> None:
        from homing.contacts.report import body_of, tally_of

        self._stack.close()
        tally = tally_of(of)
        body = body_of(of, tally)
        if self._as_json:
            _line({"id": of.uid, **body["report"], **body})
            return
        print(body["message"])
        for error in [*body["errors"], *tally.warned()][:SHOWN_ERRORS]:
            where = f"row {error['row']}" if error["row"] > 0 else "upload"
            what = f", {error.get('field')} {error['value']!r}" if error.get("value") else ""
            other = f" (row {error['otherRow']})" if error.get("otherRow") else ""
            say(f"{where}{what}: {error['error']}{other}")
        more = tally.rejected + body["report"]["warnings"] - len([*body["errors"], *tally.warned()][:SHOWN_ERRORS])
        if more > 0 and not tally.cut:
            say(f"and {more} more; `homing imports show {of.uid[:13]} --rejected` lists every rejected row")


def _line(told: dict[str, Any]) -> None:
    import json

    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[dict[str, Any]], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.fields[stage]}"),
        BarColumn(),
        TextColumn("{task.fields[rows]} rows, {task.fields[rate]} rows/s, {task.fields[rejected]} rejected"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, stage="reading", rows=0, rate="-", rejected=0)

        def show(note: dict[str, Any]) -> None:
            types = (note.get("found") or {}).get("types") or {}
            words = note.get("reason") or note["stage"]
            bar.update(
                task, total=note.get("valid"), completed=note["rows"] if note.get("valid") else 0, stage=words,
                rows=note["rows"], rate=note.get("rate") or "-", rejected=sum(types.values()),
            )  # fmt: skip

        yield show
