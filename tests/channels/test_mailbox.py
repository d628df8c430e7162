"""A mailbox is read over a real socket: what is new, reports only, and a line that is cut at any step loses nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from homing.channels.smtp.mailbox import MOST_AT_ONCE, MOST_BYTES, Mailbox, Place
from homing.model.errors import Unreachable
from homing.model.sender import MailboxAccess
from tests.channels.imap_server import ImapServer
from tests.channels.test_receipts import DSN, QMAIL
from tests.engine.rig import until
from tests.faults.smtp_server import certify

BOUNCE = DSN.format(action="failed", status="5.1.1", words="no such user")
PRIVATE = "From: a friend <ada@example.net>\nTo: b@example.org\nSubject: Hi\n\nonly for you\n"
OLD = 1_700_000_000_000


def access(server: ImapServer, **more: Any) -> MailboxAccess:
    told = {"host": "127.0.0.1", "port": server.port, "user": "b", "implicit": False, "plain": True}
    return MailboxAccess(**{**told, "password": "secret", **more})


async def read(server: ImapServer, since: Place = Place(), **more: Any) -> Any:
    ours = lambda address: address.startswith("b+")  # noqa: E731 - of this test
    return await asyncio.to_thread(Mailbox(access(server, **more)).read, since, ours, OLD)


def run(story: Callable[[ImapServer], Awaitable[Any]], **more: Any) -> Any:
    async def go() -> Any:
        async with ImapServer(**more) as server:
            return await story(server)

    return asyncio.run(go())


@pytest.mark.parametrize("uid_behind", [False, True])
@pytest.mark.parametrize("plain", [False, True])
def test_reports_and_mail_to_our_addresses_are_read_and_nothing_else_is(plain: bool, uid_behind: bool) -> None:
    async def story(server: ImapServer) -> None:
        server.plain, server.uid_behind = plain, uid_behind
        for each in (BOUNCE, PRIVATE, QMAIL, PRIVATE.replace("b@example.org", "b+token@example.org")):
            server.put(each)
        looked = await read(server)
        assert [bool(each.raw) for each in looked.found] == [True, False, True, True]
        assert b"".join(each.raw or b"" for each in looked.found).count(b"only for you") == 1
        assert looked.found[3].addresses == ("b+token@example.org",)
        assert (looked.place, looked.more) == (Place(42, 4), False)
        assert set(server.commands) <= {
            "CAPABILITY",
            "AUTHENTICATE",
            "LOGIN",
            "EXAMINE",
            "UID SEARCH",
            "UID FETCH",
            "LOGOUT",
        }
        assert (await read(server, looked.place)).found == ()
        server.put(BOUNCE)
        assert [each.uid for each in (await read(server, looked.place)).found] == [5]

    run(story)


def test_a_folder_is_read_in_pages_and_from_the_start_when_its_numbers_begin_anew() -> None:
    async def story(server: ImapServer) -> None:
        for _ in range(MOST_AT_ONCE + 1):
            server.put(BOUNCE)
        server.put(BOUNCE, age=timedelta(days=20_000))
        looked = await read(server)
        assert (looked.more, looked.place.uid) == (True, MOST_AT_ONCE)
        rest = await read(server, looked.place)
        assert [each.uid for each in rest.found] == [MOST_AT_ONCE + 1, MOST_AT_ONCE + 2]
        assert not rest.more
        server.validity = 43
        again = await read(server, rest.place)
        assert again.place.validity == 43
        assert [each.uid for each in again.found][:1] == [1]

    run(story)


def test_what_came_before_events_count_is_not_read_at_first() -> None:
    async def story(server: ImapServer) -> None:
        server.put(BOUNCE, age=timedelta(days=20_000))
        server.put(BOUNCE)
        assert [each.uid for each in (await read(server)).found] == [2]

    run(story)


def test_of_a_large_mail_only_its_beginning_is_read() -> None:
    async def story(server: ImapServer) -> None:
        server.put(BOUNCE + "x" * 3 * MOST_BYTES)
        (found,) = (await read(server)).found
        assert len(found.raw) == MOST_BYTES

    run(story)


STAGES = ["greeting", "CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH", "FETCH half"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_line_that_is_cut_says_so_and_the_next_look_has_all(stage: str) -> None:
    async def story(server: ImapServer) -> None:
        server.put(BOUNCE)
        server.cut = stage
        with pytest.raises(Unreachable):
            await read(server)
        assert not server.cut, "it was cut there"
        assert [each.uid for each in (await read(server)).found] == [1]

    run(story)


def test_a_wrong_password_is_told_without_the_address() -> None:
    async def story(server: ImapServer) -> str:
        with pytest.raises(Unreachable) as caught:
            await read(server, password="wrong")
        return caught.value.detail

    told = run(story)
    assert "AUTHENTICATIONFAILED" in told
    assert "example.org" not in told


@pytest.mark.parametrize("implicit", [True, False])
def test_tls_is_verified_and_never_left_out(tmp_path: Path, implicit: bool) -> None:
    ca, context = certify(tmp_path)
    told = {"plain": False, "implicit": implicit}

    async def story(server: ImapServer) -> None:
        server.put(BOUNCE)
        assert len((await read(server, ca_file=str(ca), **told)).found) == 1
        with pytest.raises(Unreachable, match="TLS"):
            await read(server, **told)

    run(story, tls=context, implicit=implicit)


def test_a_server_without_tls_gets_no_password() -> None:
    async def story(server: ImapServer) -> None:
        with pytest.raises(Unreachable):
            await read(server, plain=False)
        assert server.logins == 0

    run(story)


def test_a_look_that_hangs_can_be_cut() -> None:
    async def story(server: ImapServer) -> None:
        server.put(BOUNCE)
        server.silent = "UID SEARCH"
        box = Mailbox(access(server))
        looking = asyncio.get_running_loop().create_task(asyncio.to_thread(box.read, Place(), lambda _: True, OLD))
        await until(lambda: "UID SEARCH" in server.commands)
        box.cut()
        with pytest.raises(Unreachable):
            await looking

    run(story)
