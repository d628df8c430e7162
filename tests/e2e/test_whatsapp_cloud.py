"""The Cloud API, the whole product: half a thousand people, lost answers, throttling, webhooks late, twice and out of order."""

import json
from pathlib import Path

import pytest

from tests.whatsapp.cloud import APP_SECRET, NUMBER, TOKEN, VERIFY, Cloud, Orders
from tests.whatsapp.product import FIRST, Product, WhatsApp, until

pytestmark = pytest.mark.e2e
PEOPLE = 500


def invite(it: Product, cloud: Cloud, folder: Path) -> None:
    it.homing("migrate")
    for name, text in (("token", TOKEN), ("secret", APP_SECRET), ("verify", VERIFY)):
        (folder / name).write_text(text, encoding="utf-8")
    files = ["--api-key-file", folder / "token", "--app-secret-file", folder / "secret"]
    files += ["--verify-token-file", folder / "verify"]
    where = ["--endpoint-url", cloud.url, "--phone-number-id", NUMBER, "--probe", cloud.url.rpartition("/")[2]]
    it.homing("sender", "add", "whatsapp_cloud", "--name", "phone", *where, *files, "--connections", "20")
    people = folder / "people.csv"
    rows = "".join(f"+{FIRST + n},Guest {n}\n" for n in range(1, PEOPLE + 1))
    people.write_text("phone,name\n" + rows, encoding="utf-8")
    it.homing("contacts", "import", people, "--list", "all")


def test_lost_answers_throttling_and_unordered_webhooks_end_with_everybody_once(tmp_path: Path) -> None:
    """L11, L15, L22: 5 % of the answers are lost after acceptance; statuses settle them; forged ones change nothing."""
    whatsapp = WhatsApp.__new__(WhatsApp)  # only its environment is asked for
    whatsapp.folder, whatsapp.root, whatsapp.port = tmp_path, "", 0
    it = Product(tmp_path, whatsapp)
    with Cloud(Orders(drop=0.05, rate=40.0, late=2.0, twice=0.3, tier="TIER_1K")).running() as cloud:
        invite(it, cloud, tmp_path)
        with it.serving():
            cloud.hook = f"{it.url}/api/v1/hooks/whatsapp_cloud/phone"
            offer = tmp_path / "offer.json"
            offer.write_text('{"name": "offer", "language": "en", "body": ["{{ name }}"]}', encoding="utf-8")
            how = ["--whatsapp-template", offer, "--stop-if-failed", "0"]
            campaign = it.homing("send", "--sender", "phone", "--list", "all", "--name", "chat", *how).strip()
            until(lambda: it.state(campaign)["state"] == "completed", every=0.5)
            until(lambda: it.audit(campaign)["uncertain"] == 0, every=0.5, seconds=120)
            until(lambda: it.audit(campaign)["delivered"] == PEOPLE, every=0.5, seconds=120)
            before = it.audit(campaign)
            rows = [json.loads(line) for line in it.homing("export", campaign, "--format", "jsonl").splitlines()]
            name = next(iter(cloud.accepted))
            forged = {"id": "wamid.x", "status": "failed", "recipient_id": "1", "biz_opaque_callback_data": name}
            value = {"metadata": {"phone_number_id": NUMBER}, "statuses": [forged]}
            assert cloud.say({"field": "messages", "value": value}, secret="another") == 403
            said = {"id": "wamid.in", "from": str(FIRST + 1), "timestamp": "1790000001", "type": "text"}
            stop = {**said, "text": {"body": "STOP"}}
            value = {"metadata": {"phone_number_id": NUMBER}, "messages": [stop]}
            assert cloud.say({"field": "messages", "value": value}) == 200
            until(lambda: it.api("GET", f"/conversations/+{FIRST + 1}").get("messages"), seconds=30)
            assert it.audit(campaign) == before
        assert [n for n, count in cloud.people.items() if count != 1] == [], "nobody twice"
        assert len(cloud.people) == PEOPLE, "nobody lost"
        assert {row["state"] for row in rows} == {"read"}
        assert cloud.throttled > 0
        print({"throttled": cloud.throttled, "told": cloud.told, "audit": before})
