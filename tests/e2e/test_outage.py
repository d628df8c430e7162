"""A mail server that is away, greylists, or takes a message and dies before it says so."""

import json
from pathlib import Path

import pytest

from tests.e2e.rig import product, until

pytestmark = pytest.mark.e2e

PEOPLE = 1_000
QUICK = ("--check-every", "1s", "--backoff", "200ms", "--retries", "5")


def test_a_server_that_is_away_at_the_start_and_again_midway_costs_nobody(tmp_path: Path) -> None:
    """What was on the line when it went away is uncertain; everybody else is reached, and nobody failed."""
    with product(tmp_path, "--latency", "0.005") as it:
        it.invite(PEOPLE, *QUICK)
        it.server.order(down=True)
        with it.serving():
            campaign = it.send()
            status = "status", campaign, "--json"
            until(lambda: "waiting" in str(json.loads(it.homing(*status))["campaigns"][0]["activity"]), every=0.2)
            it.server.order(down=False)
            until(lambda: it.arrived() > PEOPLE // 3)
            it.server.order(down=True)
            seen = it.arrived()
            until(lambda: "waiting" in str(json.loads(it.homing(*status))["campaigns"][0]["activity"]), every=0.2)
            it.server.order(down=False)
            until(lambda: it.arrived() > seen)
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert verdict.audit["failed"] == 0
        assert len(verdict.uncertain) <= verdict.audit["window"]


def test_greylisting_fails_nobody(tmp_path: Path) -> None:
    with product(tmp_path, "--greylist-share", "0.1") as it:
        it.invite(PEOPLE, *QUICK)
        with it.serving():
            campaign = it.send()
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert (verdict.audit["sent"], verdict.uncertain) == (PEOPLE, [])
        assert verdict.audit["attempts"] > PEOPLE, "some had to come again"


def test_what_was_accepted_and_dropped_is_uncertain_and_exactly_that(tmp_path: Path) -> None:
    with product(tmp_path, "--drop-share", "0.01") as it:
        it.invite(PEOPLE, *QUICK)
        with it.serving():
            campaign = it.send()
            it.wait_for_end(campaign)
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert verdict.audit["failed"] == 0
        assert len(verdict.uncertain) > 0
        assert verdict.audit["sent"] == PEOPLE - len(verdict.uncertain)
        assert it.arrived() == PEOPLE, "the dropped ones were taken, too"
