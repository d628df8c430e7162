"""/imports: a file in parts, its mapping, its check, its run, its history."""

import hashlib
import threading
from collections.abc import Iterator

import pytest

from homing.app import House
from homing.contacts.endurance import Care
from homing.contacts.importer import Importer
from homing.store.contacts import Contacts
from tests.api.conftest import Api

CSV = ("Handy;Name;Stadt\n" + "".join(f"077 {n:07};P{n};Köln\n" for n in range(30)) + "bad;B;C\n").encode()


@pytest.fixture
def importing(house: House) -> Iterator[Importer]:
    made = Importer(house.database, house.imports.folders, Care(longest_wait=0.05))
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join()


def _announce(api: Api, content: bytes = CSV) -> str:
    body = {"fileName": "Leute.csv", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    answer = api.post("/imports", body)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["importId"])


def _until(api: Api, uid: str, *wanted: str) -> dict[str, object]:
    for _ in range(600):
        shown: dict[str, object] = api.get(f"/imports/{uid}").json()
        if shown["state"] in wanted or shown["stage"] in wanted:
            return shown
        threading.Event().wait(0.05)
    raise AssertionError(api.get(f"/imports/{uid}").text)


def test_a_file_goes_from_its_first_byte_to_its_report(api: Api, importing: Importer, house: House) -> None:
    uid = _announce(api)
    assert api.ask("HEAD", f"/imports/{uid}/file").headers["upload-offset"] == "0"
    first = api.ask("PUT", f"/imports/{uid}/file", content=CSV[:100], headers={"Upload-Offset": "0"})
    assert (first.status_code, first.headers["upload-offset"]) == (204, "100")
    wrong = api.ask("PUT", f"/imports/{uid}/file", content=CSV[50:], headers={"Upload-Offset": "50"})
    assert (wrong.status_code, wrong.headers["upload-offset"], wrong.json()["code"]) == (409, "100", "offset")
    again = api.post("/imports", {"fileName": "x", "size": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()})
    assert (again.status_code, again.json()["importId"], again.json()["offset"]) == (200, uid, 100)
    api.ask("PUT", f"/imports/{uid}/file", content=CSV[100:], headers={"Upload-Offset": "100"})
    shown = api.get(f"/imports/{uid}").json()
    assert (shown["state"], shown["offset"], shown["size"]) == ("mapping", len(CSV), len(CSV))
    preview = shown["preview"]
    assert (preview["delimiter"], preview["encoding"], len(preview["rows"])) == (";", "utf-8", 20)
    assert (preview["header"], preview["problem"]["code"]) == (["Handy", "Name", "Stadt"], "no_key_column")
    assert preview["fields"] == ["handy", "name", "stadt"]
    other = api.post(
        f"/imports/{uid}/preview", {"columns": {"Handy": "phone", "Stadt": ""}, "list": "", "defaultCountry": ""}
    )
    assert (other.json()["fields"], other.json()["problem"]) == (["phone", "name", None], None)
    assert len(api.post(f"/imports/{uid}/preview", {"delimiter": ","}).json()["header"]) == 1
    assert api.get(f"/imports/{uid}").json()["options"]["columns"] == {}, "looking changes nothing"
    refused = api.post(f"/imports/{uid}/mapping", {"columns": {"Handy": "email"}, "upsertBy": "phone"})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_key_column")
    mapping = {"columns": {"Handy": "phone", "Stadt": "city"}, "defaultCountry": "LK", "list": "Neu"}
    assert api.post(f"/imports/{uid}/mapping", mapping).json()["state"] == "checking"
    checked = _until(api, uid, "checked")["check"]
    assert isinstance(checked, dict)
    assert {name: checked[name] for name in ("total", "valid", "new", "known", "rejected", "duplicates")} == {
        "total": 31, "valid": 30, "new": 30, "known": 0, "rejected": 1, "duplicates": 0,
    }  # fmt: skip
    assert Contacts(house.database).count(house.workspace.id) == 0
    assert api.post(f"/imports/{uid}/start").status_code == 200
    done = _until(api, uid, "completed")
    assert isinstance(done["report"], dict)
    assert (done["report"]["created"], done["report"]["failed"]) == (30, 1)
    assert api.post(f"/imports/{uid}/start").json()["state"] == "completed"
    assert Contacts(house.database).page(house.workspace.id)[0].attributes == {"city": "Köln"}
    rejected = api.get(f"/imports/{uid}/rejected.csv")
    assert rejected.headers["content-type"] == "text/csv; charset=utf-8"
    assert rejected.text.splitlines()[1].startswith("bad,B,C,32,phone_unparseable,phone,")
    history = api.get("/imports").json()["items"]
    assert [each["fileName"] for each in history] == ["Leute.csv"]
    assert api.post(f"/imports/{uid}/pause").json()["code"] == "state"
    events = api.get(f"/imports/{uid}/events")
    assert events.text.startswith("event: import\ndata: {")
    undone = api.post(f"/imports/{uid}/undo")
    assert undone.status_code == 200
    for _ in range(200):
        if not Contacts(house.database).count(house.workspace.id):
            break
        threading.Event().wait(0.05)
    assert Contacts(house.database).count(house.workspace.id) == 0


def test_wrong_calls_are_problems_and_foreign_imports_are_not_there(api: Api, house: House) -> None:
    uid = _announce(api)
    for answer, status in (
        (api.ask("PUT", f"/imports/{uid}/file", content=b"x"), 422),
        (api.ask("PUT", f"/imports/{uid}/file", content=b"x", headers={"Upload-Offset": "-1"}), 422),
        (api.ask("PUT", f"/imports/{uid}/file", content=b"x" * (9 << 20), headers={"Upload-Offset": "0"}), 413),
        (api.post(f"/imports/{uid}/start"), 409),
        (api.post(f"/imports/{uid}/resume"), 409),
        (api.post(f"/imports/{uid}/undo"), 409),
        (api.post("/imports", {"fileName": "x", "size": 1 << 40, "sha256": "0" * 64}), 422),
        (api.post("/imports", {"fileName": "x", "size": 5, "sha256": "zz"}), 422),
        (api.get("/imports/0000"), 404),
    ):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert api.post("/workspaces", {"name": "Other"}).status_code == 201
    assert api.get(f"/imports/{uid}", headers={"Homing-Workspace": "Other"}).status_code == 404
    assert api.post(f"/imports/{uid}/cancel").json()["state"] == "cancelled"


def test_a_checksum_that_differs_fails_the_import(api: Api) -> None:
    body = {"fileName": "x.csv", "size": len(CSV), "sha256": "0" * 64}
    uid = api.post("/imports", body).json()["importId"]
    api.ask("PUT", f"/imports/{uid}/file", content=CSV, headers={"Upload-Offset": "0"})
    shown = api.get(f"/imports/{uid}").json()
    assert (shown["state"], shown["reason"]) == ("failed", "checksum")
