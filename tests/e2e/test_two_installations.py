"""Two complete installations that somebody pointed at one database: each with its own data folder, server and worker."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.e2e.rig import Product, until
from tests.faults.smtp_server import running

pytestmark = pytest.mark.e2e

PEOPLE = 800


def test_L03_two_installations_on_one_database_by_mistake_send_to_everybody_once(tmp_path: Path) -> None:
    """R14: neither knows of the other. What the mail server took is counted."""
    url = postgres.fresh()
    record = tmp_path / "record"
    with running(record, "--latency", "0.05") as server:
        houses = [Product(tmp_path / name, server, record, url) for name in ("first", "second")]
        for house in houses:
            house.data.parent.mkdir()
        first, second = houses
        first.invite(PEOPLE)
        with first.serving(), second.serving():
            campaign = first.send()
            until(lambda: first.arrived() > PEOPLE // 10)
            with ThreadPoolExecutor(4) as pool:  # and both press "send" again, more than once
                pressed = [pool.submit(house.post, f"/campaigns/{campaign}/send") for house in houses * 2]
                assert {press.result()[0] for press in pressed} == {202}
            first.wait_for_end(campaign)
            verdict = second.judge(campaign, PEOPLE)
        with psycopg.connect(url) as eye:
            (senders,) = eye.execute("SELECT count(DISTINCT worker_id) FROM attempt").fetchone() or (0,)
    verdict.check()
    assert (verdict.audit["sent"], verdict.uncertain) == (PEOPLE, [])
    assert senders == 2, "both sent"
    postgres.drop(url)
