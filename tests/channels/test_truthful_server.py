"""The server that proofs lean on: its ledger is written before its 250, and it goes down and comes back on order."""

import smtplib
from pathlib import Path

import pytest

from tests.faults.smtp_server import running

pytestmark = pytest.mark.wire
MESSAGE = b"Message-ID: <%d@s.test>\r\nX-Homing-Delivery: 3/%d\r\nSubject: x\r\n\r\n.dot\r\n"


def test_the_ledger_tells_what_was_accepted_and_the_line_can_be_cut_and_mended(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    with running(ledger, "--greylist-share", "1", "--fault", "data=451*1") as server:
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            for expected in (451, 451, 250):  # greylisted, then DATA refused once, then welcome
                try:
                    client.sendmail("a@s.test", ["b@r.test"], MESSAGE % (1, 1))
                    code = 250
                except smtplib.SMTPRecipientsRefused as refused:
                    code = refused.recipients["b@r.test"][0]
                except smtplib.SMTPDataError as refused:
                    code = refused.smtp_code
                assert code == expected
        assert ledger.read_text() == "3/1\tb@r.test\t<1@s.test>\n"
        server.order(down=True)
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP("127.0.0.1", server.port)
        server.order(down=False, set={"greylist_share": 0, "drop_share": 1.0})
        with pytest.raises(smtplib.SMTPServerDisconnected), smtplib.SMTP("127.0.0.1", server.port) as client:
            client.sendmail("a@s.test", ["c@r.test"], MESSAGE % (2, 2))
        assert ledger.read_text().splitlines()[1:] == ["3/2\tc@r.test\t<2@s.test>"]
        stats = server.order(stats=True)
        assert stats["accepted"] == 2
        assert stats["arrivals"]["dot"] == 1
