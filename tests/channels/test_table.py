"""EMAIL section 3, row by row, and the words of servers whose codes lie."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homing.channels.smtp.replies import Reply, ReplyParser
from homing.channels.smtp.table import MILDER, PHRASES, ROWS, accepted, judge, queue_id
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear

STAGES = ("banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot")


def reply(text: str) -> Reply:
    (made,) = ReplyParser().feed(f"{text}\r\n".encode())
    return made


def brief(outcome: Outcome) -> str:
    match outcome:
        case NotSent(reason=reason, blame=Blame.SENDER, trouble=trouble):
            return f"sender {trouble} {reason}"
        case NotSent(blame=blame, reason=reason):
            return f"{blame} {reason}"
        case Refused(reason=reason, suppress=suppress, campaign_fault=fault):
            return f"refused {reason}" + " suppress" * suppress + " campaign" * fault
        case Accepted():
            return "accepted"
        case Unclear(reason=reason):
            return f"unclear {reason}"


@pytest.mark.parametrize(
    ("stages", "text", "expected"),
    [
        ("dot", "250 2.0.0 Ok: queued as 4F3A", "accepted"),
        ("dot", "251 fine", "accepted"),
        ("mail rcpt data body dot", "421 4.3.2 going down", "sender provider service_unavailable"),
        ("mail rcpt data dot", "421 4.7.0 Too many connections", "sender limit slow_down"),
        ("rcpt", "421 too many concurrent connections", "sender limit too_many_connections"),
        ("banner ehlo starttls", "554 5.7.1 go away", "sender provider not_welcome"),
        ("banner ehlo starttls", "451 later", "sender provider not_welcome"),
        ("auth", "454 4.7.0 temporary", "sender provider auth_unavailable"),
        ("auth mail", "530 5.7.0 sign in", "sender credentials credentials"),
        ("auth mail", "535 5.7.8 wrong", "sender credentials credentials"),
        ("auth mail", "534 5.7.9 too weak", "sender credentials credentials"),
        ("auth mail", "538 5.7.11 encrypt", "sender credentials credentials"),
        ("mail rcpt dot", "452 4.5.3 too many recipients", "sender limit provider_busy"),
        ("mail rcpt dot", "452 4.3.1 disk full", "sender limit provider_busy"),
        ("rcpt dot", "451 4.3.2 not now", "sender limit provider_busy"),
        ("rcpt dot", "451 4.3.5 misconfigured", "destination destination_slow"),
        ("rcpt dot", "451 4.4.1 no answer from host", "destination destination_slow"),
        ("rcpt dot", "450 4.7.26 unauthenticated", "destination destination_slow"),
        ("dot", "451 4.7.1 hm", "destination destination_slow"),
        ("rcpt", "451 4.7.1 Greylisted", "recipient deferred"),
        ("rcpt", "450 4.7.0 come back", "recipient deferred"),
        ("rcpt", "451 4.7.1 unusual rate of mail from you", "destination destination_slow"),
        ("rcpt dot", "452 4.2.2 full", "recipient mailbox_full"),
        ("rcpt dot", "450 4.2.0 greylisted", "recipient deferred"),
        ("rcpt dot", "451 local error", "recipient deferred"),
        ("rcpt dot", "452 no room", "recipient deferred"),
        ("rcpt dot", "550 5.1.1 no such user", "refused bad_address suppress"),
        ("rcpt dot", "550 5.1.10 null mx", "refused bad_address suppress"),
        ("rcpt dot", "554 5.1.2 no such host", "refused bad_address suppress"),
        ("rcpt dot", "550 5.2.1 disabled", "refused bad_address suppress"),
        ("rcpt", "550 User unknown", "refused bad_address suppress"),
        ("rcpt", "553 sorry, no mailbox here by that name", "refused bad_address suppress"),
        ("dot", "550 User unknown", "refused routing"),
        ("rcpt", "554 User unknown", "refused routing"),
        ("rcpt dot", "552 5.2.2 over quota", "refused mailbox_full"),
        ("mail rcpt data body dot", "552 5.3.4 too big", "refused too_big campaign"),
        ("mail dot", "552 too big", "refused too_big campaign"),
        ("mail rcpt data body dot", "554 5.6.0 bad content", "refused content campaign"),
        ("mail rcpt data body dot", "550 5.7.1 not authorised", "refused policy"),
        ("dot", "550 5.7.515 Access denied", "refused policy"),
        ("mail", "553 5.1.8 not your address", "sender credentials from_not_allowed"),
        ("mail", "550 who are you", "sender credentials from_not_allowed"),
        ("mail", "451 later", "sender provider provider_error"),
        ("rcpt dot", "550 5.4.1 no route", "refused routing"),
        ("rcpt dot", "554 transaction failed", "refused routing"),
        ("data", "554 no", "refused policy"),
        ("data", "451 later", "sender provider provider_error"),
        ("mail rcpt", "354 what", "sender provider provider_error"),
        ("dot", "354 what", "unclear garbage"),
    ],
)
def test_each_row_of_the_table(stages: str, text: str, expected: str) -> None:
    assert {stage: brief(judge(stage, reply(text))) for stage in stages.split()} == dict.fromkeys(
        stages.split(), expected
    )


@pytest.mark.parametrize("row", PHRASES["no_such_mailbox"], ids=lambda row: row["example"])
def test_each_phrase_of_an_unknown_mailbox(row: dict[str, str]) -> None:
    assert brief(judge("rcpt", reply(row["example"]))) == "refused bad_address suppress"


def severity(outcome: Outcome) -> int:
    match outcome:
        case Refused(suppress=True):
            return 3
        case Refused(campaign_fault=True):
            return 2
        case Refused():
            return 1
        case _:
            return 0


@pytest.mark.parametrize("row", PHRASES["milder"], ids=lambda row: row["example"])
def test_each_phrase_makes_its_code_milder_never_harsher(row: dict[str, str]) -> None:
    said = reply(row["example"])
    for stage in row["stage"].split():
        own = next(r.make(said.words(stage)) for r in ROWS if r.matches(stage, said.codes, ""))
        milder = judge(stage, said)
        assert severity(milder) <= severity(own)
        assert brief(milder) != brief(own)
        assert row["becomes"] in brief(milder)


def test_every_phrase_has_an_example() -> None:
    assert len(MILDER) == len(PHRASES["milder"])
    assert all(row["example"] for rows in PHRASES.values() for row in rows)


@pytest.mark.parametrize("stage", STAGES)
def test_no_reply_before_the_dot_is_ever_unclear_and_only_2xx_to_the_dot_accepts(stage: str) -> None:
    for code, text in itertools.product(range(200, 600), ("", " 2.0.0 x", " 4.7.1 x", " 5.1.1 x", " 9.9.9 x")):
        outcome = judge(stage, reply(f"{code}{text}"))
        assert isinstance(outcome, Accepted) == (stage == "dot" and code < 300)
        if isinstance(outcome, Unclear):
            assert stage == "dot"
            assert 300 <= code < 400


def test_nobody_is_suppressed_for_our_own_reputation() -> None:
    for text in (
        "550 5.7.1 blocked",
        "550 5.1.1 blocked by spamhaus",
        "554 5.7.515 no",
        "421 4.7.0 slow",
        "550 5.4.1 x",
    ):
        for stage in STAGES:
            outcome = judge(stage, reply(text))
            assert not (isinstance(outcome, Refused) and outcome.suppress)


def test_a_quota_is_the_senders_trouble() -> None:
    outcome = judge("rcpt", reply("452 4.5.3 too many recipients this hour"))
    assert isinstance(outcome, NotSent)
    assert outcome.trouble is Trouble.LIMIT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250 2.0.0 Ok: queued as 4F3A2B1C", "4F3A2B1C"),
        ("250 OK id=1qX2yz-0004ab-Cd", "1qX2yz-0004ab-Cd"),
        ("250 Ok 0102018f-aaaa-bbbb-000000", "0102018f-aaaa-bbbb-000000"),
        ("250 2.0.0 34ABcd12 Message accepted for delivery", "34ABcd12"),
        ("250 ok", None),
        ("250 2.0.0 Ok", None),
    ],
)
def test_the_servers_own_name_for_a_message_is_kept(text: str, expected: str | None) -> None:
    assert queue_id(reply(text).text) == expected


@given(
    st.sampled_from([b"2.0.0 ", b"2.0.0  ", b"", b"5.0.0 ", b"2.6.0 <a@b> "]),
    st.sampled_from([b"Ok", b"Ok: queued as ", b"Ok: queued as 4ZxY", b"OK id=1abc-2", b"ok 0102018f-1", b"x" * 700])
    | st.binary(),
    st.sampled_from([b"\r", b""]),
)
def test_an_acceptance_reads_the_same_by_the_short_way(code: bytes, words: bytes, end: bytes) -> None:
    line = b"250 " + code + words.replace(b"\n", b"").rstrip(b"\r") + end
    (whole,) = ReplyParser().feed(line + b"\n")
    assert accepted(line) == judge("dot", whole)
