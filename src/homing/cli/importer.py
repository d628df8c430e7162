"""`homing importer`: the process that works imports off; `serve` starts it and watches it."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import open_house

if TYPE_CHECKING:
    from homing.app import House

app = typer.Typer()
REPORT_EVERY = 0.5


@app.callback()
def importing() -> None:
    """Importing."""


@app.command(hidden=True)
def importer(
    report_fd: Annotated[
        int | None, typer.Option("--report-fd", hidden=True, help="A pipe on which to say that it lives.")
    ] = None,
) -> None:
    """Work imports off whose folders are on this machine. SIGTERM ends it between two chunks; killed it loses nothing."""
    from homing.cli.journal import keep_journal

    house = open_house()
    keep_journal(house.settings.log)
    asyncio.run(_run(house, report_fd))
    house.close()


async def _run(house: "House", report_fd: int | None) -> None:
    from homing.cli.worker import Watched, on_signals
    from homing.contacts.importer import Importer

    working = Importer(house.database, house.imports.folders)
    watched = Watched(report_fd)
    watched.gone = working.stop
    on_signals(working.stop, once=report_fd is not None)
    done = asyncio.create_task(asyncio.to_thread(working.run))
    while not done.done():
        watched.report(None)
        await asyncio.wait({done}, timeout=REPORT_EVERY)
    await done
