"""How commands speak: results on standard output, words on standard error, JSON as exactly one document."""

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from homing.model.moment import rfc3339

__all__ = ["Json", "confirm", "print_json", "print_pairs", "print_table", "rfc3339", "say"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, and nothing else, on standard output.")]


def print_json(value: Any) -> None:
    """One document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    """A sentence for the person, on standard error."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def print_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table: drawn on a terminal, separated by tabs elsewhere."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table(*heads, box=box.SIMPLE_HEAD, header_style="bold")
        for row in cells:
            table.add_row(*(escape(cell) for cell in row))
        Console().print(table)
        return
    for row in [list(heads), *cells]:
        sys.stdout.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")


def print_pairs(pairs: Sequence[tuple[str, Any]]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        sys.stdout.write(f"{name:<{width}}  {'' if value is None else value}\n")


def confirm(question: str, *, yes: bool) -> bool:
    """Asks on a terminal; without one only `--yes` agrees."""
    if yes:
        return True
    if not sys.stdin.isatty():
        say(f"{question} Say --yes to agree.")
        return False
    return typer.confirm(question, err=True)
