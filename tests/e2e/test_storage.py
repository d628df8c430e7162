"""A worker whose disk refuses while it sends: who is told, and that it goes on by itself (L19)."""

import contextlib
import json
import resource
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import Product, product, until

pytestmark = pytest.mark.e2e

PEOPLE = 3_000


@contextlib.contextmanager
def no_room(pid: int) -> Iterator[None]:
    """The kernel refuses that process every write beyond the first bytes of a file (EFBIG), as a full disk would."""
    old = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (16, old[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, old)


def ready(it: Product) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(it.url + "/readyz", timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def ask(it: Product, path: str) -> Any:
    with urllib.request.urlopen(f"{it.url}/api/v1{path}", timeout=30) as answer:
        return json.loads(answer.read())


def stories(it: Product, wanted: int) -> list[dict[str, Any]]:
    """What the live stream says of the storage, the first `wanted` times."""
    found: list[dict[str, Any]] = []
    with urllib.request.urlopen(f"{it.url}/api/v1/events?after=0", timeout=60) as stream:
        kind = b""
        for line in stream:
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif kind == b"storage" and line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
                if len(found) == wanted:
                    break
    return found


def test_L19_a_worker_whose_disk_is_full_is_told_everywhere_and_goes_on_by_itself(tmp_path: Path) -> None:
    with product(tmp_path, "--latency", "0.02") as it:
        it.invite(PEOPLE)
        with it.serving():
            campaign = it.send()
            until(lambda: it.arrived() > PEOPLE // 10)
            assert ready(it)[0] == 200
            with no_room(it.worker()):
                began = time.monotonic()
                until(lambda: ready(it)[0] == 503, every=0.1)
                assert time.monotonic() - began < 5
                code, body = ready(it)
                assert (code, body["status"]) == (503, "waiting for storage")
                assert "Free space" in body["detail"]
                (told,) = stories(it, 1)
                assert told["activity"] == "waiting_for_storage"
                assert told["next_at"]
                shown = ask(it, f"/campaigns/{campaign}")
                assert (shown["state"], shown["activity"]) == ("sending", "waiting_for_storage")
                assert "sending goes on by itself" in shown["detail"]
                assert shown["next_at"] is not None
                found = ask(it, "/status")
                assert found["campaigns"][0]["activity"] == "waiting_for_storage"
                assert found["storage"]["detail"]
                assert ask(it, "/events?after=0&wait=0")["storage"]["activity"] == "waiting_for_storage"
                seen = it.arrived()
                until(lambda: "has written nothing since" in it.homing("status", campaign), every=0.5)
                assert it.arrived() == seen, "no dot leaves while it refuses"
            until(lambda: it.arrived() > seen)
            until(lambda: ready(it)[0] == 200, every=0.1)
            assert ask(it, f"/campaigns/{campaign}")["activity"] != "waiting_for_storage"
            assert ask(it, "/events?after=0&wait=0")["storage"] == {"activity": None}
            it.wait_for_end(campaign)
            assert len([fact for fact in it.facts("a process is started") if fact["kind"] == "worker"]) == 1, (
                "nobody had to start it again"
            )
        verdict = it.judge(campaign, PEOPLE)
        verdict.check()
        assert (verdict.audit["failed"], verdict.uncertain) == (0, [])
