"""A campaign over both channels, the whole product: workers killed in the middle, both receiving servers counted."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.rig import Product, kill, product, until
from tests.whatsapp.cloud import NUMBER, TOKEN, Cloud, Orders

pytestmark = pytest.mark.e2e
PEOPLE = 300


def invite(it: Product, cloud: Cloud, folder: Path) -> None:
    """A third can be reached by mail only, a third by phone only, a third by both."""
    it.homing("migrate")
    here = ["--host", "127.0.0.1", "--port", it.server.port, "--tls", "none", "--from", "Me <me@example.org>"]
    it.homing(
        "sender", "add", "smtp", "--name", "out", *here, "--pacing", "off", "--probe", f"127.0.0.1:{it.server.port}"
    )
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    where = ["--endpoint-url", cloud.url, "--phone-number-id", NUMBER, "--probe", cloud.url.rpartition("/")[2]]
    it.homing(
        "sender",
        "add",
        "whatsapp_cloud",
        "--name",
        "phone",
        *where,
        "--api-key-file",
        folder / "token",
        "--rate",
        "60/s",
    )
    rows = "email,phone,name\n"
    for n in range(1, PEOPLE + 1):
        mail = f"guest{n}@example.org" if n % 3 != 1 else ""
        phone = f"+9471100{n:04}" if n % 3 != 2 else ""
        rows += f"{mail},{phone},Guest {n}\n"
    (folder / "people.csv").write_text(rows, encoding="utf-8")
    it.homing("contacts", "import", folder / "people.csv", "--list", "all")


def test_everybody_gets_one_message_in_all_whatever_is_killed(tmp_path: Path) -> None:
    """R33, L07: two kills of the worker while both channels send; counted at the mail server and at the Cloud API."""
    with product(tmp_path, "--latency", "0.05") as it, Cloud(Orders()).running() as cloud:
        invite(it, cloud, tmp_path)
        chat = tmp_path / "offer.json"
        chat.write_text('{"name": "offer", "language": "en", "body": ["{{ name }}"]}', encoding="utf-8")
        with it.serving():
            letter = [
                "--sender",
                "phone",
                *it.write_letter(),
                "--prefer",
                "whatsapp,email",
                "--whatsapp-template",
                chat,
            ]
            campaign = it.homing("send", *letter).strip()
            victim = 0
            for share in (0.1, 0.5):
                victim = it.next_worker(victim)
                until(lambda share=share: it.arrived() > 100 * share and cloud.accepted.total() > 200 * share)
                assert kill(victim)
            it.wait_for_end(campaign)
        rows = [json.loads(line) for line in it.homing("export", campaign, "--format", "jsonl").splitlines()]
        audit = json.loads(it.homing("audit", campaign, "--json"))
        copies: Counter[int] = Counter(int(name.split("/")[1]) for name in cloud.accepted.elements())
        by_chat = set(copies)
        keys = [line.split("\t")[0] for line in it.record.read_text(encoding="utf-8").splitlines()]
        by_mail = [int(key.rpartition("/")[2]) for key in keys]
        copies.update(by_mail)
        assert [seq for seq, count in copies.items() if count > 1] == [], "nobody twice, over both"
        states = {row["seq"]: row["state"] for row in rows}
        assert [seq for seq in states if not copies[seq] and states[seq] != "uncertain"] == [], "nobody lost"
        assert [seq for seq in copies if states[seq] not in ("sent", "uncertain")] == []
        assert (audit["balanced"], audit["audience"], audit["open"]) == (True, PEOPLE, 0)
        numbers = {row["seq"]: int(row["phone"][-4:]) for row in rows if row["seq"] in by_chat}
        assert {n % 3 for n in numbers.values()} == {0, 1}, "who has a number gets it there, as preferred"
        assert audit["uncertain"] <= 2 * 2 * audit["window"]
        print({"mail": len(by_mail), "chat": len(by_chat), "uncertain": audit["uncertain"]})
