"""Every cut of a request to SendGrid and SES makes the outcome of FAILURE_MODEL section 2, and each send is one request (L15)."""

import asyncio
import gc

import pytest

from homing.content.letter import Attachment
from homing.inbox.provider import Orders
from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear
from homing.transport.courier import Limits
from homing.transport.pool import Exchange
from tests.channels.desk import run
from tests.channels.providers import KINDS, UID, dialect, letter_parcel, posting
from tests.channels.test_wire_smtp import kind as kind_of

pytestmark = pytest.mark.wire

ROWS: list[tuple[str, tuple[str, str], int]] = [
    # what the provider does, the outcome, how often it accepted
    ("accept", ("Accepted", ""), 1),
    ("drop", ("Unclear", "connection_lost"), 0),
    ("rst", ("Unclear", "connection_lost"), 0),
    ("stall", ("Unclear", "timeout"), 0),
    ("half-read", ("Unclear", "connection_lost"), 0),
    ("tear", ("Unclear", "connection_lost"), 0),
    ("garbage", ("Unclear", "garbage"), 0),
    ("500", ("Unclear", "provider_error"), 0),
    ("502", ("Unclear", "provider_error"), 0),
    ("503", ("Unclear", "provider_error"), 0),
    ("accept-drop", ("Unclear", "connection_lost"), 1),
    ("accept-rst", ("Unclear", "connection_lost"), 1),
    ("accept-stall", ("Unclear", "timeout"), 1),
    ("accept-tear", ("Unclear", "connection_lost"), 1),
    ("accept-half", ("Unclear", "torn_reply"), 1),
    ("accept-garbage", ("Unclear", "garbage"), 1),
    ("accept-5xx", ("Unclear", "provider_error"), 1),
    ("429", ("NotSent", "limit"), 0),
    ("401", ("NotSent", "credentials"), 0),
    ("403", ("NotSent", "credentials"), 0),
    ("404", ("NotSent", "credentials"), 0),
    ("307", ("NotSent", "credentials"), 0),
    ("400", ("Refused", "content"), 0),
    ("413", ("Refused", "too_big"), 0),
]


def named(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case NotSent(blame=Blame.SENDER, trouble=trouble):
            return "NotSent", trouble
        case Unclear(reason=reason):
            return "Unclear", reason
        case _:
            return kind_of(outcome)


def patience(action: str) -> Limits:
    """Short only for the answer that never comes."""
    return Limits(timeout=0.3 if "stall" in action else 20, sweep=0.02, backoff=30)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("action", "expected", "accepted"), ROWS, ids=[row[0] for row in ROWS])
def test_every_fault_has_its_outcome(
    action: str, expected: tuple[str, str], accepted: int, kind: str, loop: str
) -> None:
    async def story() -> None:
        async with posting(kind, Orders(always=action), limits=patience(action)) as (courier, desk, provider):
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert named(desk.outcome(1)) == expected
            assert provider.seen.accepted.total() == accepted
            assert provider.seen.posts.total() == (0 if action == "half-read" else 1)  # L15
            assert provider.seen.connections == 1

    run(story(), loop=loop)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_listens_nothing_was_sent_and_the_desk_knows_why(kind: str) -> None:
    async def story() -> None:
        async with posting(kind) as (courier, desk, provider):
            await provider.stop()
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            outcome = desk.outcome(1)
            assert (outcome.reason, outcome.blame, outcome.trouble) == ("refused", Blame.SENDER, Trouble.CONNECT)
            assert courier.room() == 0
            assert (await courier.probe()).trouble is Trouble.CONNECT
            await provider.start()
            assert await courier.probe() is None
            assert courier.room() > 0

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_not_found_is_said_so(kind: str) -> None:
    async def story() -> None:
        async with posting(kind) as (courier, desk, _):
            courier._provider = dialect(kind, "https://no-such-host.invalid")
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert (desk.outcome(1).reason, desk.outcome(1).trouble) == ("dns", Trouble.CONNECT)

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_speaks_no_tls_is_no_way_out(kind: str) -> None:
    async def story() -> None:
        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 I am no web server\r\n")

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with posting(kind) as (courier, desk, _):
            courier._provider = dialect(kind, f"https://127.0.0.1:{port}")
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert (desk.outcome(1).reason, desk.outcome(1).blame) == ("tls", Blame.SENDER)
        server.close()

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_connect_that_hangs_was_not_sent(kind: str) -> None:
    """A listener whose queue is full never completes a handshake of TLS; here: one that accepts and says nothing to TLS."""

    async def story() -> None:
        silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        async with posting(kind, limits=Limits(timeout=0.3, sweep=0.02)) as (courier, desk, _):
            courier._provider = dialect(kind, f"https://127.0.0.1:{port}")
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert (desk.outcome(1).reason, desk.outcome(1).trouble) == ("timeout", Trouble.CONNECT)
        silent.close()

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_L02_what_may_not_be_written_any_more_keeps_every_byte_back(kind: str) -> None:
    async def story() -> None:
        async with posting(kind) as (courier, desk, provider):
            desk.lane_is_ours = False
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert desk.outcome(1).reason == "lane_lost"
            assert provider.seen.posts.total() == 0
            desk.lane_is_ours = True
            courier.submit(letter_parcel(2))
            await desk.all_finished(2)
            assert isinstance(desk.outcome(2), Accepted)

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leaves_before_its_intent_and_what_is_refused_never_does(kind: str) -> None:
    async def story() -> None:
        async with posting(kind, holding=True) as (courier, desk, provider):
            parcels = [letter_parcel(1), letter_parcel(2)]
            for each in parcels:
                courier.submit(each)
            await desk.until(lambda: len(desk.announced) == 2)
            assert provider.seen.connections == 0
            courier.refuse(parcels[0])
            courier.release(parcels[1])
            await desk.all_finished(2)
            assert desk.outcome(1).reason == "withdrawn"
            assert dict(provider.seen.accepted) == {f"{UID}/2": 1}

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_is_ill_gets_nothing_more_until_a_look_succeeds(kind: str) -> None:
    """One 5xx: what had not left goes back unsent, the door is shut, and the in-doubt ones are those that were on their way."""

    async def story() -> None:
        async with posting(
            kind, Orders(always="503", delay=0.2), connections=2, limits=Limits(first=2, backoff=30)
        ) as (
            courier,
            desk,
            provider,
        ):
            for seq in range(1, 9):
                courier.submit(letter_parcel(seq))
            await desk.until(lambda: len(desk.outcomes) + courier._announced >= 2 and len(desk.outcomes) >= 4)
            await desk.until(lambda: sum(isinstance(o[0], Unclear) for o in desk.outcomes.values()) == 2)
            courier.recall()
            states = [o[0] for o in desk.outcomes.values()]
            assert sum(isinstance(o, Unclear) and o.ailing for o in states) == 2
            assert all(o.reason == "held_back" for o in states if isinstance(o, NotSent))
            assert provider.seen.posts.total() == 2
            assert courier.room() == 0
            provider.orders.always = "accept"
            assert await courier.probe() is None
            courier.submit(letter_parcel(20))
            await desk.until(lambda: 20 in desk.outcomes)
            assert isinstance(desk.outcome(20), Accepted)

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_stated_wait_is_passed_on_and_halves_the_window(kind: str) -> None:
    async def story() -> None:
        orders = Orders(first={1: "429"}, retry_after="7")
        async with posting(kind, orders) as (courier, desk, _):
            before = courier._ceiling.now
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert (desk.outcome(1).retry_after, desk.outcome(1).trouble) == (7.0, Trouble.LIMIT)
            assert courier._ceiling.now == before // 2

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_persons_word_that_5xx_is_no_acceptance_is_followed(kind: str) -> None:
    async def story() -> None:
        async with posting(kind, Orders(always="500"), not_sent_at_5xx=True) as (courier, desk, _):
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert named(desk.outcome(1)) == ("NotSent", "provider")

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_message_leaves_in_pieces_and_its_patience_begins_after_the_last(kind: str) -> None:
    async def story() -> None:
        async with posting(kind) as (courier, desk, provider):
            courier.submit(letter_parcel(1, attachments=(Attachment("a.bin", "application/pdf", b"\0" * 3_000_000),)))
            await desk.all_finished(1)
            assert isinstance(desk.outcome(1), Accepted)
            assert len(provider.seen.bodies[0]) > 3_000_000

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_costs_nothing(kind: str) -> None:
    async def story() -> None:
        async with posting(kind) as (courier, desk, provider):
            for seq in (1, 2, 3):
                courier.submit(letter_parcel(seq))
                await desk.all_finished(seq)
            assert provider.seen.connections == 1
            await provider.stop()
            await provider.start()
            courier.submit(letter_parcel(4))
            await desk.all_finished(4)
            assert isinstance(desk.outcome(4), Accepted)
            assert provider.seen.connections == 2

    run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_L24_closing_waits_for_answers_and_calls_the_rest_what_it_is(kind: str) -> None:
    async def story() -> None:
        orders = Orders(first={2: "accept-stall"}, delay=0.1)
        async with posting(kind, orders, connections=2, limits=Limits(first=2, timeout=20)) as (
            courier,
            desk,
            provider,
        ):
            for seq in range(1, 7):
                courier.submit(letter_parcel(seq))
            await provider.until(lambda: provider.seen.posts.total() >= 2)
            await courier.close(0.5)
            assert isinstance(desk.outcome(2), Unclear)
            assert isinstance(desk.outcome(1), Accepted)
            for seq in range(1, 7):
                assert kind_of(desk.outcome(seq))[0] in ("Accepted", "Unclear", "NotSent")
            sent = {int(key.rpartition("/")[2]) for key in provider.seen.accepted}
            told = {n for n, o in desk.outcomes.items() if isinstance(o[0], Accepted | Unclear)}
            assert sent <= told

    run(story())


def test_an_answer_that_drips_is_given_up_at_its_deadline() -> None:
    async def story() -> None:
        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 202 Accepted\r\nX-Slow: ")
            while not reader.at_eof():
                writer.write(b"H")
                await asyncio.sleep(0.05)

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with posting("sendgrid", limits=Limits(timeout=0.4, sweep=0.02)) as (courier, desk, _):
            courier._provider = dialect("sendgrid", f"http://127.0.0.1:{port}")
            courier.submit(letter_parcel(1))
            await desk.all_finished(1)
            assert named(desk.outcome(1)) == ("Unclear", "timeout")
        server.close()

    run(story())


def test_a_refusal_of_the_address_is_the_recipients_and_of_the_content_the_campaigns() -> None:
    from homing.transport.exchange import Answer

    way = dialect("sendgrid", "http://127.0.0.1:1")
    told = b'{"errors":[{"message":"Does not contain a valid address.","field":"personalizations.0.to.0.email"}]}'
    outcome = way.judge(Answer(400, {}, told))
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.campaign_fault) == ("bad_address", False)
    outcome = way.judge(
        Answer(400, {}, b'{"errors":[{"message":"The content value must be a string","field":"content"}]}')
    )
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.campaign_fault) == ("content", True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_body_of_a_request_goes_when_its_answer_is_there(kind: str) -> None:
    """Not when the collector of cycles comes by: 1,400 bodies stood in memory for that."""

    async def story() -> None:
        async with posting(kind) as (courier, desk, _):
            for seq in range(1, 21):
                courier.submit(letter_parcel(seq))
            await desk.until(lambda: len(desk.outcomes) == 20)
            await asyncio.sleep(0)
            kept = [one for one in gc.get_objects() if type(one) is Exchange]
            assert not kept

    gc.collect()
    gc.disable()
    try:
        run(story())
    finally:
        gc.enable()
