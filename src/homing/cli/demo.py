"""`homing demo`: the show, on throw-away data."""

import asyncio
import contextlib
import logging
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import NO
from homing.cli.output import Json, print_json

if TYPE_CHECKING:
    from homing.demo.verdict import Verdict

app = typer.Typer()
INTERRUPTED = 130


@app.callback()
def showing() -> None:
    """The show."""


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser, and end when the show ends.")] = False,
    recipients: Annotated[
        int, typer.Option("--recipients", metavar="N", min=10, max=1_000_000, help="How many people get a mail.")
    ] = 500,
    as_json: Json = False,
) -> None:
    """See a real campaign survive a kill -9: throw-away data, a mail server on this machine, and the books at the end.

    Exit code 1: somebody was lost or got the mail twice.
    """
    out = sys.stderr if as_json else sys.stdout
    stay = not headless and not as_json and out.isatty()
    try:
        verdict = asyncio.run(_play(recipients, stay=stay, quiet=headless or as_json, as_json=as_json))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(INTERRUPTED) from None
    if not verdict.kept:
        raise typer.Exit(NO)


async def _play(recipients: int, *, stay: bool, quiet: bool, as_json: bool) -> "Verdict":
    from homing.world import SystemClock

    clock = SystemClock()
    began = clock.uptime()
    end_on_signals()
    logging.getLogger().addHandler(logging.NullHandler())  # the show has its own words for what the log says

    from homing.demo.page import open_page
    from homing.demo.show import Programme, Show
    from homing.demo.stage import Stage
    from homing.demo.teller import make_teller

    programme = Programme(recipients, on_page=_nothing if quiet else _open_browser)
    teller = make_teller(sys.stderr if as_json else sys.stdout, lambda: clock.uptime() - began)
    with contextlib.ExitStack() as held:
        held.enter_context(contextlib.closing(teller))
        stage = held.enter_context(Stage(programme.pace))
        teller.note(
            f"Homing sends a campaign to {recipients} people, and its process is killed with kill -9 in the middle."
        )
        teller.note("All of it happens in a throw-away folder and on this machine.\n")
        if stay:
            programme = replace(programme, page=held.enter_context(open_page(stage)).url)
        async with Show(programme, stage, teller).play() as verdict:
            if as_json:
                print_json(verdict.as_json())
            if stay:
                teller.note(
                    f"\nLook around: Homing is at {programme.page}, the inbox at {stage.inbox.url}, the ledger in {stage.folder}:"
                )
                teller.note(f"  homing status --data {stage.folder}")
                teller.note("Ctrl-C ends all of it and takes the folder away.")
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.get_running_loop().create_future()
    return verdict


def end_on_signals() -> None:
    """Ended from outside the show still tidies up."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)


def _nothing(_page: str) -> None:
    return None


def _open_browser(page: str) -> None:
    from homing.settings import has_display

    if has_display():
        import webbrowser

        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(page)
