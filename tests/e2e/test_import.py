"""Imports through `homing serve --workers 0`: its import child is killed with kill -9, and everything goes on by itself."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

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
