"""What the page asks beside the lists: counts of an audience, reasons, the log, and how a message looks."""

from sqlalchemy import select

from homing.app import House
from homing.model.ids import CampaignId
from homing.store.events import record
from homing.store.tables import contact, delivery, receipt
from tests.api.conftest import Api, make_draft


def test_an_audience_is_counted_with_who_gets_nothing(api: Api) -> None:
    for number in range(5):
        api.post("/contacts", {"email": f"p{number}@{'bad' if number == 4 else 'good'}.example", "list": "Friends"})
    api.post("/contacts", {"phone": "+94771234567", "list": "Friends"})
    api.post("/suppressions", {"address": "p0@good.example"})
    api.post("/suppressions", {"address": "@bad.example"})
    answer = api.post("/audience/count", {"lists": ["Friends"]})
    assert answer.json() == {"total": 6, "without_address": 1, "suppressed": 2, "reachable": 3}
    assert api.post("/audience/count", {"lists": ["Nobody"]}).status_code in (404, 422)


def test_R8_failures_are_told_by_reason_with_the_providers_words(api: Api, house: House) -> None:
    id_ = make_draft(api)
    campaign = house.campaign(id_)
    rows = [("mailbox_full", "452 4.2.2"), ("mailbox_full", "452 4.2.2"), ("bad_address", "550 5.1.1"), (None, None)]
    with house.database.write() as tx:
        for seq, (reason, code) in enumerate(rows, 1):
            state = "failed" if reason else "queued"
            values = {"contact_id": seq, "address": f"{seq}@x.example", "shard": 0, "state": state, "reason": reason}
            tx.execute(delivery.insert().values(campaign_id=CampaignId(campaign.id), seq=seq, code=code, **values))
    items = api.get(f"/campaigns/{id_}/reasons").json()["items"]
    assert [(each["reason"], each["count"], each["retryable"]) for each in items] == [
        ("mailbox_full", 2, True),
        ("bad_address", 1, False),
    ]
    one = api.get(f"/campaigns/{id_}/deliveries/3").json()
    assert (one["seq"], one["reason"], one["tries"]) == (3, "bad_address", [])
    assert api.get(f"/campaigns/{id_}/deliveries/9").status_code == 404


def test_the_log_of_a_campaign_begins_with_the_newest(api: Api, draft: str) -> None:
    kinds = [each["kind"] for each in api.get(f"/campaigns/{draft}/log").json()["items"]]
    assert kinds[-1] == "campaign.created"


def test_a_preview_is_the_message_itself_in_a_frame_that_runs_nothing(api: Api) -> None:
    api.post("/contacts", {"email": "ada@example.org", "name": "Ada", "list": "Friends"})
    html = "<p>Hello {{ name }}</p><script>alert(1)</script>"
    id_ = make_draft(api, html=html, text="Hello {{ name }}", audience={"lists": ["Friends"]})
    told = api.get(f"/campaigns/{id_}/preview").json()
    assert (told["to"], told["text"].strip(), told["has_html"]) == ("Ada <ada@example.org>", "Hello Ada", True)
    page = api.get(f"/campaigns/{id_}/preview.html")
    assert "Hello Ada" in page.text
    policy = page.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script" not in policy
    assert "https:" not in policy
    assert api.get(f"/campaigns/{id_}/preview.html?images=true").headers["content-security-policy"].count("https:") == 1
    assert api.get(f"/campaigns/{id_}/preview?contact=nobody@example.org").status_code == 404


def test_what_happened_to_one_recipient_is_told_whole(api: Api, house: House) -> None:
    """Attempts, what was told later, who decided; and the contact's own page over all campaigns: "did she get it?"."""
    id_ = make_draft(api)
    campaign = house.campaign(id_)
    known = api.get("/contacts?q=p0@example.org").json()["items"][0]
    with house.database.write() as tx:
        contact_id = tx.execute(select(contact.c.id).where(contact.c.uid == known["id"])).scalar_one()
        row = {"campaign_id": campaign.id, "seq": 1, "contact_id": contact_id, "address": "p0@example.org", "shard": 0}
        tx.execute(delivery.insert().values(**row, state="uncertain", reason="timeout", tries=1, changed_at=5))
        for number, kind in enumerate(("delivered", "opened")):
            told = {
                "provider": "sendgrid",
                "event_id": str(number),
                "workspace_id": campaign.workspace_id,
                "at": number,
            }
            tx.execute(receipt.insert().values(**told, kind=kind, campaign_id=campaign.id, seq=1, attempt=1))
        for seqs in ([2], [1, 3]):
            body = {"as": "failed", "count": len(seqs), "seqs": seqs, "by": "local"}
            topic, kind = f"campaign:{id_}", "deliveries.resolved"
            record(tx, workspace_id=campaign.workspace_id, at=9, topic=topic, kind=kind, body=body)
    one = api.get(f"/campaigns/{id_}/deliveries/1").json()
    assert [(each["kind"], each["attempt"]) for each in one["receipts"]] == [("delivered", 1), ("opened", 1)]
    assert [(each["as"], each["by"]) for each in one["decisions"]] == [("failed", "local")]
    timeline = api.get(f"/contacts/{known['id']}/timeline").json()
    assert [(each["campaign"], each["seq"], each["state"]) for each in timeline["items"]] == [(id_, 1, "uncertain")]
    assert (timeline["lists"], timeline["suppressed"]) == (["all"], None)
    api.post("/suppressions", {"address": "p0@example.org"})
    assert api.get(f"/contacts/{known['id']}/timeline").json()["suppressed"]["reason"] == "by_person"


def test_the_rate_of_the_last_minutes_is_told_in_buckets_with_its_gaps(api: Api, house: House, draft: str) -> None:
    with house.database.write() as tx:
        for at, sent in ((20_000, 40), (25_000, 60), (41_000, 30)):
            body = {"counts": {"sent": sent, "failed": 1}}
            topic, workspace = f"campaign:{draft}", house.workspace.id
            record(tx, workspace_id=workspace, at=at, topic=topic, kind="deliveries.settled", body=body)
    told = api.get(f"/campaigns/{draft}/rates").json()["items"]
    assert [each["rate"] for each in told] == [10.0, 0.0, 3.0]
    assert told[0]["at"] == "1970-01-01T00:00:20.000Z"
