"""The words of the show: a moving bar on a terminal, plain lines elsewhere; both say the same."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from homing.demo.verdict import Verdict

PARTS = 10  # a plain teller tells each tenth


class Teller(Protocol):
    """Who tells the audience what happens."""

    def say(self, words: str, *, loud: bool = False) -> None:
        """One sentence, with the time since the beginning. `loud`: the turning points."""
        ...

    def note(self, words: str) -> None:
        """What stands below a sentence or between the acts, without a time."""
        ...

    def arrived(self, count: int, total: int) -> None:
        """So many have arrived by now."""
        ...

    def close(self) -> None: ...


class PlainTeller:
    """Lines, for pipes and logs. `seconds`: since the beginning."""

    def __init__(self, out: TextIO, seconds: Callable[[], float]) -> None:
        self._out, self._seconds = out, seconds
        self._told = 0

    def say(self, words: str, *, loud: bool = False) -> None:
        self._line(f"[{self._seconds():5.1f} s] {words}")

    def note(self, words: str) -> None:
        self._line(words)

    def arrived(self, count: int, total: int) -> None:
        part = count * PARTS // total
        if part > self._told:
            self._told = part
            self.say(f"{count} of {total} have arrived.")

    def close(self) -> None:
        return None

    def _line(self, words: str) -> None:
        self._out.write(words.rstrip() + "\n")
        self._out.flush()


class RichTeller:
    """A terminal: sentences scroll up, the bar stays below them."""

    def __init__(self, out: TextIO, seconds: Callable[[], float]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._seconds = seconds
        self._console = Console(file=out, highlight=False)
        self._bar = Progress(
            TextColumn("  in the inbox"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, visible=False)
        self._bar.start()

    def say(self, words: str, *, loud: bool = False) -> None:
        from rich.markup import escape

        text = f"[bold]{escape(words)}[/bold]" if loud else escape(words)
        self._console.print(f"[dim]{self._seconds():5.1f} s[/dim]  {text}")

    def note(self, words: str) -> None:
        self._console.print(words, markup=False)

    def arrived(self, count: int, total: int) -> None:
        self._bar.update(self._task, completed=count, total=total, visible=True)

    def close(self) -> None:
        self._bar.stop()


def make_teller(out: TextIO, seconds: Callable[[], float]) -> Teller:
    """The one that suits where the words go."""
    return RichTeller(out, seconds) if out.isatty() and sys.platform != "win32" else PlainTeller(out, seconds)


def sheet(verdict: "Verdict") -> str:
    """The balance sheet of both sides, and what it means."""
    audit = verdict.audit
    in_doubt = sum(doubt.arrived for doubt in verdict.doubts)
    sure = verdict.accepted - in_doubt
    rows = [
        ("recipients", audit.audience, ""),
        ("sent", audit.sent, f"{sure} are in the inbox"),
        ("uncertain", audit.uncertain, f"{in_doubt} are in the inbox" if verdict.doubts else ""),
        ("failed", audit.failed, ""),
        ("skipped", audit.skipped, ""),
        ("cancelled", audit.cancelled, ""),
        ("open", audit.open, ""),
    ]
    lines = ["", "  What the ledger says      What the inbox has", "  " + "-" * 48]
    lines += [f"  {name:<12}{count:>8}      {beside}".rstrip() for name, count, beside in rows]
    books = "the books close" if audit.balanced else "THE BOOKS DO NOT CLOSE"
    total = f"  lost: {len(verdict.lost)}   twice: {len(verdict.twice)}   uncertain: {len(verdict.doubts)}   {books}"
    return "\n".join([*lines, "  " + "-" * 48, total, "", *audit.faults])


def meaning(verdict: "Verdict") -> str:
    """The last sentences, for somebody who sees this for the first time."""
    if not verdict.kept:
        names = ", ".join((*verdict.lost, *verdict.twice)[:10])
        return f"THE PROMISE WAS BROKEN: {len(verdict.lost)} lost, {len(verdict.twice)} twice. {names}".rstrip()
    words = f"Nobody of {verdict.recipients} was lost, and nobody got the mail twice."
    if not verdict.doubts:
        return f"{words} Nothing is uncertain either."
    return "\n".join([words, "", *_doubts(verdict)])


def _doubts(verdict: "Verdict") -> list[str]:
    count = len(verdict.doubts)
    was, it = ("mail was", "it") if count == 1 else ("mails were", "them")
    lines = [
        f"{count} {was} on the line at the very moment of the kill. No sender in the world can know whether",
        f"the server still took {it}, so Homing does not guess and does not send again. It names {it}:",
    ]
    lines += [
        f"  no. {d.seq}  {d.address}  {'is' if d.arrived else 'is not'} in the inbox" for d in verdict.doubts[:10]
    ]
    if count > 10:
        lines.append(f"  and {count - 10} more")
    lines += [
        "A person who looks into the inbox decides, and it is written down who did:",
        "  homing uncertain resolve CAMPAIGN --seq N --as sent         (it is there)",
        "  homing uncertain resolve CAMPAIGN --seq N --as send-again   (it is not)",
    ]
    return lines
