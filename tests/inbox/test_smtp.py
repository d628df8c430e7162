"""The inbox takes every message as it was sent, and does wrong only what Chaos says, on real loopback connections."""

import asyncio
import random
import smtplib
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from homing.inbox import Chaos, Inbox
from homing.inbox.record import replay
from homing.model.errors import Misconfigured

LIMIT = 30.0


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, LIMIT))


class Talk:
    """A client that says exactly what the test says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def with_(cls, inbox: Inbox) -> "Talk":
        talk = cls(*await asyncio.open_connection("127.0.0.1", inbox.smtp_port))
        assert await talk.answer() == "220"
        assert await talk.say("EHLO tester") == "250"
        return talk

    async def answer(self) -> str:
        """The code of the next answer; '' when the line was cut instead."""
        while True:
            try:
                line = await self.reader.readline()
            except ConnectionError:
                return ""
            if not line:
                return ""
            if line[3:4] != b"-":
                return line[:3].decode()

    async def say(self, line: str) -> str:
        self.writer.write(line.encode() + b"\r\n")
        return await self.answer()

    async def envelope(self, recipient: str = "ada@example.org") -> str:
        await self.say("MAIL FROM:<a@example.org>")
        return await self.say(f"RCPT TO:<{recipient}>")

    async def send(self, body: bytes, recipient: str = "ada@example.org") -> str:
        """`body`: CRLF lines, dots not doubled yet."""
        code = await self.envelope(recipient)
        if code != "250":
            return code
        assert await self.say("DATA") == "354"
        stuffed = (b"." if body.startswith(b".") else b"") + body.replace(b"\r\n.", b"\r\n..")
        self.writer.write(stuffed + b".\r\n")
        return await self.answer()

    def hang_up(self) -> None:
        self.writer.close()


def mail(delivery: str = "", number: int = 1, text: str = "Hello") -> bytes:
    key = f"X-Homing-Delivery: {delivery}\r\n" if delivery else ""
    return f"From: a@example.org\r\nSubject: S\r\nMessage-ID: <{number}@example.org>\r\n{key}\r\n{text}\r\n".encode()


@pytest.mark.wire
@pytest.mark.parametrize(
    "body",
    [
        b"\r\n",
        b"",
        b".\r\n",
        b"..\r\n",
        b"\r\n.\r\n\r\n",
        b"ends with a dot.\r\nand.\r\n",
        b".\r\n.\r\n.\r\n",
        b"x" * 300_000 + b"\r\n",
        b"a.\r\n" * 40_000,
        bytes(range(1, 10)) + bytes(range(14, 256)) + b"\r\n",
    ],
)
def test_a_body_arrives_byte_for_byte(body: bytes) -> None:
    async def story() -> None:
        async with Inbox(page=False) as inbox:
            talk = await Talk.with_(inbox)
            assert await talk.send(body) == "250"
            assert await talk.say("NOOP") == "250"
            message = inbox.kept.get(1)
            assert message is not None
            assert message.raw == body
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_a_body_arrives_whole_however_it_is_cut_into_packets() -> None:
    async def story() -> None:
        dice = random.Random(7)
        async with Inbox(page=False) as inbox:
            talk = await Talk.with_(inbox)
            for number in range(150):
                lines = [
                    b"".join(dice.choices([b".", b"a", b"\r", b"\0"], k=dice.randrange(4)))
                    for _ in range(dice.randrange(8))
                ]
                body = b"".join(line.rstrip(b"\r") + b"\r\n" for line in lines)
                await talk.envelope()
                await talk.say("DATA")
                wire = (b"." if body.startswith(b".") else b"") + body.replace(b"\r\n.", b"\r\n..") + b".\r\nNOOP\r\n"
                while wire:
                    cut = dice.randrange(1, 6)
                    talk.writer.write(wire[:cut])
                    wire = wire[cut:]
                    await asyncio.sleep(0)
                assert [await talk.answer(), await talk.answer()] == ["250", "250"]
                message = inbox.kept.get(number + 1)
                assert message is not None
                assert message.raw == body
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_commands_may_be_sent_several_at_once() -> None:
    """RFC 2920."""

    async def story() -> None:
        async with Inbox(page=False) as inbox:
            talk = await Talk.with_(inbox)
            one = b"MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=999\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
            talk.writer.write(one)
            assert [await talk.answer() for _ in range(3)] == ["250", "250", "354"]
            talk.writer.write(mail() + b".\r\n" + one)
            assert [await talk.answer() for _ in range(4)] == ["250", "250", "250", "354"]
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_any_address_and_any_credentials_are_taken() -> None:
    async def story() -> None:
        async with Inbox(page=False) as inbox:

            def client() -> None:
                with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=LIMIT) as smtp:
                    smtp.login("nobody", "whatever")
                    smtp.sendmail("", ['"odd one"@example.org', "plain@example.org"], mail())

            await asyncio.to_thread(client)
            message = inbox.kept.get(1)
            assert message is not None
            assert message.recipients == ('"odd one"@example.org', "plain@example.org")
            assert message.sender in {"", "<>"}
            assert inbox.counts().accepted == 2

    run(story())


@pytest.mark.wire
def test_what_is_too_big_is_refused_before_it_is_sent() -> None:
    async def story() -> None:
        async with Inbox(page=False) as inbox:
            talk = await Talk.with_(inbox)
            assert await talk.say(f"MAIL FROM:<a@example.org> SIZE={1 << 40}") == "552"
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_copies_and_campaigns_are_counted() -> None:
    async def story() -> None:
        async with Inbox(page=False) as inbox:
            talk = await Talk.with_(inbox)
            for delivery in ("7/1", "7/2", "7/2/3", "8/1", "not a key", ""):
                assert await talk.send(mail(delivery)) == "250"
            counts = inbox.counts()
            assert (counts.accepted, counts.distinct, counts.twice) == (6, 4, 2)
            seven, eight, other = (counts.by_campaign[name] for name in ("7", "8", ""))
            assert (seven.accepted, seven.distinct, seven.twice) == (3, 2, 1)
            assert (eight.accepted, eight.distinct, eight.twice) == (1, 1, 0)
            assert (other.accepted, other.distinct, other.twice) == (
                2,
                1,
                1,
            )  # the same Message-ID to the same recipient
            assert counts.twice_keys == ("7/2", "<1@example.org>")
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_memory_is_bounded_and_counts_are_not() -> None:
    async def story() -> None:
        async with Inbox(page=False, keep=10, keep_bytes=5_000) as inbox:
            talk = await Talk.with_(inbox)
            for number in range(50):
                assert await talk.send(mail(f"1/{number}")) == "250"
            assert len(inbox.kept) == 10
            for number in range(50, 55):
                assert await talk.send(mail(f"1/{number}", text="x" * 2_000)) == "250"
            assert inbox.kept.bytes <= 5_000
            assert inbox.kept.latest == 55
            assert inbox.counts().distinct == 55
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_a_dropped_message_is_on_record_before_the_line_is_cut(tmp_path: Path) -> None:
    async def story() -> None:
        record = tmp_path / "record"
        async with Inbox(page=False, record=record, chaos=Chaos(drop=1.0)) as inbox:
            talk = await Talk.with_(inbox)
            assert await talk.send(mail("7/46")) == ""
            (line,) = replay(record)
            assert (line.delivery, line.recipient, line.message_id) == ("7/46", "ada@example.org", "<1@example.org>")
            assert inbox.counts().accepted == inbox.counts().dropped == 1
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_the_record_is_counted_at_the_next_start_without_its_torn_last_line(tmp_path: Path) -> None:
    async def story() -> None:
        record = tmp_path / "record"
        for _ in range(2):
            async with Inbox(page=False, record=record) as inbox:
                talk = await Talk.with_(inbox)
                assert await talk.send(mail("7/1")) == "250"
                talk.hang_up()
        record.write_bytes(record.read_bytes() + b"17\t7/2\tb@exa")
        async with Inbox(page=False, record=record) as inbox:
            counts = inbox.counts()
            assert (counts.accepted, counts.distinct, counts.twice) == (2, 1, 1)
        assert record.stat().st_mode & 0o777 == 0o600

    run(story())


@pytest.mark.wire
def test_what_cannot_be_recorded_is_not_accepted() -> None:
    async def story() -> None:
        async with Inbox(page=False, record=Path("/dev/full")) as inbox:
            talk = await Talk.with_(inbox)
            assert await talk.send(mail("7/1")) == "451"
            assert inbox.counts().accepted == 0
            assert len(inbox.kept) == 0
            talk.hang_up()

    run(story())


@pytest.mark.wire
@pytest.mark.parametrize(("code", "at_dot"), [(450, False), (550, False), (452, True), (554, True)])
def test_refused_messages_are_not_counted_as_accepted(code: int, at_dot: bool) -> None:
    async def story() -> None:
        async with Inbox(page=False, chaos=Chaos(refuse=1.0, code=code, at_dot=at_dot)) as inbox:
            talk = await Talk.with_(inbox)
            assert await talk.send(mail("7/1")) == str(code)
            assert inbox.counts().accepted == 0
            assert inbox.counts().refused == 1
            await inbox.set_chaos(Chaos())  # in force on the open line
            assert await talk.say("RSET") == "250"
            assert await talk.send(mail("7/1")) == "250"
            talk.hang_up()

    run(story())


@pytest.mark.wire
@pytest.mark.parametrize("at_dot", [False, True])
def test_421_also_closes_the_line(at_dot: bool) -> None:
    async def story() -> None:
        async with Inbox(page=False, chaos=Chaos(refuse=1.0, code=421, at_dot=at_dot)) as inbox:
            talk = await Talk.with_(inbox)
            assert await talk.send(mail("7/1")) == "421"
            assert await talk.reader.read() == b""
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_a_greylisted_address_is_let_in_at_the_second_try() -> None:
    async def story() -> None:
        async with Inbox(page=False, chaos=Chaos(greylist=0.3)) as inbox:
            talk = await Talk.with_(inbox)
            first, second = [], []
            for tries in (first, second):
                for number in range(100):
                    tries.append(await talk.send(mail(f"7/{number}"), f"person{number}@example.org"))
                    await talk.say("RSET")
            assert 15 <= first.count("450") <= 45
            # Who was let in at the first try is let in again; who was not, now is.
            assert second == ["250"] * 100
            assert inbox.counts().greylisted == first.count("450")
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_a_delayed_reply_comes_late_and_the_record_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        record = tmp_path / "record"
        async with Inbox(page=False, record=record, chaos=Chaos(delay_ms=300)) as inbox:
            talk = await Talk.with_(inbox)
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert await talk.send(mail("7/1")) == "250"
            assert loop.time() - began >= 0.3
            assert await talk.envelope() == "250"
            assert await talk.say("DATA") == "354"
            talk.writer.write(mail("7/2") + b".\r\n")
            while inbox.counts().accepted < 2:
                await asyncio.sleep(0.005)
            assert len(list(replay(record))) == 2  # before the reply, which is not here yet
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_down_cuts_open_lines_and_up_listens_on_the_same_port() -> None:
    async def story() -> None:
        async with Inbox(page=False) as inbox:
            port = inbox.smtp_port
            talk = await Talk.with_(inbox)
            await inbox.set_chaos(Chaos(down=True))
            assert await talk.answer() == ""
            with pytest.raises(ConnectionError):
                await asyncio.open_connection("127.0.0.1", port)
            await inbox.set_chaos(Chaos())
            assert inbox.smtp_port == port
            again = await Talk.with_(inbox)
            assert await again.send(mail()) == "250"
            again.hang_up()
            talk.hang_up()

    run(story())


@pytest.mark.wire
def test_it_stays_down_when_somebody_took_the_port_meanwhile() -> None:
    async def story() -> None:
        async with Inbox(page=False, chaos=Chaos(down=True)) as inbox:
            with socket.socket() as other:
                other.bind(("127.0.0.1", inbox.smtp_port))
                other.listen()
                with pytest.raises(OSError, match="in use"):
                    await inbox.set_chaos(Chaos())
                assert inbox.chaos.down
            await inbox.set_chaos(Chaos())
            (await Talk.with_(inbox)).hang_up()

    run(story())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "mail.example.org"])
def test_it_listens_on_loopback_only_unless_told_otherwise(host: str) -> None:
    with pytest.raises(Misconfigured):
        Inbox(host=host)


def test_told_otherwise_it_listens_elsewhere() -> None:
    assert Inbox(host="0.0.0.0", expose=True).exposed
    assert not Inbox(host="localhost").exposed
