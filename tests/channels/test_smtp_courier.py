"""What the courier promises beside its outcomes: the held dot, one try, few connections, nothing kept back."""

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homing.channels.smtp.courier import SmtpCourier
from homing.channels.smtp.limits import Limits
from homing.model.courier import Parcel
from homing.model.outcome import Accepted, Blame, NotSent, Refused, Trouble, Unclear
from homing.model.pacing import Pace, Pacing
from homing.model.sender import SenderOptions, SmtpAccess, Tls
from homing.world import World
from tests.channels.desk import RecordingDesk, parcel, run, sending
from tests.faults.smtp_server import Behaviour, SmtpServer

pytestmark = pytest.mark.wire

CALM = Limits(sweep=0.05, slow_trip=1e9)
HEAVY = (b"x" * 70 + b"\r\n") * 2_000


def keys(server: SmtpServer) -> list[str]:
    return [line.split("\t")[0] for line in server.ledger.lines]


@pytest.mark.parametrize("body", [b"Hello.\r\n", HEAVY], ids=["small", "heavy"])
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_L01_no_dot_arrives_before_the_release(mode: int, body: bytes) -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, mode=mode, holding=True, limits=replace(CALM, heavy=10_000)) as (courier, desk):
            courier.submit(parcel(1, body=body))
            await server.reached("data")
            await (server.reached("body") if body is HEAVY else courier_has_read_354(courier))
            assert server.arrivals["dot"] == 0
            assert desk.outcomes == {}
            courier.release(desk.announced[0])
            await desk.all_finished(1)
        assert isinstance(desk.outcome(1), Accepted)
        assert keys(server) == ["7/1"]

    run(story())


async def courier_has_read_354(courier: SmtpCourier) -> None:
    """A second connection's whole probe has passed: what was on its way to us before it has been read."""
    assert await courier.probe() is None


@pytest.mark.parametrize("body", [b"Hello.\r\n", HEAVY], ids=["small", "heavy"])
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_L02_a_refused_parcel_is_aborted_without_a_dot(mode: int, body: bytes) -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, mode=mode, holding=True, limits=replace(CALM, heavy=10_000)) as (courier, desk):
            courier.submit(parcel(1, body=body))
            await server.reached("data")
            courier.refuse(desk.announced[0])
            await desk.all_finished(1)
            await server.until(lambda: not server.connections)
        outcome = desk.outcome(1)
        assert isinstance(outcome, NotSent)
        assert (outcome.reason, outcome.blame) == ("withdrawn", Blame.SENDER)
        assert server.arrivals["dot"] == 0
        assert keys(server) == []

    run(story())


def test_a_parcel_is_announced_only_when_its_line_is_free_for_it() -> None:
    """Intents are for what is about to leave: one a connection, so a crash leaves no more than that in doubt."""

    async def story() -> None:
        server = SmtpServer(Behaviour())
        async with sending(server, holding=True, connections=1) as (courier, desk):
            server.behaviour.arm("dot=accept-say:")  # the reply to the first dot stays away
            courier.submit(parcel(1))
            courier.submit(parcel(2))
            await desk.until(lambda: len(desk.announced) == 1)
            courier.release(desk.announced[0])
            await server.reached("dot")
            assert len(desk.announced) == 1
            assert [p.key.seq for p in courier.recall()] == [2]
            server.behaviour.faults.clear()
            for connection in tuple(server.connections):
                connection.transport.write(b"250 2.0.0 late\r\n")
            await desk.all_finished(1)
            assert isinstance(desk.outcome(1), Accepted)
        assert keys(server) == ["7/1"]

    run(story())


def test_L02_refusing_the_next_parcel_of_a_joined_write_leaves_the_current_one_its_answer() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, mode=2, holding=True) as (courier, desk):
            server.behaviour.latency = 0.05
            courier.submit(parcel(1))
            courier.submit(parcel(2))
            await desk.until(lambda: len(desk.announced) == 1)
            courier.release(desk.announced[0])
            await desk.until(lambda: len(desk.announced) == 2)
            courier.refuse(desk.announced[1])
            await desk.all_finished(2)
        assert isinstance(desk.outcome(1), Accepted)
        assert desk.outcome(2).reason == "withdrawn"
        assert keys(server) == ["7/1"]

    run(story())


def test_a_lost_lane_is_noticed_in_the_call_that_writes_the_dot() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, holding=True) as (courier, desk):
            courier.submit(parcel(1))
            await server.reached("data")
            desk.lane_is_ours = False
            courier.release(desk.announced[0])
            await desk.all_finished(1)
        assert desk.outcome(1).reason == "lane_lost"
        assert server.arrivals["dot"] == 0

    run(story())


@pytest.mark.parametrize("reply", ["451", "550", "close", "rst", "garbage", "torn"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_L15_one_submit_makes_one_request(stage: str, reply: str) -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm(f"{stage}={reply}*1")
        server = SmtpServer(behaviour)
        async with sending(server) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert sum(line.startswith("RCPT TO:<user1@") for line in server.commands) <= 1
        assert isinstance(desk.outcome(2), Accepted)
        assert keys(server) == ["7/2"]

    run(story())


def test_L16_the_reply_to_the_dot_has_its_own_long_patience() -> None:
    async def story() -> None:
        server = SmtpServer()
        limits = replace(CALM, before_dot=0.2, data=0.2, dot=20)
        async with sending(server, limits=limits) as (courier, desk):
            server.behaviour.arm("dot=accept-say:")
            courier.submit(parcel(1))
            await server.reached("dot")
            await asyncio.sleep(0.6)  # three times the patience of every other step
            assert desk.outcomes == {}
            for connection in tuple(server.connections):
                connection.transport.write(b"250 2.0.0 Ok: queued as LATE0001\r\n")
            await desk.all_finished(1)
        outcome = desk.outcome(1)
        assert isinstance(outcome, Accepted)
        assert outcome.provider_id == "LATE0001"

    run(story())


def test_L16_the_default_patience_for_the_dot_is_that_of_rfc_5321() -> None:
    assert Limits().dot == 600
    assert Limits().before_dot == 30


def test_L16_a_connection_that_timed_out_is_never_used_again() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, limits=replace(CALM, dot=0.2)) as (courier, desk):
            server.behaviour.arm("dot=accept-stall*1")
            courier.submit(parcel(1))
            await desk.all_finished(1)
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert isinstance(desk.outcome(1), Unclear)
        assert desk.outcome(1).reason == "timeout"
        assert isinstance(desk.outcome(2), Accepted)
        assert server.met == 2
        assert keys(server) == ["7/1", "7/2"]

    run(story())


def test_a_reply_that_drips_in_byte_by_byte_is_read() -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm("dot=slow")
        async with sending(SmtpServer(behaviour)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
        assert isinstance(desk.outcome(1), Accepted)

    run(story())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_last_words_of_a_connection_that_is_reset_are_heard(loop: str) -> None:
    """Of a cleartext connection: the reply was in the kernel when the connection died."""

    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm("dot=accept-reply-rst")
        async with sending(SmtpServer(behaviour)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
        assert isinstance(desk.outcome(1), Accepted)

    run(story(), loop=loop)


# ---- pipelining


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_a_refusal_does_not_disturb_the_messages_around_it(mode: int) -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, mode=mode) as (courier, desk):
            server.behaviour.arm("rcpt=550 5.1.1 no such user*2")
            for seq in range(1, 6):
                courier.submit(parcel(seq))
            await desk.all_finished(5)
        assert [type(desk.outcome(seq)) for seq in range(1, 6)] == [Refused, Refused, Accepted, Accepted, Accepted]
        assert keys(server) == ["7/3", "7/4", "7/5"]
        assert server.met == 1
        assert "RSET" in server.commands  # DATA was refused, or never asked, after MAIL was fine (rule 4)

    run(story())


@pytest.mark.parametrize("mode", [1, 2])
def test_a_354_to_a_refused_recipient_is_ended_with_a_lone_dot(mode: int) -> None:
    """Rule 4: the reply to that dot is ignored, the verdict is that of RCPT."""

    async def story() -> None:
        server = SmtpServer()
        server.always_354 = True
        async with sending(server, mode=mode) as (courier, desk):
            server.behaviour.arm("rcpt=550 5.1.1 no such user*1")
            for seq in range(1, 4):
                courier.submit(parcel(seq))
            await desk.all_finished(3)
        outcome = desk.outcome(1)
        assert isinstance(outcome, Refused)
        assert outcome.reason == "bad_address"
        assert server.arrivals["lone dot"] == 1
        assert keys(server) == ["7/2", "7/3"]
        assert server.met == 1

    run(story())


@pytest.mark.parametrize("unasked", [b"421 4.4.2 idle timeout\r\n", b"250 what you did not ask\r\n", b"\x00\xff\r\n"])
def test_a_reply_to_nothing_ends_the_connection(unasked: bytes) -> None:
    """Rule 5: it is never paired with a later command."""

    async def story() -> None:
        server = SmtpServer()
        async with sending(server) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            for connection in tuple(server.connections):
                connection.transport.write(unasked)
            await server.until(lambda: not server.connections)
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert isinstance(desk.outcome(2), Accepted)
        assert server.met == 2
        assert keys(server) == ["7/1", "7/2"]

    run(story())


def test_mode_2_writes_the_next_group_with_the_dot() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, mode=2) as (courier, desk):
            server.behaviour.latency = 0.02
            for seq in range(1, 21):
                courier.submit(parcel(seq))
            began = asyncio.get_running_loop().time()
            await desk.all_finished(20)
            spent = asyncio.get_running_loop().time() - began
        assert keys(server) == [f"7/{seq}" for seq in range(1, 21)]
        assert server.met == 1
        assert spent < 20 * 0.02 * 1.9  # two round trips a message would need 0.8 s and more

    run(story())


def test_a_cut_joined_write_leaves_the_second_message_surely_unsent() -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm("dot=accept-close*1")
        server = SmtpServer(behaviour)
        async with sending(server, mode=2) as (courier, desk):
            courier.submit(parcel(1))
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert isinstance(desk.outcome(1), Unclear)
        second = desk.outcome(2)
        assert isinstance(second, NotSent | Accepted)  # Accepted: it had not been written and took another line
        assert keys(server).count("7/2") == isinstance(second, Accepted)
        assert keys(server).count("7/1") == 1

    run(story())


def test_content_is_dot_stuffed_and_arrives_as_it_was() -> None:
    async def story() -> None:
        server = SmtpServer(keep_content=True)
        async with sending(server) as (courier, desk):
            courier.submit(parcel(1, body=b".\r\n..\r\n.hidden\r\nend.\r\n"))
            await desk.all_finished(1)
        assert isinstance(desk.outcome(1), Accepted)
        assert server.contents[0].endswith(b"\r\n\r\n.\r\n..\r\n.hidden\r\nend.\r\n")

    run(story())


@pytest.mark.parametrize("body", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb\r\n", b"no end", b"x\r\r\n", b"x\n\r\n"])
def test_a_bare_line_end_is_refused_and_nothing_is_sent(body: bytes) -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server) as (courier, desk):
            courier.submit(parcel(1, body=body))
            await desk.all_finished(1)
        outcome = desk.outcome(1)
        assert isinstance(outcome, Refused)
        assert outcome.campaign_fault
        assert desk.announced == []
        assert server.arrivals["mail"] == 0

    run(story())


# ---- extensions


def test_what_the_server_offers_is_used_and_respected() -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour(size=2000, dsn=True, smtputf8=True))
        async with sending(server) as (courier, desk):
            courier.submit(parcel(1, recipient="jörg@bücher.example"))
            courier.submit(parcel(2, recipient="joerg@bücher.example"))
            courier.submit(parcel(3, body=b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n" + b"z" * 900 + b"\r\n"))
            await desk.all_finished(3)
        assert [type(desk.outcome(seq)) for seq in (1, 2, 3)] == [Accepted, Accepted, Refused]
        outcome = desk.outcome(3)
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.campaign_fault) == ("too_big", True)
        size = len(parcel(1).body)
        assert server.commands[0] == f"MAIL FROM:<b@sender.test> SIZE={size} SMTPUTF8 RET=HDRS ENVID=7/1/1"
        assert server.commands[1] == "RCPT TO:<jörg@xn--bcher-kva.example> NOTIFY=FAILURE,DELAY"
        assert server.commands[3] == "RCPT TO:<joerg@xn--bcher-kva.example> NOTIFY=FAILURE,DELAY"

    run(story())


def test_what_the_server_does_not_offer_is_not_asked_for() -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour(eight_bit=False))
        async with sending(server) as (courier, desk):
            courier.submit(parcel(1, recipient="jörg@example.test"))
            courier.submit(parcel(2, body="größe\r\n".encode()))
            courier.submit(parcel(3))
            await desk.all_finished(3)
        first, second = desk.outcome(1), desk.outcome(2)
        assert isinstance(first, Refused)
        assert first.reason == "needs_smtputf8"
        assert isinstance(second, Refused)
        assert second.reason == "content"
        assert server.commands[:2] == ["MAIL FROM:<b@sender.test>", "RCPT TO:<user3@example.test>"]

    run(story())


@pytest.mark.parametrize(
    "address", ["a@b>\r\nRCPT TO:<x@y.test", "a b@c.test", "a@b\x00.test", "<a@b.test>", "no-at", "a@b.test\n", ""]
)
def test_no_address_can_write_commands(address: str) -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server) as (courier, desk):
            courier.submit(addressed_to(address))
            await desk.all_finished(1)
        outcome = desk.outcome(1)
        assert isinstance(outcome, Refused)
        assert outcome.reason == "bad_address"
        assert server.commands in ([], ["QUIT"])

    run(story())


def addressed_to(address: str) -> Parcel:
    made = parcel(1)
    made.recipient = address
    return made


# ---- connections


def test_lines_are_kept_and_the_limit_of_messages_is_respected() -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour(mailmax=5))
        async with sending(server) as (courier, desk):
            for seq in range(1, 21):
                courier.submit(parcel(seq))
            await desk.all_finished(20)
        assert server.ledger.count == 20
        assert server.met == 4
        assert server.commands.count("QUIT") >= 3

    run(story())


def test_connections_grow_with_success_up_to_the_setting() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, connections=8, holding=True, limits=replace(CALM, first_connections=2)) as (
            courier,
            desk,
        ):
            assert courier.room() == 4
            for seq in range(4):
                courier.submit(parcel(seq))
            await server.reached("data", 2)
            assert server.met == 2
            desk.holding = False
            for held in tuple(desk.announced):
                courier.release(held)
            await desk.all_finished(4)
            sent = 4
            while courier.room() < 16:
                courier.submit(parcel(sent))
                sent += 1
                await desk.all_finished(sent)
                assert sent < 200
        assert sent > 20

    run(story())


def test_a_paced_sender_speaks_on_one_connection() -> None:
    options = SenderOptions(connections=10, pacing=Pacing(Pace.GENTLE))
    courier = SmtpCourier(SmtpAccess("127.0.0.1"), options, RecordingDesk(), World())
    assert courier.room() == 2


def test_a_421_halves_the_connections_once() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, connections=8, limits=replace(CALM, first_connections=8)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            assert courier.room() == 16
            server.behaviour.arm("mail=421 4.7.0 too many*2")
            courier.submit(parcel(2))
            await desk.all_finished(2)
            assert courier.room() == 8
            courier.submit(parcel(3))
            await desk.all_finished(3)
            assert courier.room() == 8  # not twice in ten seconds
        outcome = desk.outcome(2)
        assert isinstance(outcome, NotSent)
        assert outcome.trouble is Trouble.LIMIT

    run(story())


def test_an_idle_line_says_quit() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, limits=replace(CALM, idle=0.1)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            await server.until(lambda: not server.connections)
            assert server.commands[-1] == "QUIT"
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert server.met == 2
        assert desk.troubles == []

    run(story())


def test_a_quit_without_an_answer_means_nothing() -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour())
        server.behaviour.arm("quit=stall")
        async with sending(server, limits=replace(CALM, quit=0.1)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            await courier.close(1)
        assert isinstance(desk.outcome(1), Accepted)
        assert desk.troubles == []

    run(story())


# ---- no way out


def test_a_refused_connection_is_told_once_and_costs_nothing() -> None:
    async def story() -> None:
        server = SmtpServer()
        await server.start()
        await server.stop()
        async with sending(server, listen=False, connections=5, limits=replace(CALM, backoff=0.2)) as (courier, desk):
            for seq in range(5):
                courier.submit(parcel(seq))
            await desk.all_finished(5)
            assert len(desk.troubles) == 1
            assert courier.room() == 0
            news = desk.troubles[0]
            assert (news.reason, news.trouble, news.blame) == ("refused", Trouble.CONNECT, Blame.SENDER)
            assert news.words.text
            assert {type(desk.outcome(seq)) for seq in range(5)} == {NotSent}
            assert desk.announced == []
            await server.start(server.port)
            courier.submit(parcel(9))  # while shut: waits for the door
            await desk.all_finished(6)
            assert courier.room() == 10 - 5 - 1 or courier.room() > 0
        assert isinstance(desk.outcome(9), Accepted)

    run(story())


def test_a_desk_may_recall_what_has_not_been_announced_when_the_way_is_lost() -> None:
    async def story() -> None:
        server = SmtpServer()
        await server.start()
        await server.stop()
        async with sending(server, listen=False, connections=5) as (courier, desk):
            desk.recall_on_trouble = True
            for seq in range(5):
                courier.submit(parcel(seq))
            await desk.until(lambda: bool(desk.troubles))
            assert [given.key.seq for given in desk.recalled] == [0, 1, 2, 3, 4]
        assert desk.outcomes == {}

    run(story())


def test_recall_gives_back_exactly_what_was_not_announced() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, holding=True) as (courier, desk):
            for seq in range(6):
                courier.submit(parcel(seq))
            await server.reached("data")
            given = courier.recall()
            assert [one.key.seq for one in given] == [1, 2, 3, 4, 5]
            assert courier.recall() == []
            desk.holding = False
            courier.release(desk.announced[0])
            await desk.all_finished(1)
        assert list(desk.outcomes) == [0]
        assert keys(server) == ["7/0"]

    run(story())


def test_a_successful_probe_opens_the_door_again() -> None:
    async def story() -> None:
        server = SmtpServer()
        await server.start()
        await server.stop()
        async with sending(server, listen=False, limits=replace(CALM, backoff=60, most_backoff=60)) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
            assert courier.room() == 0
            news = await courier.probe()
            assert isinstance(news, NotSent)
            assert news.reason == "refused"
            await server.start(server.port)
            assert await courier.probe() is None
            assert courier.room() > 0
            courier.submit(parcel(2))
            await desk.all_finished(2)
        assert isinstance(desk.outcome(2), Accepted)

    run(story())


def test_refused_credentials_shut_the_door_until_somebody_tests_them() -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour(auth="me:right"))
        async with sending(server, user="me", password="wrong") as (courier, desk):
            courier.submit(parcel(1))
            courier.submit(parcel(2))
            await desk.all_finished(2)
            assert courier.room() == 0
            courier.submit(parcel(3))
            await desk.all_finished(3)
            assert server.arrivals["auth"] == 1  # no second try: accounts get locked
            assert len(desk.troubles) == 1
            server.behaviour.auth = "me:wrong"
            assert await courier.probe() is None
            courier.submit(parcel(4))
            await desk.all_finished(4)
        third = desk.outcome(3)
        assert isinstance(third, NotSent)
        assert (third.reason, third.trouble) == ("auth", Trouble.CREDENTIALS)
        assert isinstance(desk.outcome(4), Accepted)

    run(story())


# ---- probes


@pytest.mark.parametrize(
    ("fault", "reason", "trouble"),
    [
        ("banner=554 5.7.1 not you", "banner", Trouble.PROVIDER),
        ("banner=close", "banner", Trouble.PROVIDER),
        ("banner=stall", "timeout", Trouble.PROVIDER),
        ("ehlo=421 busy", "ehlo", Trouble.PROVIDER),
    ],
)
def test_a_probe_tells_the_specific_reason(fault: str, reason: str, trouble: Trouble) -> None:
    async def story() -> None:
        behaviour = Behaviour()
        behaviour.arm(fault)
        async with sending(SmtpServer(behaviour), limits=replace(CALM, before_dot=0.3)) as (courier, desk):
            news = await courier.probe()
        assert isinstance(news, NotSent)
        assert (news.reason, news.trouble, news.blame) == (reason, trouble, Blame.SENDER)
        assert news.words.text
        assert desk.troubles == []

    run(story())


def test_a_name_that_does_not_exist_is_a_dns_failure() -> None:
    async def story() -> None:
        access = SmtpAccess("no-such-host.invalid", 25, helo="client.test")
        courier = SmtpCourier(access, SenderOptions(), RecordingDesk(), World())
        news = await courier.probe()
        await courier.close(0)
        assert isinstance(news, NotSent)
        assert (news.reason, news.trouble) == ("dns", Trouble.CONNECT)

    run(story())


# ---- TLS


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
@pytest.mark.parametrize("mode", [1, 2])
def test_messages_travel_encrypted_and_signed_in(tmp_path: Path, tls: Tls, loop: str, mode: int) -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour(auth="me:secret"), tls=tls, tls_dir=tmp_path)
        way: dict[str, Any] = {
            "host": "localhost",
            "tls": tls,
            "ca_file": str(server.ca),
            "user": "me",
            "password": "secret",
        }
        async with sending(server, mode=mode, **way) as (courier, desk):
            assert await courier.probe() is None
            for seq in range(5):
                courier.submit(parcel(seq, body=HEAVY if seq == 2 else b"Hi.\r\n"))
            await desk.all_finished(5)
        assert {type(desk.outcome(seq)) for seq in range(5)} == {Accepted}
        assert keys(server) == [f"7/{seq}" for seq in range(5)]

    run(story(), loop=loop)


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_of_a_stranger_is_not_trusted(tmp_path: Path, tls: Tls) -> None:
    async def story() -> None:
        server = SmtpServer(tls=tls, tls_dir=tmp_path)
        async with sending(server, host="localhost", tls=tls) as (courier, desk):
            news = await courier.probe()
            courier.submit(parcel(1))
            await desk.all_finished(1)
        assert isinstance(news, NotSent)
        assert news.reason == "tls"
        assert "certificate" in news.words.text.lower()
        assert desk.announced == []
        assert server.arrivals["mail"] == 0

    run(story())


def test_starttls_that_is_not_offered_is_not_done_without() -> None:
    async def story() -> None:
        server = SmtpServer()
        async with sending(server, tls=Tls.STARTTLS) as (courier, desk):
            courier.submit(parcel(1))
            await desk.all_finished(1)
        assert desk.troubles[0].reason == "tls"
        assert server.arrivals["mail"] == 0

    run(story())


def test_plaintext_injected_behind_starttls_throws_the_connection_away(tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpServer(tls="starttls", tls_dir=tmp_path)
        server.behaviour.arm("starttls=say:220 go\\r\\n250-evil\\r\\n250 PIPELINING\\r\\n")
        async with sending(server, host="localhost", tls=Tls.STARTTLS, ca_file=str(server.ca)) as (courier, desk):
            news = await courier.probe()
        assert isinstance(news, NotSent)
        assert "more than it was asked" in news.words.text
        assert desk.troubles == []

    run(story())


def test_tls_below_1_2_is_not_spoken(tmp_path: Path) -> None:
    from homing.channels.smtp.line import trust
    from tests.faults.smtp_server import certify

    ca, _ = certify(tmp_path)
    context = trust(SmtpAccess("localhost", tls=Tls.STARTTLS, ca_file=str(ca)))
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


# ---- the end


def test_close_waits_for_answers_and_finishes_everything() -> None:
    async def story() -> None:
        server = SmtpServer(Behaviour(latency=0.02))
        async with sending(server, connections=2) as (courier, desk):
            for seq in range(10):
                courier.submit(parcel(seq))
            await server.reached("mail")
            await courier.close(10)
            assert len(desk.outcomes) == 10
            outcomes = [desk.outcome(seq) for seq in range(10)]
        accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
        assert accepted == server.ledger.count >= 1
        assert sum(isinstance(outcome, NotSent) for outcome in outcomes) == 10 - accepted
        assert courier.room() == 0

    run(story())


def test_close_without_patience_leaves_nothing_unsaid() -> None:
    async def story() -> None:
        server = SmtpServer()
        server.behaviour.arm("dot=accept-stall")
        async with sending(server, connections=1) as (courier, desk):
            for seq in range(4):
                courier.submit(parcel(seq))
            await server.reached("dot")
            await courier.close(0)
        assert isinstance(desk.outcome(0), Unclear)
        assert {type(desk.outcome(seq)) for seq in (1, 2, 3)} == {NotSent}

    run(story())
