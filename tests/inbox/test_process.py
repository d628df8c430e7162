"""The inbox as a process of its own outlives whom it should, and nobody else."""

import os
import select
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from homing.inbox import InboxProcess

SRC = Path(__file__).resolve().parent.parent.parent / "src"


def test_a_child_process_counts_and_obeys(tmp_path: Path) -> None:
    with InboxProcess(record=tmp_path / "record") as inbox:
        with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=30) as smtp:
            for _ in range(2):
                smtp.sendmail("a@example.org", ["b@example.org"], b"X-Homing-Delivery: 7/1\r\n\r\nx\r\n")
        counts = inbox.counts()
        assert (counts["accepted"], counts["distinct"], counts["twice"]) == (2, 1, 1)
        assert inbox.set_chaos(down=True)["down"] is True
        with pytest.raises(ConnectionError):
            smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=30)
    inbox.stop()


def test_a_child_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="can be reached by others"):
        InboxProcess(host="0.0.0.0")


def test_the_inbox_ends_with_a_maker_that_was_killed() -> None:
    maker = subprocess.Popen(
        [sys.executable, "-c", _MAKER], env={**os.environ, "PYTHONPATH": str(SRC)}, stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    child = os.pidfd_open(int(maker.stdout.readline()))
    try:
        maker.kill()
        maker.wait(30)
        gone, _, _ = select.select([child], [], [], 30)  # readable once the process has ended
        assert gone
    finally:
        os.close(child)
        maker.stdout.close()


_MAKER = """
import threading
from homing.inbox import InboxProcess
if __name__ == "__main__":
    inbox = InboxProcess(page=True)
    print(inbox.pid, flush=True)
    threading.Event().wait()
"""


def test_serve_ends_on_sigterm() -> None:
    code = "from homing.inbox import serve; serve(lambda inbox: print(inbox.smtp_port, inbox.url, flush=True))"
    server = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SRC)}, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    port, url = server.stdout.readline().split()
    with smtplib.SMTP("127.0.0.1", int(port), timeout=30) as smtp:
        assert smtp.noop()[0] == 250
        assert url.startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    server.stdout.close()
