"""A worker killed again and again while it sends: the mail server has everybody once, the ledger names the rest."""

import random
import signal
from pathlib import Path

import pytest

from tests.e2e.rig import kill, product, until

pytestmark = pytest.mark.e2e

PEOPLE, KILLS = 5_000, 10


def moments(seed: int) -> list[int]:
    """After how many arrivals the worker is struck."""
    dice = random.Random(seed)
    return sorted(dice.sample(range(PEOPLE // 50, PEOPLE * 9 // 10), KILLS))


@pytest.mark.parametrize("seed", [1])
def test_ten_kills_of_the_worker_lose_nobody_and_send_nothing_twice(tmp_path: Path, seed: int) -> None:
    """R33: killed at any moment, the campaign goes on by itself."""
    with product(tmp_path, "--latency", "0.01") as it:
        it.invite(PEOPLE)
        with it.serving():
            campaign = it.send()
            victim = 0
            for moment in moments(seed):
                victim = it.next_worker(victim)
                floor = it.arrived()
                until(lambda moment=moment, floor=floor: it.arrived() >= max(moment, floor + 1), every=0.001)
                assert kill(victim)
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert verdict.audit["audience"] == PEOPLE
        assert len(verdict.uncertain) <= KILLS * verdict.audit["window"]
        print({"kills": KILLS, "uncertain": len(verdict.uncertain), "sent": verdict.audit["sent"]})


def test_sigterm_leaves_nothing_uncertain(tmp_path: Path) -> None:
    """Asked to stop in the middle, three times; each time the next worker goes on where the last one ended."""
    people = 2_000
    with product(tmp_path, "--latency", "0.01") as it:
        it.invite(people)
        with it.serving():
            campaign = it.send()
            leaver = 0
            for moment in (200, 700, 1_200):
                leaver = it.next_worker(leaver)
                floor = it.arrived()
                until(lambda moment=moment, floor=floor: it.arrived() >= max(moment, floor + 1), every=0.001)
                assert kill(leaver, signal.SIGTERM)
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, people)
        verdict.check()
        assert verdict.uncertain == []
        assert verdict.audit["sent"] == people


def test_a_server_that_is_started_again_goes_on_by_itself(tmp_path: Path) -> None:
    """After SIGTERM, and after a kill -9 of the server itself, whose worker sees that and drains beside its heir."""
    people = 2_000
    with product(tmp_path, "--latency", "0.01") as it:
        it.invite(people)
        with it.serving():
            campaign = it.send()
            until(lambda: it.arrived() > 300)
        seen = it.arrived()
        with it.serving():
            until(lambda: it.arrived() > seen + 300)
            assert it.process is not None
            it.process.kill()
            it.process.wait()
        with it.serving():
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, people)
        verdict.check()
        assert verdict.uncertain == []
