"""`homing config`: what this installation was told, and by whom."""

from typing import Annotated

import typer

from homing.cli.frame import read_settings
from homing.cli.output import Json, print_json, print_table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def config() -> None:
    """What this installation was told."""


@app.command()
def show(
    origins: Annotated[bool, typer.Option("--origins", help="Also where each comes from.")] = False,
    as_json: Json = False,
) -> None:
    """Print every setting; secrets only as whether they are set."""
    from homing.settings import SETTINGS, shown

    found = read_settings()
    told = [(setting, shown(found, setting), found.origins[setting.name]) for setting in SETTINGS]
    if as_json:
        print_json(
            {
                setting.variable: {"value": value, **({"origin": origin} if origins else {})}
                for setting, value, origin in told
            }
        )
        return
    heads = ["setting", "value", *(["from"] if origins else [])]
    rows = [
        [setting.variable, "(not set)" if value is None else value, *([origin] if origins else [])]
        for setting, value, origin in told
    ]
    print_table(heads, rows)
