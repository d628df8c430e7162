"""/campaigns."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import Api, make_draft


def test_a_draft_is_told_as_it_was_made(api: Api) -> None:
    id_ = make_draft(
        api, start_at="2100-01-01T00:00:00+01:00", window="08:00-20:00", canary=2, stop_if_failed="10%",
        reply_to="back@example.org", headers={"X-Tag": "a"}, vars={"city": "Town"},
    )  # fmt: skip
    told = api.get(f"/campaigns/{id_}").json()
    assert told["state"] == "draft"
    assert told["start_at"] == "2099-12-31T23:00:00.000Z"
    assert told["window"] == {"opens": "08:00", "closes": "20:00", "zone": "UTC"}
    assert (told["canary"], told["stop_if_failed"], told["reply_to"]) == (2, 0.1, "back@example.org")
    assert (told["headers"], told["vars"]) == ({"X-Tag": "a"}, {"city": "Town"})
    assert told["audience"] == {"lists": [api.get("/lists/all").json()["id"]]}
    assert told["senders"] == [api.get("/senders/sim").json()["id"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x", "canary": 0}, "/canary"),
        ({"name": "x", "stop_if_failed": "most"}, "/stop_if_failed"),
        ({"name": "x", "window": "late"}, "/window"),
        ({"name": "x", "start_at": "soon"}, "/start_at"),
        ({"name": "x", "headers": {"From": "a@b"}}, "/headers"),
        ({"name": "x", "senders": ["nobody"]}, "/senders"),
        ({"name": "x", "audience": {"lists": ["none"]}}, "/audience"),
        ({"name": "x", "audience": {"everyone": True}}, "/audience/everyone"),
        ({"name": "x", "colour": "red"}, "/colour"),
        ({"name": 5}, "/name"),
        ({"name": "x", "attachments": [{"filename": "a", "content": "no base64!"}]}, "/attachments/0"),
    ],
)
def test_a_wrong_value_is_named_by_its_pointer(api: Api, body: dict[str, Any], pointer: str) -> None:
    refused = api.post("/campaigns", body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert pointer in [fault["pointer"] for fault in refused.json()["errors"]]
    assert api.get("/campaigns").json()["items"] == []


def test_all_wrong_values_are_told_at_once(api: Api) -> None:
    refused = api.post("/campaigns", {"name": "x", "canary": 0, "window": "late"})
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {"/canary", "/window"}


def test_send_starts_and_repeating_it_changes_nothing(api: Api, draft: str) -> None:
    """R34: safe to repeat, also five at once."""
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: api.post(f"/campaigns/{draft}/send"), range(5)))
    assert [answer.status_code for answer in answers] == [202] * 5
    assert {answer.json()["state"] for answer in answers} == {"sending"}
    starts = [f for f in api.get("/events?after=0&wait=0").json()["facts"] if f["kind"] == "campaign.started"]
    assert len(starts) == 1


def test_the_founding_address_sends_too(api: Api, draft: str) -> None:
    """R34: the founding document's own route."""
    assert api.post(f"/api/whatsapp/campaigns/{draft}/send").json()["state"] == "sending"


def test_send_resumes_what_a_person_paused(api: Api, draft: str) -> None:
    """R34, R7: start or resume by the same route."""
    api.post(f"/campaigns/{draft}/send")
    paused = api.post(f"/campaigns/{draft}/pause").json()
    assert (paused["state"], paused["reason"]) == ("paused", "by_person")
    assert "resume" in paused["detail"].lower()
    assert api.post(f"/campaigns/{draft}/send").json()["state"] == "sending"


def test_a_campaign_that_cannot_start_says_all_that_is_missing(api: Api) -> None:
    id_ = api.post("/campaigns", {"name": "empty"}).json()["id"]
    refused = api.post(f"/campaigns/{id_}/send")
    assert refused.status_code == 422
    assert api.get(f"/campaigns/{id_}").json()["state"] == "draft"


def test_a_letter_that_does_not_compile_never_starts(api: Api) -> None:
    id_ = make_draft(api, text="Hello {{ name")
    refused = api.post(f"/campaigns/{id_}/send")
    assert (refused.status_code, refused.json()["code"]) == (422, "template")
    assert api.get(f"/campaigns/{id_}").json()["state"] == "draft"


def test_the_state_forbids_what_makes_no_sense(api: Api, draft: str) -> None:
    for act in ("pause", "resume", "approve", "finish", "retry"):
        assert api.post(f"/campaigns/{draft}/{act}").status_code == 409, act
    assert api.post(f"/campaigns/{draft}/cancel").json()["state"] == "cancelled"
    assert api.post(f"/campaigns/{draft}/send").json()["state"] == "cancelled"
    assert api.delete(f"/campaigns/{draft}").status_code == 409


def test_an_edit_with_an_old_etag_is_refused(api: Api, draft: str) -> None:
    first = api.get(f"/campaigns/{draft}").headers["etag"]
    assert api.patch(f"/campaigns/{draft}", {"subject": "A"}, headers={"If-Match": first}).status_code == 200
    refused = api.patch(f"/campaigns/{draft}", {"subject": "B"}, headers={"If-Match": first})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    told = api.get(f"/campaigns/{draft}").json()
    assert (told["subject"], told["text"]) == ("A", "Hello"), "an edit keeps what it does not name"


def test_a_running_campaign_takes_other_senders_but_no_other_words(api: Api, draft: str) -> None:
    api.post(f"/campaigns/{draft}/send")
    api.post("/senders", {"name": "second", "kind": "simulated"})
    assert api.patch(f"/campaigns/{draft}", {"subject": "B"}).status_code == 409
    assert len(api.patch(f"/campaigns/{draft}", {"senders": ["second", "sim"]}).json()["senders"]) == 2


def test_lists_are_paged_by_key(api: Api) -> None:
    ids = [make_draft(api, name=f"c{n}") for n in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = api.get("/campaigns", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    assert api.get("/campaigns?cursor=nonsense").status_code == 422


def test_the_check_says_what_the_audience_lacks(api: Api) -> None:
    id_ = make_draft(api, text="Hello {{ city }}")
    found = api.post(f"/campaigns/{id_}/check").json()
    assert (found["total"], found["failing"], found["missing"]) == (3, 3, {"city": 3})
    assert api.get(f"/campaigns/{id_}").json()["state"] == "draft"


def test_errors_of_the_check_keep_a_campaign_from_starting_unless_somebody_insists(api: Api) -> None:
    id_ = make_draft(api, html='<p>Hello</p><a href="page.html">more</a>')
    told = api.post(f"/campaigns/{id_}/check").json()
    assert told["ok"] is False
    assert [each["check"] for each in told["findings"] if each["verdict"] == "fail"] == ["links"]
    refused = api.post(f"/campaigns/{id_}/send")
    assert (refused.status_code, refused.json()["code"]) == (422, "lint")
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/html"]
    assert api.get(f"/campaigns/{id_}").json()["state"] == "draft"
    assert api.post(f"/campaigns/{id_}/send", {"anyway": True}).status_code == 202


def test_nothing_is_tracked_unless_it_is_asked_for(api: Api) -> None:
    plain, asked = make_draft(api), make_draft(api, "Summer", tracking={"clicks": True})
    assert api.get(f"/campaigns/{plain}").json()["tracking"] == {"opens": False, "clicks": False}
    assert api.get(f"/campaigns/{asked}").json()["tracking"] == {"opens": False, "clicks": True}
    assert api.get(f"/campaigns/{asked}/report").json()["tracking"] == ["clicks"]
    assert api.patch(f"/campaigns/{asked}", {"tracking": {"reads": True}}).status_code == 422


def test_the_balance_of_a_campaign_is_the_contracts_object(api: Api, draft: str) -> None:
    """R13: results are reviewed by their books."""
    books = api.get(f"/campaigns/{draft}/audit").json()
    assert books["balanced"] is True
    names = (
        "campaign name state audience sent failed skipped cancelled uncertain open delivered bounced attempts window"
    )
    assert set(names.split()) <= set(books)


def test_unknown_states_and_forms_are_refused(api: Api, draft: str) -> None:
    assert api.get(f"/campaigns/{draft}/deliveries?state=lost").status_code == 422
    assert api.get(f"/campaigns/{draft}/export?format=xlsx").status_code == 422
    assert next(csv.reader(io.StringIO(api.get(f"/campaigns/{draft}/export").text)))[:2] == ["seq", "email"]


def test_a_decision_names_positions_or_all(api: Api, draft: str) -> None:
    route = f"/campaigns/{draft}/uncertain/resolve"
    assert api.post(route, {"as": "sent"}).status_code == 422
    assert api.post(route, {"all": True, "as": "lost"}).status_code == 422
    assert api.post(route, {"all": True, "as": "sent"}).json() == {"resolved": 0, "as": "sent"}


def test_null_takes_a_value_away(api: Api) -> None:
    id_ = make_draft(api, canary=5, reply_to="back@example.org", start_at="2100-01-01T00:00:00Z")
    told = api.patch(f"/campaigns/{id_}", {"canary": None, "reply_to": None, "start_at": None, "senders": None}).json()
    assert (told["canary"], told["reply_to"], told["start_at"], told["senders"]) == (None, None, None, [])
