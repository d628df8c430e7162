"""Pause, resume and start at any moment, from several sides at once."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.rig import product, until

pytestmark = pytest.mark.e2e

PEOPLE, PAUSES, STARTS = 3_000, 12, 5


def test_twelve_pauses_and_resumes_and_five_starts_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(2)
    with product(tmp_path, "--latency", "0.01") as it, ThreadPoolExecutor(STARTS) as hands:
        it.invite(PEOPLE)
        with it.serving():
            campaign = it.send("--draft")
            answers = list(hands.map(lambda _: it.post(f"/campaigns/{campaign}/send"), range(STARTS)))
            assert [status for status, _ in answers] == [202] * STARTS
            assert {told["id"] for _, told in answers} == {campaign}
            for _ in range(PAUSES):
                floor = it.arrived()
                until(lambda floor=floor: it.arrived() > floor)
                time.sleep(dice.uniform(0, 0.2))
                assert it.post(f"/campaigns/{campaign}/pause")[1]["state"] == "paused"
                time.sleep(1.0)
                still = it.arrived()
                time.sleep(dice.uniform(0, 0.3))
                assert it.arrived() == still, "a pause takes effect within a second"
                assert it.post(f"/campaigns/{campaign}/resume")[1]["state"] == "sending"
            list(hands.map(lambda _: it.post(f"/campaigns/{campaign}/send"), range(STARTS)))
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert verdict.uncertain == []
        assert verdict.audit["sent"] == PEOPLE
