"""Every cut of an SMTP dialogue makes exactly the outcome that FAILURE_MODEL section 2 and EMAIL section 3 promise."""

from dataclasses import replace

import pytest

from homing.channels.smtp.limits import Limits
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear
from tests.channels.desk import parcel, run, sending
from tests.faults.smtp_server import Behaviour, SmtpServer

pytestmark = pytest.mark.wire

SENDER = ("NotSent", Blame.SENDER)
RECIPIENT = ("NotSent", Blame.RECIPIENT)
UNCLEAR = ("Unclear", "")

CUTS = ("close", "rst", "stall")
ROWS: list[tuple[str, str, tuple[str, str]]] = [
    *(("banner", action, SENDER) for action in (*CUTS, "421", "451", "550")),
    *(("ehlo", action, SENDER) for action in (*CUTS, "421", "451", "550")),
    *(("mail", action, SENDER) for action in (*CUTS, "421", "451", "550")),
    *(("rcpt", action, SENDER) for action in (*CUTS, "421")),
    ("rcpt", "451", RECIPIENT),
    ("rcpt", "550", ("Refused", "routing")),
    *(("data", action, SENDER) for action in (*CUTS, "421", "451")),
    ("data", "550", ("Refused", "policy")),
    *(("body", action, UNCLEAR) for action in CUTS),  # a small body and its dot leave together
    ("body", "421", SENDER),
    ("body", "451", RECIPIENT),
    ("body", "550", ("Refused", "routing")),
    *(("dot", action, UNCLEAR) for action in CUTS),
    ("dot", "421", SENDER),
    ("dot", "451", RECIPIENT),
    ("dot", "550", ("Refused", "routing")),
    ("dot", "torn", UNCLEAR),
    ("dot", "garbage", UNCLEAR),
]
WAYS = [(0, "asyncio"), (1, "asyncio"), (2, "asyncio"), (1, "uvloop")]


def kind(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case NotSent(blame=blame):
            return "NotSent", blame
        case Refused(reason=reason):
            return "Refused", reason
        case _:
            return type(outcome).__name__, ""


def patience(stage: str, action: str) -> Limits:
    """Short only for the reply that never comes."""
    normal = Limits(before_dot=20, data=20, dot=20, sweep=0.05, slow_trip=1e9, backoff=30)
    if action != "stall":
        return normal
    short = {"data": "data", "body": "dot", "dot": "dot"}.get(stage, "before_dot")
    return Limits(
        before_dot=0.25 if short == "before_dot" else 20,
        data=0.25 if short == "data" else 20,
        dot=0.25 if short == "dot" else 20,
        sweep=0.05,
        slow_trip=1e9,
        backoff=30,
    )


def test_the_table_has_its_44_rows() -> None:
    assert len(ROWS) == 44
    assert len({(stage, action) for stage, action, _ in ROWS}) == 44


@pytest.mark.parametrize(("mode", "loop"), WAYS, ids=str)
@pytest.mark.parametrize(("stage", "action", "expected"), ROWS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_cut_has_its_outcome(stage: str, action: str, expected: tuple[str, str], mode: int, loop: str) -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm(f"{stage}={action}")
        server = SmtpServer(behaviour)
        async with sending(server, mode=mode, limits=patience(stage, action)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            behaviour.faults.clear()
        assert kind(desk.outcome(1)) == expected
        assert server.ledger.count == 0
        assert server.arrivals["mail"] <= 1  # L15: one submit, one try
        reachable = stage in ("banner", "ehlo")
        assert len(desk.troubles) == (1 if reachable else 0)
        assert len(desk.announced) == (0 if reachable else 1)

    run(story(), loop=loop)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("mode", [1, 2])
@pytest.mark.parametrize("action", ["close", "rst", "stall", "torn", "garbage"])
def test_an_accepted_message_whose_reply_is_lost_is_unclear_and_was_sent_once(
    action: str, mode: int, loop: str
) -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm(f"dot=accept-{action}*1")
        server = SmtpServer(behaviour)
        async with sending(server, mode=mode, limits=patience("dot", action)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert isinstance(desk.outcome(1), Unclear)
        assert isinstance(desk.outcome(2), Accepted)
        assert sorted(line.split("\t")[0] for line in server.ledger.lines) == ["7/1", "7/2"]
        assert server.met == 2  # L16: the line in doubt is never used again

    run(story(), loop=loop)


@pytest.mark.parametrize("mode", [1, 2])
@pytest.mark.parametrize("action", ["close", "rst", "stall", "451", "550", "421"])
def test_what_breaks_inside_a_heavy_body_is_surely_not_sent(action: str, mode: int) -> None:
    """The dot of a heavy body is not written before all of the body has left (L17)."""

    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm(f"body={action}")
        server = SmtpServer(behaviour)
        limits = replace(patience("none", ""), body_progress=0.3, heavy=10_000)
        async with sending(server, mode=mode, limits=limits, holding=True) as (courier, desk):
            courier.submit(parcel(1, body=(b"x" * 70 + b"\r\n") * 1_000))
            if action == "stall":
                await server.reached("body")
                courier.refuse(desk.announced[0])
            await desk.all_finished(1)
        assert kind(desk.outcome(1)) == SENDER
        assert server.ledger.count == 0
        assert server.arrivals["dot"] == 0

    run(story())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_L17_a_heavy_body_that_is_withdrawn_is_never_finished(loop: str) -> None:
    """The server would take it: only the missing dot keeps a message that may not leave from being accepted."""

    async def story() -> None:
        server = SmtpServer(Behaviour())
        limits = replace(patience("none", ""), heavy=10_000)
        async with sending(server, limits=limits, holding=True) as (courier, desk):
            courier.submit(parcel(1, body=(b"x" * 70 + b"\r\n") * 1_000))
            await server.reached("body")
            courier.refuse(desk.announced[0])
            await desk.all_finished(1)
            await server.until(lambda: not server.connections)
        assert kind(desk.outcome(1)) == SENDER
        assert server.arrivals["dot"] == 0
        assert server.ledger.count == 0

    run(story(), loop=loop)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_L17_a_body_that_makes_no_progress_is_aborted_without_a_dot(loop: str) -> None:
    async def story() -> None:
        behaviour = Behaviour()
        server = SmtpServer(behaviour)
        limits = replace(patience("none", ""), body_progress=0.3)
        async with sending(server, limits=limits) as (courier, desk):
            behaviour.arm("body=pause")
            courier.submit(parcel(1, body=(b"x" * 998 + b"\r\n") * 20_000))
            await desk.all_finished(1)
        assert kind(desk.outcome(1)) == SENDER
        assert desk.outcome(1).reason == "timeout"
        assert server.ledger.count == 0

    run(story(), loop=loop)


@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        ("mail", "530 5.7.0 authentication required", Trouble.CREDENTIALS),
        ("mail", "553 5.1.8 sender not allowed", Trouble.CREDENTIALS),
        ("banner", "554 5.7.1 go away", Trouble.PROVIDER),
        ("rcpt", "421 4.7.0 too many", Trouble.LIMIT),
        ("rcpt", "452 4.5.3 too many recipients", Trouble.LIMIT),
    ],
)
def test_sender_trouble_says_who_must_act(stage: str, reply: str, expected: Trouble) -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm(f"{stage}={reply}")
        async with sending(SmtpServer(behaviour)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
        outcome = desk.outcome(1)
        assert isinstance(outcome, NotSent)
        assert outcome.trouble is expected
        assert outcome.words.text

    run(story())
