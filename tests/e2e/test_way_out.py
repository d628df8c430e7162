"""The way out closed for half a minute, and for longer than the limit; counted at the mail server."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import Product, product, until

pytestmark = pytest.mark.e2e

PEOPLE, CLOSED = 400, 30.0
WAITS, GOES_ON = 10.0, 15.0


def told(it: Product, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(it.homing("status", campaign, "--json"))["campaigns"][0]
    return found


def rows(it: Product, campaign: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in it.homing("export", campaign, "--format", "jsonl").splitlines()]


def taken(it: Product) -> list[int]:
    lines = it.record.read_text(encoding="utf-8").splitlines()
    return [int(line.split("\t")[0].rpartition("/")[2]) for line in lines]


def test_R23_a_way_out_that_is_closed_for_half_a_minute_costs_nobody_and_goes_on_at_the_next_row(
    tmp_path: Path,
) -> None:
    """R19, L22: waiting within 10 s, going on within 15 s of its return, nobody failed, nobody charged. All by default."""
    with product(tmp_path, "--latency", "0.02") as it:
        it.invite(PEOPLE, "--connections", "1")
        with it.serving():
            campaign = it.send()
            until(lambda: it.arrived() >= 40)
            it.server.order(down=True)
            closed = time.monotonic()
            until(lambda: told(it, campaign)["activity"] == "waiting_for_connection", every=0.1)
            assert time.monotonic() - closed < WAITS
            assert "Waiting for connection..." in told(it, campaign)["reason"]
            before = taken(it)
            time.sleep(max(0.0, CLOSED - (time.monotonic() - closed)))
            following = min(row["seq"] for row in rows(it, campaign) if row["state"] == "queued")
            assert told(it, campaign)["state"] == "sending", "half a minute is no reason to pause"
            it.server.order(down=False)
            opened = time.monotonic()
            until(lambda: it.arrived() > len(before))
            assert time.monotonic() - opened < GOES_ON
            it.wait_for_end(campaign)
        assert taken(it)[len(before)] == following
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert verdict.audit["failed"] == 0
        assert len(verdict.uncertain) <= 2, "at most what was on the line"
        assert all(row["attempts"] <= 1 for row in rows(it, campaign)), "an outage is charged to nobody"


def test_R19_longer_than_the_limit_it_pauses_says_so_and_resumes_by_itself_unless_a_person_is_to_decide(
    tmp_path: Path,
) -> None:
    """R12: a notice is there. The limit of 5 minutes is a setting, and 3 s here."""
    with product(tmp_path, "--latency", "0.02") as it:
        limit = ("--give-up-after", "3s", "--check-every", "1s", "--connections", "1")
        it.invite(PEOPLE, *limit)
        here = ["--host", "127.0.0.1", "--port", it.server.port, "--tls", "none", "--from", "Me <me@example.org>"]
        near = ["--pacing", "off", "--probe", f"127.0.0.1:{it.server.port}", *limit]
        it.homing("sender", "add", "smtp", "--name", "asks", *here, *near, "--resume-when-back", "off")
        with it.serving():
            itself = it.send("--name", "Itself")
            letter = [each if each != "out" else "asks" for each in it.write_letter()]
            asks = it.homing("send", *letter, "--name", "Asks").strip()
            both = (itself, asks)
            until(lambda: it.arrived() >= 60)
            it.server.order(down=True)
            for campaign in both:
                until(lambda campaign=campaign: told(it, campaign)["state"] == "paused", every=0.2)
                assert "no_connection" in json.dumps(told(it, campaign))
            seen = it.arrived()
            it.server.order(down=False)
            it.wait_for_end(itself)
            assert told(it, asks)["state"] == "paused", "this one waits for a person"
            with urllib.request.urlopen(f"{it.url}/api/v1/notifications", timeout=60) as answer:
                news = json.loads(answer.read())["items"]
            paused = [each for each in news if each["kind"] == "campaign.paused"]
            assert {each["subject"] for each in paused} == {"'Itself' is paused", "'Asks' is paused"}, news
            assert it.arrived() > seen
            it.homing("resume", "Asks")
            it.wait_for_end(asks)
        for campaign in both:
            audit = json.loads(it.homing("audit", campaign, "--json"))
            assert (audit["failed"], audit["open"], audit["balanced"]) == (0, 0, True)
            assert audit["sent"] + audit["uncertain"] == PEOPLE
            assert audit["uncertain"] <= 2
        lines = [line.split("\t")[0] for line in it.record.read_text(encoding="utf-8").splitlines()]
        assert len(lines) == len(set(lines)), "nobody twice"
