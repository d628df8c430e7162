"""Imports through `homing serve --workers 0`: its import child is killed with kill -9, and everything goes on by itself."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest

from proofs.cutting import Cutter
from proofs.patience import until
from tests import postgres

ROOT = Path(__file__).parents[2]


def _ask(url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.status, json.loads(answer.read())


def _children(pid: int, word: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
            parent = int((path.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
        if word.encode() in words and parent == pid:
            found.append(int(path.parent.name))
    return found


@pytest.mark.e2e
def test_r31_an_import_whose_process_is_killed_goes_on_by_itself(tmp_path: Path) -> None:
    """R25, R31: 20,000 contacts, the import child killed three times; each is there once and the report is exact."""
    command = [
        sys.executable,
        "-m",
        "homing",
        "serve",
        "--workers",
        "0",
        "--bind",
        "127.0.0.1:0",
        "--data",
        str(tmp_path),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as serve:
        try:
            assert serve.stderr is not None
            base = next(line for line in serve.stderr if "listens on" in line).split()[-1] + "/api/v1"
            people = [{"phone": f"+9477{n:07}", "name": f"P{n}"} for n in range(20_000)]
            body = {"contacts": [*people, {"phone": "bad"}], "chunkSize": 100}
            status, told = _ask(f"{base}/contacts/bulk-upload", body, Prefer="respond-async")
            assert status == 202
            killed = 0
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                shown = _ask(f"{base}/imports/{told['importId']}")[1]
                if shown["state"] == "completed":
                    break
                if (
                    killed < 3
                    and shown["progress"]["chunks"] > 20 * killed
                    and (pids := _children(serve.pid, "importer"))
                ):
                    os.kill(pids[0], signal.SIGKILL)
                    killed += 1
                time.sleep(0.05)
            assert killed == 3
            report = shown["report"]
            assert (report["total"], report["created"], report["failed"]) == (20_001, 20_000, 1)
            listed = _ask(f"{base}/contacts?limit=1")[1]
            assert listed["items"][0]["name"].startswith("P")
            again = _ask(f"{base}/contacts/bulk-upload", {"contacts": people})[1]
            assert (again["created"], again["updated"], again["success"]) == (0, 20_000, True)
        finally:
            serve.terminate()
            serve.wait(60)


def _closing(report: dict[str, Any], body: dict[str, Any]) -> None:
    """What holds of every answer."""
    assert report["total"] == report["created"] + report["updated"] + report["failed"]
    assert report["total"] == report["processedContacts"] + report["notProcessedContacts"]
    assert report["failed"] == sum(report["errorsByType"].values())
    assert (body["created"], body["message"]) == (report["created"], report["message"])


@pytest.mark.e2e
def test_r25_r26_3200_contacts_cut_midway_and_sent_again_are_each_there_once(tmp_path: Path) -> None:
    """R25, R26, R27, R30: duplicates and bad rows among 3,200; PostgreSQL is really away for longer than the request waits."""
    people: list[dict[str, Any]] = [
        {"phone": f"+9477{n:07}", "name": f"P{n}", "city": f"C{n % 7}"} for n in range(3_000)
    ]
    people += [{"phone": f"+9477{n:07}", "name": "again"} for n in range(0, 1_200, 10)]
    people += [{"phone": "12", "name": "short"} for _ in range(50)] + [{"name": "nobody"} for _ in range(30)]
    body = {"contacts": people, "chunkSize": 20}
    known = {"duplicate_in_file": 120, "phone_unparseable": 50, "missing": 30}
    url = postgres.fresh(postgres.migrated())
    with Cutter(url) as cutter:
        command = [sys.executable, "-m", "homing", "serve", "--workers", "0", "--bind", "127.0.0.1:0"]
        command += ["--data", str(tmp_path), "--database", cutter.url]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as serve:
            try:
                assert serve.stderr is not None
                base = next(line for line in serve.stderr if "listens on" in line).split()[-1] + "/api/v1"
                threading.Thread(target=serve.stderr.read, daemon=True).start()
                status, cut = _cut_in_the_middle(cutter, url, base, body)
                assert status == 206
                _judge_cut(cut, known)
                status, told = _ask(f"{base}/contacts/bulk-upload", body)
                _judge_whole(status, told, known, already=cut["report"]["created"])
                status, again = _ask(f"{base}/contacts/bulk-upload", body)
                _judge_whole(status, again, known, already=3_000)
                assert again["report"]["unchanged"] == 3_000
            finally:
                serve.terminate()
                serve.wait(60)
        with psycopg.connect(url) as direct:
            counted = direct.execute(
                "SELECT count(*), count(DISTINCT phone) FROM contact WHERE removed_at IS NULL"
            ).fetchone()
        assert counted == (3_000, 3_000)
    postgres.drop(url)


def _cut_in_the_middle(cutter: Cutter, url: str, base: str, body: Any) -> tuple[int, Any]:
    """Uploads, and cuts the line to the database once some chunks are in, until the answer is there."""
    answered = threading.Event()
    found: list[tuple[int, Any]] = []

    def upload() -> None:
        found.append(_ask(f"{base}/contacts/bulk-upload", body))
        answered.set()

    thread = threading.Thread(target=upload)
    thread.start()
    with psycopg.connect(url, autocommit=True) as direct:
        until(
            lambda: (direct.execute("SELECT max(chunks) FROM import").fetchone() or (0,))[0] or 0,
            120,
            "no chunk was written",
        )
    cutter.cut_for(120, answered)
    thread.join(150)
    return found[0]


def _judge_cut(cut: dict[str, Any], known: dict[str, int]) -> None:
    report = cut["report"]
    created = report["created"]
    assert 0 < created < 3_000
    assert created % 20 == 0
    left = 3_000 - created
    words = (
        f"Connection lost during upload. {created} contacts uploaded successfully. {left} contacts were not processed."
    )
    retry = " You can safely retry the upload - already uploaded contacts will be updated, not duplicated."
    assert report == {
        "total": 3_200, "created": created, "updated": 0, "failed": 200 + left,
        "errorsByType": {**known, "connection_error": left}, "errorsByField": report["errorsByField"],
        "connectionLost": True, "partialUpload": True, "processedContacts": created + 200, "notProcessedContacts": left,
        "message": words + retry, "unchanged": 0, "duplicates": 120, "warnings": 0, "warningsByType": {}, "removed": 0,
    }  # fmt: skip
    assert report["errorsByField"] == {"phone": 170, "email": 30}
    assert cut["errors"][0] == {"row": -1, "error": words, "type": "connection_error"}
    assert (cut["success"], cut["connectionLost"], cut["partialUpload"], cut["state"]) == (False, True, True, "paused")
    assert (cut["errorsTruncated"], len(cut["errors"])) == (True, 101)
    _closing(report, cut)


def _judge_whole(status: int, told: dict[str, Any], known: dict[str, int], already: int) -> None:
    report = told["report"]
    assert status == 200
    words = f"3200 contacts processed: {3_000 - already} created, {already} updated, 200 rejected."
    assert report == {
        "total": 3_200, "created": 3_000 - already, "updated": already, "failed": 200, "errorsByType": known,
        "errorsByField": {"phone": 170, "email": 30}, "connectionLost": False, "partialUpload": False,
        "processedContacts": 3_200, "notProcessedContacts": 0, "message": words, "unchanged": already,
        "duplicates": 120, "warnings": 0, "warningsByType": {}, "removed": 0,
    }  # fmt: skip
    first = {"row": 3_001, "error": "an earlier row has the same address", "type": "duplicate_in_file"}
    assert told["errors"][0] == {**first, "field": "phone", "value": "+94770000000", "otherRow": 1}
    assert [error["row"] for error in told["errors"]] == list(range(3_001, 3_101))
    assert (told["success"], told["hasErrors"], told["state"]) == (True, True, "completed")
    _closing(report, told)
