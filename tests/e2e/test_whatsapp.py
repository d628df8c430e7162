"""Linked devices, the whole product: the real client library beside a loopback server that tells the truth."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from proofs.linked import check, run
from tests.whatsapp.product import FIRST, product, until
from tests.whatsapp.qr import read_terminal
from tests.whatsapp.rig import PHONE, linked_real

pytestmark = [pytest.mark.e2e, linked_real]


def test_kills_a_cut_and_a_frozen_line_lose_nobody_and_send_nothing_twice(tmp_path: Path) -> None:
    """R33, R39, R40: the short form of proofs/linked.py."""
    told = run(tmp_path, 100, cut=5.0, freeze=3.0)
    print(told)
    check(told)


def test_the_code_in_the_terminal_can_be_scanned_without_any_server(tmp_path: Path) -> None:
    """R43: `homing sender pair` shows the QR code, runs the device itself, and ends when the phone has scanned it; and
    `sender remove` unlinks it at WhatsApp first."""
    with product(tmp_path) as it:
        it.invite(1)
        shown = tmp_path / "terminal"
        command = [sys.executable, "-m", "homing", "sender", "pair", "phone", "--data", str(it.data)]
        with shown.open("wb") as out:
            pairing = subprocess.Popen(command, stdout=out, env=it.environment)
            until(lambda: "Code 1." in shown.read_text(encoding="utf-8"))
            code = read_terminal(shown.read_text(encoding="utf-8"))
            it.whatsapp.order("scan", qr=code, phone=PHONE)
            assert pairing.wait(120) == 0
        with it.serving():
            until(lambda: it.device()["status"] == "connected")
            assert it.device()["phoneNumber"] == f"+{PHONE}"
        # Removed here, it is no device of the phone any more: connected for that, since nobody else runs it now.
        assert '"event": "unlinked"' not in it.whatsapp.words()
        command = [sys.executable, "-m", "homing", "sender", "remove", "phone", "--data", str(it.data)]
        done = subprocess.run(command, capture_output=True, text=True, env=it.environment, timeout=120)
        assert "unlinked: the phone does not list it any more" in done.stderr, done.stderr
        assert '"event": "unlinked"' in it.whatsapp.words()


def test_the_code_of_the_terminal_is_typed_on_the_phone(tmp_path: Path) -> None:
    """R43: `homing sender pair --code PHONE` shows eight characters, and ends when they were typed there."""
    with product(tmp_path) as it:
        it.invite(1)
        shown = tmp_path / "terminal"
        command = [sys.executable, "-m", "homing", "sender", "pair", "phone", "--code", f"+{PHONE}"]
        with shown.open("wb") as out:
            pairing = subprocess.Popen([*command, "--data", str(it.data)], stdout=out, env=it.environment)
            until(lambda: re.search(r": ([1-9A-Z]{4}-[1-9A-Z]{4})\n", shown.read_text(encoding="utf-8")))
            found = re.search(r": ([1-9A-Z]{4}-[1-9A-Z]{4})\n", shown.read_text(encoding="utf-8"))
            assert found is not None
            it.whatsapp.order("type", code=found[1], phone=PHONE)
            assert pairing.wait(120) == 0
        with it.serving():
            until(lambda: it.device()["status"] == "connected")
            assert it.device()["phoneNumber"] == f"+{PHONE}"


def test_everything_killed_at_each_step_of_a_picture_sends_it_once(tmp_path: Path) -> None:
    """L01, L11: server, worker and device by kill -9 while one message with a picture asks where to upload, uploads, looks its
    recipient up, asks for his keys, waits for its answer: once at the WhatsApp server."""
    steps: list[tuple[dict[str, Any], str]] = [
        ({"silent_on": "media_conn"}, "query-hangs"),
        ({"upload_hangs": True}, "upload-hangs"),
        ({"silent_on": "usync"}, "query-hangs"),
        ({"silent_on": "key"}, "query-hangs"),
        ({"msg": ["late4"]}, '"event": "message"'),
    ]
    with product(tmp_path) as it:
        it.invite(1, "--pacing", "off", "--wait-scale", "0.05", "--check-every", "1s")
        with it.serving():
            it.pair()
        uids = []
        for n, (mode, said) in enumerate(steps, 1):
            with it.serving():
                until(lambda: it.device()["status"] == "connected")
                it.whatsapp.mode(**mode)
                before = it.whatsapp.words().count(said)
                file = {"filename": "a.png", "content": base64.b64encode(b"a picture").decode()}
                told = it.api("POST", "/messages", {"to": f"+{FIRST + n}", "text": "See", "attachments": [file]})
                uids.append(told["id"])
                until(lambda said=said, before=before: it.whatsapp.words().count(said) > before)
                worker, child = it.worker(), it.child()
                assert it.process is not None
                for pid in (it.process.pid, worker, child):
                    if pid is not None:
                        os.kill(pid, signal.SIGKILL)
                it.process.wait()
            it.whatsapp.mode(silent_on=None, upload_hangs=False, msg="ack")
        with it.serving():
            states = lambda: [it.api("GET", f"/messages/{uid}")["state"] for uid in uids]  # noqa: E731 - asked again
            went = ("sent", "delivered", "read")
            until(lambda: all(state in went for state in states()), every=0.2)
        ids: dict[str, set[str]] = {}
        for phone, message_id, *_ in it.whatsapp.accepted():
            ids.setdefault(phone, set()).add(message_id)
        assert {phone: len(each) for phone, each in ids.items()} == {str(FIRST + n): 1 for n in range(1, 6)}


def test_a_number_that_is_banned_in_mid_campaign_fails_nobody_and_goes_on_by_itself(tmp_path: Path) -> None:
    """R40, L22: 402 with an end: no dial before it, everybody waits with the reason, and once it is over it goes on."""
    with product(tmp_path) as it:
        it.invite(60, "--pacing", "off", "--rate", "10/s", "--wait-scale", "0.05", "--check-every", "1s")
        with it.serving():
            it.pair()
            campaign = it.send()
            until(lambda: len(it.whatsapp.accepted()) > 10, every=0.01)
            it.whatsapp.mode(login={"reason": "402", "code": "101", "expire": "20"}, login_once=True)
            it.whatsapp.order("kill")
            until(lambda: it.device()["reason"] == "temp_banned")
            assert it.device()["status"] == "disconnected"
            until(lambda: "ban" in str(it.state(campaign)["reason"]).lower())
            audit = it.audit(campaign)
            assert (audit["failed"], audit["skipped"], audit["balanced"]) == (0, 0, True)
            assert it.state(campaign)["state"] in ("sending", "paused")
            until(lambda: it.state(campaign)["state"] == "completed", every=0.5)
            until(lambda: it.audit(campaign)["uncertain"] == 0, every=0.5)
        verdict = it.judge(campaign, 60)
        said = [json.loads(line[5:]) for line in it.whatsapp.words().splitlines() if line.startswith("SAID ")]
        banned, *others = [each["at"] for each in said if each["event"] == "login-refused"]
        assert others == []
        after = next(each["at"] for each in said if each["event"] == "login" and each["at"] > banned)
        assert after - banned >= 20.0, "nobody knocks before the ban is over"
    assert (verdict["lost"], verdict["twice"], verdict["false"]) == ([], [], [])
    assert verdict["audit"]["sent"] == 60


def test_a_logout_from_the_phone_fails_nobody_and_a_new_scan_goes_on(tmp_path: Path) -> None:
    """R40, L22: queued rows wait; each kind of media arrives."""
    with product(tmp_path) as it:
        it.invite(3, "--pacing", "off", "--wait-scale", "0.05", "--check-every", "1s")
        picture = tmp_path / "offer.pdf"
        picture.write_bytes(b"%PDF-1.4 an offer")
        with it.serving():
            it.pair()
            it.whatsapp.order("unlink", phone=PHONE)
            until(lambda: it.device()["status"] == "disconnected")
            assert it.device()["reason"] == "logged_out"
            campaign = it.send("--attach", str(picture), text="For {{ name }}")
            until(
                lambda: (
                    it.state(campaign)["activity"] in ("waiting_for_sender", None) or "Scan" in str(it.state(campaign))
                )
            )
            assert it.audit(campaign)["failed"] == 0
            it.pair()
            until(lambda: it.state(campaign)["state"] == "completed")
            assert it.audit(campaign)["sent"] == 3
            for name in ("offer.png", "offer.mp4"):
                file = tmp_path / name
                file.write_bytes(b"what is in " + name.encode())
                another = it.send("--attach", str(file), text="For {{ name }}")
                until(lambda another=another: it.state(another)["state"] == "completed")
        assert Counter(line[3] for line in it.whatsapp.accepted()) == {"document": 3, "image": 3, "video": 3}
