"""What goes into MAIL, RCPT and the content: never a byte that a server could read as something else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homing.channels.smtp.envelope import Powers, Ready, prepare
from homing.model.courier import only_crlf
from homing.model.outcome import Refused
from tests.channels.desk import parcel

PIECES = st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"\xff", b" "])


@settings(deadline=None)
@given(st.lists(PIECES, max_size=20).map(b"".join))
def test_a_bare_cr_or_lf_is_found_wherever_it_stands(start: bytes) -> None:
    body = start + b"\r\n"
    without = body.replace(b"\r\n", b"")
    assert only_crlf(body) == (b"\r" not in without and b"\n" not in without)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=20).map(b"".join))
def test_stuffed_content_never_holds_an_end_of_data_and_unstuffs_to_itself(start: bytes) -> None:
    made = parcel(1, body=start + b"\r\n")
    ready = prepare(made, Powers(eight_bit=True))
    if isinstance(ready, Refused):
        return
    wire = ready.body + b".\r\n"
    assert (b"\r\n" + wire).count(b"\r\n.\r\n") == 1
    assert (b"\r\n" + ready.body).replace(b"\r\n.", b"\r\n")[2:] == made.body


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_address_makes_more_than_three_commands(recipient: str, sender: str) -> None:
    ready = prepare(parcel(1, recipient=recipient or "x", envelope_from=sender), Powers(utf8=True, dsn=True, size=9999))
    if isinstance(ready, Ready):
        lines = ready.group.split(b"\r\n")
        assert [line[:5] for line in lines] == [b"MAIL ", b"RCPT ", b"DATA", b""]
        assert b"\n" not in b"".join(lines)
        assert b"\r" not in b"".join(lines)


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ({}, Powers()),
        (
            {"pipelining": "", "size": "1000", "8bitmime": "", "smtputf8": "", "dsn": ""},
            Powers(True, 1000, True, True, True),
        ),
        ({"size": ""}, Powers()),
        ({"size": "lots"}, Powers()),
        ({"limits": "RCPTMAX=5 MAILMAX=20"}, Powers(messages=20)),
    ],
)
def test_what_a_server_announces(extensions: dict[str, str], expected: Powers) -> None:
    assert Powers.of(extensions) == expected


def test_the_null_sender_and_a_quoted_local_part_are_addresses() -> None:
    ready = prepare(parcel(1, recipient='"a b"@c.test', envelope_from=""), Powers())
    assert isinstance(ready, Ready)
    assert ready.group == b'MAIL FROM:<>\r\nRCPT TO:<"a b"@c.test>\r\nDATA\r\n'
    assert ready.command("rcpt") == b'RCPT TO:<"a b"@c.test>\r\n'
