"""Somebody leaves while the campaign that they are in is sending; counted at the mail server."""

import json
import sqlite3
import urllib.request
from pathlib import Path

import pytest

from homing.content.links import Links, Page
from homing.store.seal import Seal
from tests.e2e.rig import product, until

pytestmark = pytest.mark.e2e

PEOPLE, LEAVERS = 400, range(360, 370)


def test_who_leaves_with_one_click_during_a_campaign_gets_nothing_of_it(tmp_path: Path) -> None:
    """RFC 8058, L14: the provider's POST is answered 200 without a redirect, and the last gate sees it."""
    with product(tmp_path) as it:
        it.invite(PEOPLE, "--rate", "80/s")
        with it.serving():
            campaign = it.send()
            until(lambda: it.arrived() >= 20)
            with sqlite3.connect(f"file:{it.data / 'homing.db'}?mode=ro", uri=True) as ledger:
                number = ledger.execute("SELECT id FROM campaign WHERE uid = ?", (campaign,)).fetchone()[0]
            seal = Seal((it.data / "secret.key").read_text(encoding="utf-8").strip())
            links = Links((seal.derive("links"),), it.url).of(number, campaign)
            for seq in LEAVERS:
                url = links.url(Page.UNSUBSCRIBE, links.token(Page.UNSUBSCRIBE, seq))
                request = urllib.request.Request(url, data=b"List-Unsubscribe=One-Click", method="POST")
                with urllib.request.urlopen(request, timeout=30) as answer:
                    assert (answer.status, answer.url) == (200, url)
            assert it.arrived() < min(LEAVERS), "they left in time"
            it.wait_for_end(campaign)
        got = {
            int(line.split("\t")[0].rpartition("/")[2]) for line in it.record.read_text(encoding="utf-8").splitlines()
        }
        assert got == set(range(1, PEOPLE + 1)) - set(LEAVERS)
        rows = [json.loads(line) for line in it.homing("export", campaign, "--format", "jsonl").splitlines()]
        left = {row["seq"]: (row["state"], row["reason"]) for row in rows if row["seq"] in LEAVERS}
        assert set(left.values()) == {("skipped", "suppressed")}
        audit = json.loads(it.homing("audit", campaign, "--json"))
        assert audit["balanced"]
        assert (audit["sent"], audit["skipped"]) == (PEOPLE - len(LEAVERS), len(LEAVERS))
