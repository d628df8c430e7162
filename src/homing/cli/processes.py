"""`homing serve` and `homing worker`: the processes that stay."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import open_house

if TYPE_CHECKING:
    from homing.app import House
    from homing.engine.worker import Worker

app = typer.Typer()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where there is one."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


@app.command()
def worker(
    report_fd: Annotated[
        int | None, typer.Option("--report-fd", hidden=True, help="Where to say that it lives.")
    ] = None,
) -> None:
    """Run one worker process, on this machine or another; SIGTERM drains it."""
    from homing.cli.journal import keep_journal

    house = open_house()
    keep_journal(house.settings.log)
    house.seal  # noqa: B018 - a missing key is said at the start, not at the first message
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_work(house, report_fd))
    house.close()


async def _work(house: "House", report_fd: int | None) -> None:
    from homing.app import make_worker

    working = make_worker(house, _reporter(report_fd))
    _stop_by_signal(working)
    await working.run()


def _reporter(fd: int | None) -> Callable[[], None]:
    """Writes a byte to whoever watches this process; a watcher that is gone is no reason to stop."""
    if fd is None:
        return lambda: None
    out = Path(f"/dev/fd/{fd}").open("wb", buffering=0)  # noqa: SIM115 - open as long as the process

    def report() -> None:
        with contextlib.suppress(OSError):
            out.write(b".")

    return report


def _stop_by_signal(working: "Worker") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, working.stop)
