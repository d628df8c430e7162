"""Linked devices, the whole product: the real client library beside a loopback server that tells the truth."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.linked import check, run
from tests.whatsapp.product import product, until
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
        assert {line[3] for line in it.whatsapp.accepted()} == {"document"}
