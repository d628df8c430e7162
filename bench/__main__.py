"""`python -m bench [spine|memory|email|postgresql]`: measures, prints, and with --write-docs keeps the figures.

Exit codes: 0 measured, or left out in one line because Postfix' tools are missing; 1 a target was missed and --assert
given, a run gave no figure, or something was left out where HOMING_REQUIRE_ALL=1 forbids it.
"""

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bench import page
from bench.email import email
from bench.machine import disk_folder, end_in_order, filesystem, flush_us, load, machine_in_words
from bench.postfix import Broken, lacking
from bench.spine import Tell, folder, memory, spine
from bench.targets import missed, owed

BIGGEST = 1_000_000
SIZES = {"spine": [10_000, 100_000], "memory": [10_000, 100_000, BIGGEST], "email": [20_000], "postgresql": [20_000]}
REPEAT = {"spine": 3, "memory": 1, "email": 3, "postgresql": 1}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one mode. Returns the exit code."""
    given = parse(sys.argv[1:] if arguments is None else list(arguments))
    end_in_order()
    if given.mode == "page":
        page.write(page.kept())
        return 0
    why = lacking()
    if why is not None:
        return left_out(why, os.environ)
    # With --json standard output carries the figures and nothing else.
    tell: Tell = partial(print, file=sys.stderr if given.json else sys.stdout, flush=True)
    about = _about(given)
    tell(f"{about['machine']}; load {load():.1f}")
    try:
        rows = _measure(given, tell)
    except Broken as error:
        print(f"no figure: {error}", file=sys.stderr)
        return 1
    return report(given, rows, about, tell)


def left_out(why: str, environment: Mapping[str, str]) -> int:
    """Says in one line that nothing was measured. Returns the exit code."""
    print(why)
    return int(environment.get("HOMING_REQUIRE_ALL") == "1")


def report(given: argparse.Namespace, rows: list[dict[str, Any]], about: dict[str, str], tell: Tell) -> int:
    """Prints the figures, or keeps them, as was asked. Returns the exit code: 1 for a missed target with --assert."""
    wrong = [f"{_named(row)}: {line}" for row in rows for line in missed(owed(given.mode, row), row)]
    if given.json:
        print(json.dumps({"mode": given.mode, **about, "rows": rows, "missed": wrong}))
    else:
        print(f"\n{page.tables(given.mode, rows)}", end="")
    if given.write_docs:
        page.keep(given.mode, rows, about)
        tell(f"written: docs/reference/{page.PAGE.name} and {page.FIGURES.name}")
    return int(bool(wrong) and given.assert_)


def _named(row: Mapping[str, Any]) -> str:
    """Which row it is, in words."""
    of = [row["case"]] if "case" in row else []
    return ", ".join([*of, f"{row['recipients']:,} recipients"] if "recipients" in row else of)


def parse(arguments: list[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("mode", nargs="?", default="spine", choices=[*SIZES, "page"], help="what to measure")
    parser.add_argument("--recipients", metavar="N,N", help="campaign sizes, or messages of each case of `email`")
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions; their medians are told")
    parser.add_argument("--full", action="store_true", help=f"adds a campaign to {BIGGEST:,}")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object on standard output")
    parser.add_argument("--assert", action="store_true", dest="assert_", help="exit code 1 when a target is missed")
    parser.add_argument("--write-docs", action="store_true", help="keeps the figures and writes the page")
    parser.add_argument("--note", default="", help="a sentence for the page, such as what else the machine was doing")
    given = parser.parse_args(arguments)
    given.said = arguments
    if given.mode == "page":
        return given
    try:
        sizes = [int(n) for n in given.recipients.split(",")] if given.recipients else list(SIZES[given.mode])
    except ValueError:
        parser.error(f"--recipients: '{given.recipients}' is no list of numbers; write 10000,100000")
    given.sizes = sizes + [BIGGEST] * (given.full and given.mode in ("spine", "memory") and BIGGEST not in sizes)
    given.repeat = given.repeat or REPEAT[given.mode]
    if min(*given.sizes, given.repeat, given.repeat) < 1:
        parser.error("sizes and repetitions are 1 or more")
    return given


def _about(given: argparse.Namespace) -> dict[str, str]:
    """When, where and how: what the page says above the figures."""
    place = disk_folder()
    with folder() as made:
        flush = flush_us(made)
    # The note, and whether the page was written, do not change what is measured.
    said = [word for word in given.said if word not in ("--write-docs", "--json", "--note", given.note, "--assert")]
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{machine_in_words()}; {filesystem(place) or 'disk'}, flush of 4 kB {flush:.0f} us",
        "command": " ".join(["python -m bench", *said]),
        "note": given.note,
    }


def _measure(given: argparse.Namespace, tell: Tell) -> list[dict[str, Any]]:
    match given.mode:
        case "spine":
            return spine(given.sizes, given.repeat, tell)
        case "postgresql":
            from bench.postgresql import postgresql

            return postgresql(given.sizes, given.repeat, tell)
        case "memory":
            return memory(given.sizes, given.repeat, tell)
        case _:
            return [row for size in given.sizes for row in email(size, given.repeat, tell)]


if __name__ == "__main__":
    sys.exit(main())
