"""`homing imports`: the history of imports, and what can be done with one."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, confirm, print_json, print_pairs, print_table, rfc3339, say

if TYPE_CHECKING:
    from homing.store.imports import Import

app = typer.Typer(no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id.")]


@app.callback()
def imports() -> None:
    """Imports of contacts: who, when, how many, and what became of them."""


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="So many at most.")] = 50, as_json: Json = False
) -> None:
    """Show imports, the newest first."""
    house = open_house()
    found = house.imports.imports.page(house.workspace.id, limit=limit)
    told = [told_of(each) for each in found]
    if as_json:
        print_json({"imports": told})
        return
    heads = ["id", "state", "file", "total", "created", "updated", "failed", "by", "at"]
    print_table(
        heads,
        [
            [each["id"][:13], _words(each), each["file_name"], *(each[n] for n in heads[3:7]), each["actor"], each["created_at"]]
            for each in told
        ],
    )  # fmt: skip


@app.command()
def show(
    which: Which,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Print every rejected row as CSV: correct it, and import that.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one import with its report."""
    from homing.contacts.report import body_of, tally_of

    house = open_house()
    of = house.imports.imports.find(house.workspace.id, which)
    if rejected:
        from homing.contacts.rejected import rejected_csv

        for piece in rejected_csv(house.database, house.imports.folder(of), of):
            sys.stdout.write(piece)
        return
    body = body_of(of, tally_of(of))
    if as_json:
        print_json({**told_of(of), **body, "undo": of.undo})
        return
    pairs: list[tuple[str, Any]] = [("id", of.uid), ("file", of.file_name), ("state", _words(told_of(of)))]
    pairs += [("by", of.actor), ("begun", rfc3339(of.created_at)), ("ended", rfc3339(of.finished_at))]
    pairs += [
        (name, body["report"][name]) for name in ("total", "created", "updated", "unchanged", "failed", "removed")
    ]
    pairs += [(f"  {type_}", count) for type_, count in body["report"]["errorsByType"].items()]
    if of.undo:
        pairs += [("undone", _undone(of))]
    print_pairs(pairs)
    for error in body["errors"]:
        print(f"row {error['row']}: {error['error']}" + (f" ({error['value']})" if error.get("value") else ""))


@app.command()
def resume(
    which: Which,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line; the last is the report.")] = False,
) -> None:
    """Go on with an import here and now; of a finished one its report is told."""
    from homing.cli.contacts_import import Showing, go_on

    house = open_house()
    go_on(house, house.imports.imports.find(house.workspace.id, which), Showing(as_json=as_json))


@app.command()
def undo(
    which: Which, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Take an import back: what it made is removed, what it changed is as before, whom it removed returns."""
    from homing.store.import_undo import ImportUndo

    house = open_house()
    of = house.imports.imports.find(house.workspace.id, which)
    if of.undo is None and not confirm(f"Undo the import of '{of.file_name}'?", yes=yes):
        raise typer.Exit(3)
    undoing = ImportUndo(house.database)
    after = undoing.run(undoing.begin(of, house.actor))
    if as_json:
        print_json({"id": after.uid, **dict(after.undo or {})})
        return
    say(_undone(after))


def _undone(of: "Import") -> str:
    undo = of.undo or {}
    return (
        f"{undo.get('removed', 0)} removed, {undo.get('restored', 0)} as before, {undo.get('returned', 0)} returned, "
        f"{undo.get('kept', 0)} kept because they were changed since"
    )


def told_of(of: "Import") -> dict[str, Any]:
    """An import as JSON."""
    from homing.contacts.report import tally_of

    report = tally_of(of).report()
    return {
        "id": of.uid,
        "kind": of.kind,
        "state": of.state.value,
        "reason": of.reason,
        "detail": of.detail,
        "file_name": of.file_name,
        "actor": of.actor,
        **{name: report[name] for name in ("total", "created", "updated", "failed")},
        "created_at": rfc3339(of.created_at),
        "finished_at": rfc3339(of.finished_at),
    }


def _words(told: dict[str, Any]) -> str:
    return f"{told['state']} ({told['reason']})" if told["reason"] else str(told["state"])
