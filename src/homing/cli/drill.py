"""`homing drill`: every promise about a rough network, kept or broken in front of your eyes."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from homing.cli.frame import NO
from homing.cli.output import Json, print_json
from homing.model.errors import HomingError, Invalid

app = typer.Typer()
INTERRUPTED = 130


@app.callback()
def drilling() -> None:
    """The drill."""


@app.command()
def drill(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="outage, slow, refusals, greylisting, overload, dns, dropped, crash, failover; all when not given.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove the resilience on this machine: servers on loopback that fail on purpose, and what they counted.

    Takes about a minute on throw-away data. Exit code 1: a promise was not kept.
    """
    from homing.drill.behaviours import BEHAVIOURS

    unknown = sorted(set(names or ()) - set(BEHAVIOURS))
    if unknown:
        raise Invalid(f"there is no drill '{unknown[0]}'; there are {', '.join(BEHAVIOURS)}")
    try:
        lines = asyncio.run(_run(names or list(BEHAVIOURS), quiet=as_json))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(INTERRUPTED) from None
    ok = all(line["ok"] for line in lines)
    if as_json:
        print_json({"ok": ok, "drills": lines})
    if not ok:
        raise typer.Exit(NO)


async def _run(names: Sequence[str], *, quiet: bool) -> list[dict[str, Any]]:
    from homing.cli.demo import end_on_signals
    from homing.demo.stage import Stage
    from homing.drill.behaviours import BEHAVIOURS
    from homing.drill.ground import PACE, PEOPLE, Ground

    end_on_signals()
    logging.getLogger().addHandler(logging.NullHandler())  # the drill has its own words
    out = sys.stderr if quiet else sys.stdout
    out.write(f"Each line is a campaign to {PEOPLE} people on throw-away data, counted at the servers.\n\n")
    lines: list[dict[str, Any]] = []
    with Stage(PACE) as stage:
        await stage.open()
        async with stage.worker():
            ground = Ground(stage)
            await ground.open()
            try:
                for name in names:
                    lines.append(await _one(name, BEHAVIOURS[name], ground))
                    out.write(_told(lines[-1]))
                    out.flush()
            finally:
                await ground.close()
    kept = sum(line["ok"] for line in lines)
    seconds = sum(line["seconds"] for line in lines)
    out.write(f"\n{kept} of {len(lines)} hold, in {seconds:.0f} s.\n")
    return lines


async def _one(name: str, behave: Any, ground: Any) -> dict[str, Any]:
    began = ground.clock.uptime()
    about = (behave.__doc__ or "").strip()
    try:
        async with ground.calm():
            found = await behave(ground)
        told = {"ok": found.ok, "words": found.words, "wrong": found.wrong, "counted": found.counted}
    except HomingError as error:
        told = {"ok": False, "words": error.detail, "wrong": [error.detail], "counted": {}}
    return {"name": name, "about": about, **told, "seconds": round(ground.clock.uptime() - began, 1)}


def _told(line: dict[str, Any]) -> str:
    mark = "pass" if line["ok"] else "FAIL"
    wrong = "".join(f"\n             not kept: {each}" for each in line["wrong"])
    return f"{line['name']:<12} {mark}  {line['about']}\n             {line['words']} ({line['seconds']} s){wrong}\n"
