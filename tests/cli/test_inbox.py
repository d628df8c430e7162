"""`homing inbox` as its own process."""

import json
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.request

from tests.cli.conftest import Run

LONG = 60


def test_it_says_where_it_listens_takes_mail_and_ends_on_sigterm() -> None:
    """Chaos given as a flag is in force from the first message."""
    command = [
        sys.executable,
        "-m",
        "homing",
        "inbox",
        "--smtp-port",
        "0",
        "--http-port",
        "0",
        "--refuse",
        "100%",
        "--json",
    ]
    with subprocess.Popen([*command, "--code", "552"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            where = json.loads(server.stdout.readline())
            host, _, port = where["smtp"].rpartition(":")
            with smtplib.SMTP(host, int(port), timeout=LONG) as smtp:
                smtp.helo()
                smtp.mail("a@example.org")
                assert smtp.rcpt("b@example.org")[0] == 552
            with urllib.request.urlopen(where["page"], timeout=LONG) as page:
                assert page.status == 200
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(LONG) == 0


def test_a_port_that_is_taken_is_said_with_the_cure(homing: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = homing("inbox", "--smtp-port", taken.getsockname()[1], "--http-port", 0, code=3).err
    assert "--smtp-port" in said


def test_wrong_switches_are_wrong_use(homing: Run) -> None:
    assert "no share" in homing("inbox", "--refuse", "500%", code=2).err
    assert "400 to 599" in homing("inbox", "--code", 250, code=2).err
    assert "--expose" in homing("inbox", "--host", "0.0.0.0", code=3).err
