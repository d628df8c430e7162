"""What the page asks beside the lists: counts of an audience, reasons, the log, and how a message looks."""

from homing.app import House
from homing.model.ids import CampaignId
from homing.store.tables import delivery
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
