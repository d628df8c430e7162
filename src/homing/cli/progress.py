"""`send --wait`: a campaign's progress on this terminal until it ends. Ctrl-C leaves the campaign running, and says so."""

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from homing.cli.frame import IMPOSSIBLE
from homing.cli.output import say
from homing.model.campaign import RESCUABLE, PauseReason, State
from homing.model.moment import rfc3339
from homing.store.status import CampaignStatus, StatusBoard

if TYPE_CHECKING:
    from homing.app import House
    from homing.cli.attending import Attending
    from homing.store.campaigns import Campaign

LOOK_EVERY = 0.5
SAY_EVERY = 10.0
OVER = frozenset({State.COMPLETED, State.CANCELLED})


def duration(seconds: int | None) -> str:
    """'1:02:03' or '2:03'; '-' when not known."""
    if seconds is None:
        return "-"
    hours, rest = divmod(seconds, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def line(now: CampaignStatus) -> str:
    """One line of words: counts, rate, time left, and why it waits."""
    if not (now.planned or now.audience):
        return _before(now)
    parts = [f"{now.sent} sent"]
    parts += [
        f"{getattr(now, name)} {name}" for name in ("failed", "skipped", "cancelled", "uncertain") if getattr(now, name)
    ]
    parts.append(f"{now.open} open" + ("" if now.planned else " so far"))
    if now.rate:
        parts += [f"{now.rate:g}/s", f"{duration(now.eta_seconds)} left"]
    state = now.activity or now.state
    return f"{state}: {', '.join(parts)}" + (f". {now.reason}" if now.reason else "")


def _before(now: CampaignStatus) -> str:
    """Of a campaign whose audience nobody has counted yet: figures would only look like an answer."""
    words = {
        State.DRAFT: f"not started. `homing resume {now.id[:18]}` starts it",
        State.SCHEDULED: f"starts at {rfc3339(now.start_at)}",
        State.CANCELLED: "nobody was written to",
    }.get(State(now.state), "its recipients are not counted yet")
    return f"{now.activity or now.state}: {words}" + (f". {now.reason}" if now.reason else "")


def advice(now: CampaignStatus) -> list[str]:
    """What a person may want to do about what is decided already; a command a line."""
    lines: list[str] = []
    if now.state == State.CANCELLED:
        return lines
    if now.uncertain:
        lines.append(f"homing uncertain list {now.id[:18]}   (which {now.uncertain} may have been accepted, and why)")
    if now.failed:
        lines.append(f"homing retry {now.id[:18]}   (those of the {now.failed} failed that can succeed)")
    return lines


def watch_until_over(house: "House", campaign: "Campaign", attending: "Attending | None" = None) -> None:
    """Returns when it is completed, exits with 3 when it was cancelled or waits for a person, 130 on Ctrl-C.

    `attending`: this terminal is the one that an attended campaign is sent for.
    """
    board = StatusBoard(house.database)
    show = _draw if sys.stderr.isatty() else _write
    try:
        with attending.watching() if attending is not None else contextlib.nullcontext():
            last = show(board, campaign, lambda now: _is_over(now, attending))
    except KeyboardInterrupt:
        say(_good_bye(campaign, attending))
        raise typer.Exit(130) from None
    say(line(last))
    if last.state != State.COMPLETED:
        raise typer.Exit(IMPOSSIBLE)


def _good_bye(campaign: "Campaign", attending: "Attending | None") -> str:
    ref = campaign.uid[:18]
    if attending is not None and attending.held:
        return f"\nNobody watches it now, so it pauses. `homing mode {ref} server` lets the server send the rest."
    return f"\nThe campaign goes on without this terminal. `homing status {ref}` shows it."


def _is_over(now: CampaignStatus, attending: "Attending | None") -> bool:
    if attending is not None and attending.held and now.pause_reason == PauseReason.WATCHER_GONE:
        return False  # our next acknowledgement ends this pause
    waits_for_person = now.state == State.PAUSED and now.pause_reason not in RESCUABLE
    return now.state in OVER or waits_for_person


Over = Callable[[CampaignStatus], bool]


def _write(board: StatusBoard, campaign: "Campaign", is_over: Over) -> CampaignStatus:
    """Without a terminal: a line every 10 s."""
    clock, ticks = threading.Event(), 0
    while True:
        now = board.campaign(campaign.id)
        if is_over(now):
            return now
        if ticks % int(SAY_EVERY / LOOK_EVERY) == 0:
            say(line(now))
        ticks += 1
        clock.wait(LOOK_EVERY)


def _draw(board: StatusBoard, campaign: "Campaign", is_over: Over) -> CampaignStatus:
    """On a terminal: a bar with counts, rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[state]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}"),
    )
    clock = threading.Event()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, state="planning", words="")
        while True:
            now = board.campaign(campaign.id)
            kind, _, told = line(now).partition(": ")
            total = now.audience or None
            bar.update(task, completed=now.audience - now.open, total=total, state=kind, words=told.replace("[", "("))
            if is_over(now):
                return now
            clock.wait(LOOK_EVERY)
