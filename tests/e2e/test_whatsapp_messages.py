"""Single messages over linked devices, the whole product: posted while everything dies, each arrives once."""

import base64
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.whatsapp.product import FIRST, Product, product, until
from tests.whatsapp.rig import linked_real

pytestmark = [pytest.mark.e2e, linked_real]
FILES = {"a.png": "image", "a.mp4": "video", "a.pdf": "document"}


def post(it: Product, n: int, name: str | None = None) -> str:
    body = {"to": f"+{FIRST + n}", "text": f"Message {n}", "senders": ["phone"]}
    if name is not None:
        body["attachments"] = [{"filename": name, "content": base64.b64encode(name.encode()).decode()}]
    told = it.api("POST", "/messages", body)
    assert "id" in told, told
    return str(told["id"])


def test_messages_that_were_taken_arrive_once_whatever_is_killed(tmp_path: Path) -> None:
    """L01, L11, R33, R41: the device's process, the server and its worker killed with kill -9 between the 202 and the sending;
    a text, an image, a video and a document among them. Counted at the receiving server."""
    with product(tmp_path) as it:
        it.invite(1, "--pacing", "off", "--wait-scale", "0.05", "--check-every", "1s")
        with it.serving():
            it.pair()
            names = [*FILES, *[None] * 9]
            uids = [post(it, n, name) for n, name in enumerate(names, 1)]
            until(lambda: len(it.whatsapp.accepted()) >= 2, every=0.01)
            child = it.child()
            if child is not None:
                os.kill(child, signal.SIGKILL)
            uids += [post(it, n) for n in range(13, 17)]  # waits for the device, then is taken
            floor = len(it.whatsapp.accepted())
            until(lambda: len(it.whatsapp.accepted()) > floor, every=0.01)
            assert it.process is not None
            worker = it.worker()
            os.kill(it.process.pid, signal.SIGKILL)
            os.kill(worker, signal.SIGKILL)
            it.process.wait()
        with it.serving():
            uids += [post(it, n) for n in range(17, 21)]  # right after a start: the restore is waited for
            told = lambda: [it.api("GET", f"/messages/{uid}")["state"] for uid in uids]  # noqa: E731 - asked again
            until(lambda: set(told()) <= {"sent", "delivered", "read"}, every=0.2)
        copies: dict[int, set[str]] = {}
        kinds: Counter[str] = Counter()
        for phone, message_id, _, kind in it.whatsapp.accepted():
            copies.setdefault(int(phone) - FIRST, set()).add(message_id)
            kinds[kind] += 1
        assert sorted(copies) == list(range(1, 21)), "nobody lost"
        assert [n for n, ids in copies.items() if len(ids) > 1] == [], "nobody twice"
        assert set(kinds) == {"text", *FILES.values()}
