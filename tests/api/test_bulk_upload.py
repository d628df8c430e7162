"""POST /contacts/bulk-upload as the founding document's client uses it, and what becomes of it when a line is cut."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from homing.app import House
from homing.contacts.importer import Importer
from homing.store.contacts import Contacts
from homing.store.lists import Lists
from tests.api.conftest import Api
from tests.api.importing import QUICK, Dies
from tests.contacts.test_imports import workbook

PATHS = ["/api/v1/contacts/bulk-upload", "/api/contacts/bulk-upload"]


@pytest.fixture
def importing(house: House) -> Iterator[Importer]:
    """The process that imports, as a thread of this one."""
    made = Importer(house.database, house.imports.folders, QUICK)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join()


def _contacts(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        {"phone": f"+9477{n:07}", "firstName": "Ann", "lastName": f"N{n}", "city": "Bonn"} for n in range(start, count)
    ]


@pytest.mark.parametrize("path", PATHS)
def test_r26_every_row_is_decided_and_told(api: Api, importing: Importer, path: str) -> None:
    """R26, R28: 200 with the report, field by field."""
    given = [*_contacts(40), {"phone": "bad"}, {"email": "x@y.test"}, {"phone": "+94770000001"}, {}]
    answer = api.post(path, {"contacts": given, "list": "News"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    uid = body["importId"]
    assert body == {
        "success": True,
        "message": "44 contacts processed: 41 created, 0 updated, 3 rejected.",
        "created": 41,
        "hasErrors": True,
        "partialUpload": False,
        "connectionLost": False,
        "errors": [
            {"row": 41, "error": "it is no phone number", "type": "phone_unparseable", "field": "phone", "value": "bad"},
            {"row": 43, "error": "an earlier row has the same address", "type": "duplicate_in_file", "field": "phone",
             "value": "+94770000001", "otherRow": 2},
            {"row": 44, "error": "there is no address in it that it could be known by", "type": "missing", "field": "email"},
        ],
        "report": {
            "total": 44, "created": 41, "updated": 0, "failed": 3,
            "errorsByType": {"duplicate_in_file": 1, "missing": 1, "phone_unparseable": 1},
            "errorsByField": {"email": 1, "phone": 2},
            "connectionLost": False, "partialUpload": False, "processedContacts": 44, "notProcessedContacts": 0,
            "message": "44 contacts processed: 41 created, 0 updated, 3 rejected.",
            "unchanged": 0, "duplicates": 1, "warnings": 0, "warningsByType": {}, "removed": 0,
        },
        "importId": uid, "state": "completed", "resumeUrl": f"/api/v1/imports/{uid}/resume", "errorsTruncated": False,
        "updated": 0, "uploaded": 41,
    }  # fmt: skip
    again = api.post(path, {"contacts": given, "list": "News"}).json()
    assert (again["created"], again["updated"], again["report"]["unchanged"]) == (0, 41, 41)
    assert api.get("/lists/News").json()["members"] == 41


LOST = "Connection lost during upload. 1500 contacts uploaded successfully. 1700 contacts were not processed."
RETRY = f"{LOST} You can safely retry the upload - already uploaded contacts will be updated, not duplicated."


def _founding(uid: str) -> str:
    """The founding document's example, in its order and spelling."""
    body = {
        "success": False, "message": RETRY, "created": 1500, "hasErrors": True, "partialUpload": True, "connectionLost": True,
        "errors": [{"row": -1, "error": LOST, "type": "connection_error"}],
        "report": {
            "total": 3200, "created": 1500, "updated": 0, "failed": 1700, "errorsByType": {"connection_error": 1700},
            "errorsByField": {}, "connectionLost": True, "partialUpload": True, "processedContacts": 1500,
            "notProcessedContacts": 1700, "message": RETRY,
            "unchanged": 0, "duplicates": 0, "warnings": 0, "warningsByType": {}, "removed": 0,
        },
        "importId": uid, "state": "paused", "resumeUrl": f"/api/v1/imports/{uid}/resume", "errorsTruncated": False,
        "updated": 0, "uploaded": 1500,
    }  # fmt: skip
    return json.dumps(body, separators=(",", ":"))


def test_r26_the_founding_example_byte_for_byte_and_a_retry_gives_each_contact_once(house: House) -> None:
    """R26, R27, R30: 3,200 contacts, cut after three chunks: 206; the same again: 1,500 updated and 1,700 created."""
    dying = Dies(house, 3)
    house.database.world = type(house.database.world)(house.world.clock, house.world.chance, dying)
    made = Importer(house.database, house.imports.folders, QUICK)
    thread = threading.Thread(target=made.run)
    thread.start()
    api = Api(house)
    try:
        answer = api.post("/contacts/bulk-upload", {"contacts": _contacts(3200)})
        assert answer.status_code == 206, answer.text
        uid = answer.json()["importId"]
        assert answer.text == _founding(uid)
        assert Contacts(house.database).count(house.workspace.id) == 1500
        dying.away, dying.chunks = False, 10**9
        retry = api.post("/contacts/bulk-upload", {"contacts": _contacts(3200)}).json()
        assert (retry["updated"], retry["created"], retry["success"]) == (1500, 1700, True)
        assert Contacts(house.database).count(house.workspace.id) == 3200
        shown = api.get(f"/imports/{uid}").json()
        assert (shown["state"], shown["reason"]) == ("paused", "connection_lost")
        resumed = api.post(f"/imports/{uid}/resume").json()
        assert resumed["state"] in ("running", "completed")
        _until(api, uid, "completed")
        report = api.get(f"/imports/{uid}").json()["report"]
        assert (report["total"], report["created"], report["updated"], report["failed"]) == (3200, 1500, 1700, 0)
    finally:
        made.stop()
        thread.join()


def _until(api: Api, uid: str, state: str) -> None:
    for _ in range(600):
        if api.get(f"/imports/{uid}").json()["state"] == state:
            return
        threading.Event().wait(0.05)
    raise AssertionError(api.get(f"/imports/{uid}").json())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"contacts": [', 400, "malformed"),
        (b"not json", 400, "malformed"),
        (b"{}", 400, "bad_option"),
        (b'{"contacts": [], "chunkSize": 0}', 400, "bad_option"),
        (b'{"contacts": [], "chunkSize": 20001}', 400, "bad_option"),
        (b'{"contacts": [], "upsertBy": "shoe"}', 400, "bad_option"),
        (b'{"contacts": [], "replaceal": true}', 400, "bad_option"),
        (b'{"contacts": [{"phone": 1}], "defaultCountry": "XX"}', 400, "invalid"),
    ],
)
def test_a_wrong_body_is_a_problem_with_the_cure(
    api: Api, importing: Importer, body: bytes, status: int, code: str
) -> None:
    answer = api.ask("POST", "/contacts/bulk-upload", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_form_with_a_file_is_the_same_endpoint(api: Api, importing: Importer) -> None:
    csv = "phone;name\n077 123 4567;Ann\nbad;Bob\n"
    answer = api.ask(
        "POST",
        PATHS[1],
        files={"file": ("people.csv", csv, "text/csv")},
        data={"defaultCountry": "LK", "list": "L", "chunkSize": "7"},
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["created"], body["errors"][0]["row"], body["errors"][0]["type"]) == (1, 3, "phone_unparseable")
    shown = api.get(f"/imports/{body['importId']}").json()
    assert (shown["fileName"], shown["options"]["chunkSize"], shown["check"]["delimiter"]) == ("people.csv", 7, ";")
    sheet = workbook([["E-Mail"], ["ann@x.test"]])
    answer = api.ask("POST", PATHS[0], files={"file": ("people.xlsx", io.BytesIO(sheet))})
    assert answer.json()["created"] == 1
    for files, data in (({"other": ("", "x")}, {}), ({"file": ("a.csv", csv)}, {"replaceal": "1"})):
        answer = api.ask("POST", PATHS[0], files=files, data=data)
        assert (answer.status_code, answer.json()["code"]) in ((400, "bad_option"), (422, "no_key_column")), answer.text
    answer = api.ask("POST", PATHS[0], files={"file": ("a.csv", "city\nBonn\n")})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_key_column")


def test_the_same_key_repeats_the_answer_and_another_body_is_refused(api: Api, importing: Importer) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = api.post("/contacts/bulk-upload", {"contacts": _contacts(3)}, headers=headers)
    again = api.post("/contacts/bulk-upload", {"contacts": _contacts(3)}, headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = api.post("/contacts/bulk-upload", {"contacts": _contacts(4)}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_respond_async_answers_at_once(api: Api, importing: Importer) -> None:
    answer = api.post("/contacts/bulk-upload", {"contacts": _contacts(300)}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    uid = answer.json()["importId"]
    assert answer.headers["location"] == f"/api/v1/imports/{uid}"
    _until(api, uid, "completed")
    assert api.get(f"/jobs/{uid}").json()["done"] == 300


def test_replace_all_asks_before_it_removes_too_many(api: Api, importing: Importer) -> None:
    api.post("/contacts/bulk-upload", {"contacts": _contacts(100)})
    few = {"contacts": _contacts(30), "replaceAll": True}
    answer = api.post("/contacts/bulk-upload", few)
    assert (answer.status_code, answer.json()["code"], answer.json()["removed"]) == (422, "confirmation", 70)
    assert "70 of 100 contacts would be removed" in answer.json()["detail"]
    assert api.get("/contacts?limit=1000").json()["items"][99]
    wrong = api.post(f"/imports/{answer.json()['importId']}/start", {"confirmRemoval": 69})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "confirmation")
    assert "Confirm with the exact number: 70" in wrong.json()["detail"]
    assert api.get(f"/imports/{answer.json()['importId']}").json()["reason"] == "awaiting_confirmation"
    cancelled = api.post(f"/imports/{answer.json()['importId']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    done = api.post("/contacts/bulk-upload", {**few, "confirmRemoval": 70}).json()
    assert (done["updated"], done["report"]["removed"]) == (30, 70)
    assert len(api.get("/contacts?limit=1000").json()["items"]) == 30
    undone = api.post(f"/imports/{done['importId']}/undo").json()
    assert undone["undo"]["state"] in ("running", "done")
    for _ in range(200):
        if len(api.get("/contacts?limit=1000").json()["items"]) == 100:
            return
        threading.Event().wait(0.05)
    raise AssertionError("nobody came back")


@pytest.mark.parametrize("form", [False, True])
def test_r26_what_arrived_whole_of_a_cut_upload_is_imported_and_the_same_key_answers_206(
    house: House, importing: Importer, form: bool
) -> None:
    """R26: the client's own line is cut in the body."""
    api = Api(house)
    headers = {"Idempotency-Key": "cut"}
    if form:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
        whole = head + b"phone\n" + b"".join(b"+9477%07d\n" % n for n in range(500)) + b"\r\n--b--\r\n"
        content_type = "multipart/form-data; boundary=b"
    else:
        whole, content_type = json.dumps({"contacts": _contacts(500)}).encode(), "application/json"
    headers["Content-Type"] = content_type
    asyncio.run(_cut(api, whole, len(whole) // 2, headers))
    for _ in range(600):
        found = api.get("/imports").json()["items"]
        if found and found[0]["state"] == "completed":
            break
        threading.Event().wait(0.05)
    arrived = Contacts(house.database).count(house.workspace.id)
    assert 200 < arrived < 300
    answer = api.ask("POST", "/contacts/bulk-upload", content=whole, headers=headers)
    assert answer.status_code == 206, answer.text
    body = answer.json()
    assert (body["created"], body["connectionLost"], body["success"]) == (arrived, True, False)
    assert body["report"]["total"] == arrived + body["report"]["notProcessedContacts"]
    del headers["Idempotency-Key"]
    retry = api.ask("POST", "/contacts/bulk-upload", content=whole, headers=headers).json()
    assert (retry["updated"], retry["created"]) == (arrived, 500 - arrived)


async def _cut(api: Api, body: bytes, at: int, headers: dict[str, str]) -> None:
    """Sends part of a body, then the line is gone."""
    pieces = [{"type": "http.request", "body": body[:at], "more_body": True}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/contacts/bulk-upload", "raw_path": b"", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8700"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
        "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8700), "root_path": "",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        return None

    await api.app(scope, receive, send)  # type: ignore[arg-type] # plain dicts are messages


def test_a_batch_is_one_job_with_tracking(api: Api, importing: Importer, house: House) -> None:
    operations = [
        {"op": "upsert", "contact": {"phone": "+94770000001", "name": "Ann"}, "list": "News"},
        {"op": "upsert", "phone": "+94770000002", "name": "Bob"},
        {"op": "update", "phone": "+94770000001", "city": "Bonn"},
        {"op": "update", "phone": "+94770000009", "city": "Bonn"},
        {"op": "addToList", "phone": "+94770000002", "list": "News"},
        {"op": "removeFromList", "phone": "+94770000001", "list": "News"},
        {"op": "remove", "phone": "+94770000002"},
        {"op": "remove", "phone": "+94770000008"},
        {"op": "explode"},
    ]
    answer = api.post("/contacts/batch", {"operations": operations, "chunkSize": 4})
    assert answer.status_code == 202, answer.text
    uid = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/jobs/{uid}"
    _until(api, uid, "completed")
    job = api.get(f"/jobs/{uid}").json()
    assert (job["state"], job["done"], job["total"]) == ("completed", 9, 9)
    assert job["report"]["errorsByType"] == {"not_found": 2, "unknown_operation": 1}
    ann = Contacts(house.database).find(house.workspace.id, "+94770000001")
    assert (ann.name, ann.attributes) == ("Ann", {"city": "Bonn"})
    assert Contacts(house.database).count(house.workspace.id) == 1
    assert Lists(house.database).find(house.workspace.id, "News").members == 0
    malformed = api.post("/contacts/batch", {"operation": []})
    _until(api, malformed.json()["id"], "failed")
