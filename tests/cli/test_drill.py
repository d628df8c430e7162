"""`homing drill`."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from homing.drill.behaviours import BEHAVIOURS, _found
from homing.drill.ground import Sheet
from homing.store.results import Result
from tests.cli.conftest import Run

NAMES = ["outage", "slow", "refusals", "greylisting", "overload", "dns", "dropped", "crash", "failover"]


def row(seq: int, state: str) -> Result:
    return Result(seq, f"g{seq}@e.test", state, None, None, None, None, 0, 0, None, None, 1)


def sheet(copies: dict[int, int], states: dict[int, str], people: int = 3) -> Sheet:
    return Sheet(Counter(copies), {seq: row(seq, state) for seq, state in states.items()}, True, people)


def test_the_names_are_those_of_the_contract_and_each_says_what_it_does() -> None:
    assert list(BEHAVIOURS) == NAMES
    assert all(behave.__doc__ for behave in BEHAVIOURS.values())


def test_an_unknown_drill_names_those_there_are(homing: Run) -> None:
    assert "there is no drill 'earthquake'; there are outage, slow" in homing("drill", "earthquake", code=2).err


def test_the_sheet_sees_the_lost_the_doubled_and_the_falsely_failed() -> None:
    good = sheet({1: 1, 2: 1}, {1: "sent", 2: "uncertain", 3: "failed"})
    assert (good.lost, good.twice, good.false, good.holds) == (0, 0, 0, True)
    bad = sheet({1: 2, 3: 1}, {1: "sent", 2: "sent", 3: "failed"})
    assert (bad.lost, bad.twice, bad.false, bad.holds) == (1, 1, 1, False)
    assert sheet({}, {1: "failed", 2: "failed"}).lost == 1, "whom the ledger does not know is lost"
    finding = _found(bad, "", {"it took too long": False})
    assert finding.wrong == ["it took too long", "1 lost", "1 twice", "1 called failed though it arrived"]


@pytest.mark.e2e
def test_R24_every_drill_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "homing", "drill", "--json"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [line["name"] for line in told["drills"]] == NAMES
    assert told["ok"]
    for line in told["drills"]:
        assert line["counted"]["lost"] == line["counted"]["twice"] == 0
