"""Whatever a body, a query or a path holds: a problem that names the place, never a 500, and nothing half-done."""

import base64
import json
from typing import Any

import pytest

from tests.api.conftest import Api

JSON = {"Content-Type": "application/json"}
BIG = "9" * 30


def cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"name": "\\ud800"}', ""),
        ('{"name": "a", "text": "\\udfff"}', ""),
        ('{"name": "a", "vars": {"n": 1e999}}', ""),
        ('{"name": "a", "vars": {"n": [NaN]}}', ""),
        ('{"name": "a", "vars": ' + '{"a":' * 300 + "1" + "}" * 300 + "}", ""),
        ('{"name": "' + "x" * 201 + '"}', "/name"),
        ('{"name": "a\\nb"}', "/name"),
        ('{"name": "a\\u0007b"}', "/name"),
        ("{}", "/name"),
        ('{"name": "a", "nme": "b"}', "/nme"),
        ('{"name": "a", "canary": 99999999999999999999}', "/canary"),
        ('{"name": "a", "start_at": "9999-12-31T23:59:59-12:00"}', "/start_at"),
        ('{"name": "a", "start_at": "0001-01-01T00:00:00+14:00"}', "/start_at"),
        ("[]", ""),
        ("{", ""),
    ],
)
def test_a_campaign_that_cannot_be_kept_is_refused_by_its_place(api: Api, body: str, pointer: str) -> None:
    answer = api.post("/campaigns", content=body, headers=JSON)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert api.get("/campaigns").json()["items"] == []


def test_a_body_that_is_not_sent_as_json_is_told_so(api: Api) -> None:
    answer = api.post("/campaigns", content='{"name": "a"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/campaigns", "/contacts", "/suppressions"])
@pytest.mark.parametrize("key", [[int(BIG)], [int(BIG), int(BIG)], ["a\x00", "b"], [-1, 2, 3], "x", [True]])
def test_a_foreign_cursor_is_no_cursor(api: Api, path: str, key: Any) -> None:
    answer = api.get(f"{path}?cursor={cursor(key)}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


def test_positions_are_numbers_that_can_be(api: Api) -> None:
    made = api.post("/campaigns", {"name": "a"}).json()["id"]
    for seqs in ([int(BIG)], [0], [-1]):
        answer = api.post(f"/campaigns/{made}/uncertain/resolve", {"seqs": seqs, "as": "sent"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/seqs/0")


@pytest.mark.parametrize("to", ["x", "a@b.example\r\nRCPT TO:<c@d.example>", "--json", ""])
def test_a_test_goes_to_an_address(api: Api, to: str) -> None:
    made = api.post("/campaigns", {"name": "a"}).json()["id"]
    answer = api.post(f"/campaigns/{made}/test", {"to": to})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/to")


def test_no_scopes_are_not_all_scopes(api: Api) -> None:
    answer = api.post("/tokens", {"name": "x", "scopes": []})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/scopes")
    assert api.get("/tokens").json()["items"] == []


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"name": "x" * 1001}, "/name"),
        ({"name": "a\x07b"}, "/name"),
        ({"attributes": {"": "x"}}, "/attributes"),
        ({"attributes": {"k\r\n": "x"}}, "/attributes"),
        ({"attributes": {"k": "\0"}}, "/attributes/k"),
        ({"list": "a\nb"}, "/name"),
    ],
)
def test_a_contact_that_no_letter_could_name_is_refused(api: Api, more: dict[str, Any], pointer: str) -> None:
    answer = api.post("/contacts", {"email": "a@b.example", **more})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert api.get("/contacts").json()["items"] == []


def test_a_name_of_two_lines_becomes_one_as_in_an_import(api: Api) -> None:
    assert api.post("/contacts", {"email": "a@b.example", "name": "Ada\r\nL"}).json()["name"] == "Ada L"
    assert api.patch("/contacts/a@b.example", {"name": "A\tB"}).json()["name"] == "A B"


def test_the_reason_of_a_suppression_is_one_line(api: Api) -> None:
    for reason in ("", "a\r\nb"):
        answer = api.post("/suppressions", {"address": "@b.example", "reason": reason})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"kind": "smtp", "host": {"a": 1}}, "/host"),
        ({"kind": "smtp", "host": ["a"]}, "/host"),
        ({"kind": "smtp", "host": "h", "probe": 5}, "/probe"),
        ({"kind": "smtp", "host": "h", "probe": [5]}, "/probe"),
        ({"kind": "simulated", "record": "/etc/passwd"}, "/record"),
    ],
)
def test_a_sender_by_http_takes_plain_values_and_writes_no_file(api: Api, more: dict[str, Any], pointer: str) -> None:
    answer = api.post("/senders", {"name": "s", **more})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert api.get("/senders").json()["items"] == []
    api.post("/senders", {"name": "s", "kind": "simulated"})
    assert api.patch("/senders/s", {"record": "/etc/passwd"}).status_code == 422


def test_a_sender_takes_a_list_of_probes(api: Api) -> None:
    body = {"name": "s", "kind": "smtp", "host": "h", "probe": ["192.0.2.1:53"]}
    assert api.post("/senders", body).status_code == 201
    assert api.patch("/senders/s", {"probe": None}).status_code == 200


def test_an_endless_etag_is_of_no_campaign(api: Api) -> None:
    api.post("/campaigns", {"name": "a"})
    answer = api.patch("/campaigns/a", {"name": "b"}, headers={"If-Match": "9" * 5000})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
