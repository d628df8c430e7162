"""`homing contacts import`: a file of people, with its progress on standard error and its report on standard output."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import NO, OUT_OF_REACH, open_house
from homing.cli.output import say
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.app import House
    from homing.contacts.importing import Options
    from homing.contacts.report import ImportReport, Progress, Started

app = typer.Typer()
INTERRUPTED = 130
SHOWN_ERRORS = 20


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV with a row of headings; - is standard input.")],
    to_list: Annotated[
        str | None, typer.Option("--list", metavar="L", help="Put everybody on this list, made when absent.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--default-country", metavar="CC", help="Where numbers without + are from, like LK.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="What a contact is known by: email, phone, or auto.")] = "auto",
    chunk: Annotated[int | None, typer.Option("--chunk", help="Rows a transaction; 500, then 2000.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Of the file; found out when not given.")] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="Between cells; found out when not given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line; the last is the report.")] = False,
) -> None:
    """Take contacts in from a CSV file: new ones are made, known ones updated. Safe to run again.

    Ends with 1 when rows were rejected, 4 when the database went away, 130 when interrupted.
    """
    from homing.contacts.importing import Options
    from homing.store.lists import Lists
    from homing.store.matching import By

    if by not in list(By):
        raise Invalid("--by is auto, email or phone")
    tab = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    options = Options(By(by), None, country, chunk, encoding, tab, dry_run)
    house = open_house()
    with opened(file) as source:
        if to_list and not dry_run:
            list_id = Lists(house.database).ensure(house.workspace.id, to_list).id
            options = Options(By(by), list_id, country, chunk, encoding, tab, dry_run)
        report = _run(house, source, options, as_json=as_json)
    if not as_json:
        _print_report(report)
    if report.connection_lost:
        raise typer.Exit(OUT_OF_REACH)
    if report.failed:
        raise typer.Exit(NO)


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


def _run(house: "House", source: Any, options: "Options", *, as_json: bool) -> "ImportReport":
    """Runs the import to its report; Ctrl-C ends it between two chunks and says what is in."""
    from homing.contacts.importing import import_csv
    from homing.contacts.report import ImportReport, Progress
    from homing.store.contacts import Contacts

    last: Progress | None = None
    with _bar(as_json=as_json) as show:
        try:
            for told in import_csv(source, Contacts(house.database), house.workspace.id, options):
                show(told)
                if isinstance(told, ImportReport):
                    return told
                last = told if isinstance(told, Progress) else last
        except KeyboardInterrupt:
            rows = last.rows if last else 0
            say(f"interrupted after {rows} rows; they stay. Run it again: who is in already is updated, not doubled")
            raise typer.Exit(INTERRUPTED) from None
    raise AssertionError("an import ends with its report")


@contextlib.contextmanager
def _bar(*, as_json: bool) -> Iterator[Any]:
    """What shows each step: lines of JSON, a bar on a terminal, nothing elsewhere."""
    if as_json:
        yield _print_line
    elif not sys.stderr.isatty():
        yield lambda _: None
    else:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("importing"),
            BarColumn(),
            TextColumn("{task.fields[rows]} rows, {task.fields[failed]} rejected"),
            TimeRemainingColumn(),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None, rows=0, failed=0)
            yield lambda told: _move(bar, task, told)


def _move(bar: Any, task: Any, told: "Started | Progress | ImportReport") -> None:
    from homing.contacts.report import Progress, Started

    match told:
        case Started():
            bar.update(task, total=told.size)
        case Progress():
            bar.update(task, completed=told.done, rows=told.rows, failed=told.failed)
        case _:
            pass


def _print_line(told: "Started | Progress | ImportReport") -> None:
    import json

    sys.stdout.write(json.dumps(told.to_json(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_report(report: "ImportReport") -> None:
    print(report.message)
    for error in report.errors[:SHOWN_ERRORS]:
        where = f"row {error.row}" if error.row > 0 else "upload"
        what = f", {error.field} {error.value!r}" if error.value else ""
        other = f" (row {error.other_row})" if error.other_row else ""
        say(f"{where}{what}: {error.error}{other}")
    more = sum(report.errors_by_type.values()) + report.warnings - len(report.errors[:SHOWN_ERRORS])
    if more > 0 and not report.connection_lost:
        say(f"and {more} more; --json lists the first 100 and counts all of them by type")
