"""`homing worker`: one process that sends, on this machine or another."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import open_house

if TYPE_CHECKING:
    from homing.app import House
    from homing.model.storage import Refusal

app = typer.Typer()

ECHO_SECONDS = 0.5
YOUNG = 20_000  # new objects between two looks for garbage


@app.callback()
def working() -> None:
    """Sending."""


@app.command()
def worker(
    report_fd: Annotated[
        int | None,
        typer.Option("--report-fd", hidden=True, help="A pipe on which to say twice a second that it lives."),
    ] = None,
) -> None:
    """Run one worker process. SIGTERM ends it in order, a second signal at once; neither loses or repeats a message."""
    from homing.cli.journal import keep_journal

    house = open_house()
    keep_journal(house.settings.log)
    house.seal  # noqa: B018 - a missing key is said at the start, not at the first message
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_work(house, report_fd))
    house.close()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where there is one."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


def spare_the_collector() -> None:
    """Messages leave no cycles behind, and what is loaded by now stays: looking for garbage every 700 objects is in vain."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


async def _work(house: "House", report_fd: int | None) -> None:
    from homing.app import make_worker

    watched = Watched(report_fd)
    working = make_worker(house, watched.report)
    spare_the_collector()
    watched.gone = working.stop
    on_signals(working.stop, once=report_fd is not None)
    await working.run()


class Watched:
    """The pipe to whoever watches this process. When its other end is gone, so is the watcher: `gone` is called."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd
        self.gone: Callable[[], None] = lambda: None
        if fd is not None:
            os.set_blocking(fd, False)

    def report(self, told: "Refusal | None") -> None:
        """Writes one line. A watcher that only looks away (a full pipe) is no reason to stop."""
        from homing.engine.refusals import report_line

        if self._fd is None:
            return
        try:
            os.write(self._fd, report_line(told))
        except BlockingIOError:
            pass
        except OSError:
            self._fd = None
            self.gone()


def on_signals(stop: Callable[[], None], *, once: bool = False) -> None:
    """The first SIGTERM or SIGINT calls `stop`. A second one, if it is a person's, ends at once: the ledger knows the rest.

    Service managers send the same signal to the supervisor and to its children, and the supervisor passes its own on: so
    a watched worker counts only the first (`once`; its supervisor ends it with -9), and the others forgive an echo.
    """
    loop = asyncio.get_running_loop()
    first: float | None = None

    def obey(number: int) -> None:
        nonlocal first
        if first is None:
            first = loop.time()
            stop()
        elif not once and loop.time() - first > ECHO_SECONDS:
            os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, obey, number)
