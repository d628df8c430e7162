"""A linked device under care: the real client library against a loopback server, and the simulated driver by the same claims."""

import asyncio
import itertools
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from homing.channels.whatsapp_linked.device import LinkedDevice, Plan
from homing.channels.whatsapp_linked.ear import Order
from homing.channels.whatsapp_linked.link import command_of
from homing.model.device import WAITS, Reason, Standing, Status
from homing.model.outcome import Accepted, Blame, NotSent, Refused, Unclear
from homing.world import World
from tests.whatsapp.rig import PHONE, Loopback, linked_real, loopback, until

TEXT = {"text": "Hello"}
SOMEBODY = "+94711111111"


@dataclass
class Heard:
    """A desk that remembers."""

    standings: list[Standing] = field(default_factory=list)
    times: list[tuple[Standing, float]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    typed: list[bool] = field(default_factory=list)
    receipts: list[tuple[str, str]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    phone: str = ""
    pid: int | None = None

    def stands(self, standing: Standing) -> None:
        self.standings.append(standing)
        self.times.append((standing, time.monotonic()))

    def code(self, code: str, number: int, seconds: float, *, typed: bool) -> None:
        self.codes.append(code)
        self.typed.append(typed)

    def linked(self, jid: str, phone: str) -> None:
        self.phone = phone

    def process(self, pid: int | None) -> None:
        self.pid = pid

    def receipt(self, message_ids: list[str], kind: str, at: int) -> None:
        self.receipts += [(each, kind) for each in message_ids]

    def inbound(self, facts: dict[str, Any]) -> None:
        self.letters.append(facts)

    def sent(self, key: str, message_id: str) -> None:
        self.acknowledged.append((key, message_id))

    def kept(self, notes: Path) -> None:
        notes.unlink()


class Stage:
    """One device, paired or not, and what stands for WhatsApp behind it."""

    def __init__(self, folder: Path, server: Loopback | None, scale: float) -> None:
        self.server = server
        self.heard = Heard()
        store = folder / "device" / "device.db"
        proxy = server.proxy if server else None
        command = server.command if server else command_of("sim")
        self.plan = Plan("Primary Device", store, proxy, scale, command=command)
        self.device = LinkedDevice(self.plan, self.heard, World())
        self.task: asyncio.Task[None] | None = None

    def begin(self, first: Order | None = None) -> None:
        self.task = asyncio.get_running_loop().create_task(self.device.run(first))

    async def pair(self) -> None:
        self.begin(Order("pair"))
        await until(lambda: self.heard.codes)
        if self.server:
            await self.server.order("scan", qr=self.heard.codes[-1], phone=PHONE)
        else:
            self.play('{"scan": "' + PHONE + '"}')
        await until(lambda: self.device.standing.up)

    def play(self, line: str) -> None:
        """Of the simulated driver: what happens next."""
        path = self.plan.store.with_name(self.plan.store.name + ".script")
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    async def send(self, number: str = SOMEBODY, payload: dict[str, Any] = TEXT) -> Any:
        return await self.device.send("1/1/1", os.urandom(32), number, payload)

    def remember(self, standing: Standing, jid: str | None = None) -> None:
        """Another worker takes it up, with what the ledger has of it."""
        self.plan = replace(self.plan, jid=jid)
        self.device = LinkedDevice(self.plan, self.heard, World(), standing)

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    def reasons(self) -> list[Reason]:
        return [each.reason for each in self.heard.standings]


@asynccontextmanager
async def stage(driver: str, folder: Path, scale: float = 0.02) -> AsyncIterator[Stage]:
    if driver == "sim":
        made = Stage(folder, None, scale)
        try:
            yield made
        finally:
            await made.end()
        return
    async with loopback(folder / "server") as server:
        made = Stage(folder, server, scale)
        try:
            yield made
        finally:
            await made.end()


both = pytest.mark.parametrize("driver", ["sim", pytest.param("neonize", marks=linked_real)])
real = linked_real


@both
def test_a_device_is_linked_sends_and_comes_back_when_its_process_dies(tmp_path: Path, driver: str) -> None:
    """R40, R43: by a code that is scanned; a child that dies costs nothing but its reconnection."""

    async def go() -> None:
        async with stage(driver, tmp_path) as it:
            await it.pair()
            assert it.heard.phone == PHONE
            assert it.heard.standings[0].status is Status.QR_PENDING
            first = await it.send()
            assert isinstance(first, Accepted)
            await until(lambda: (first.provider_id, "read") in it.heard.receipts)
            nobody = await it.send("+94711111404")
            assert isinstance(nobody, Refused)
            assert nobody.reason == "not_on_whatsapp"
            assert it.heard.pid is not None
            os.kill(it.heard.pid, 9)
            await until(lambda: not it.device.standing.up)
            down = await it.send()
            assert isinstance(down, NotSent)
            await until(lambda: it.device.standing.up)
            assert isinstance(await it.send(), Accepted)
            assert Reason.CHILD_CRASH in it.reasons()

    asyncio.run(go())


def test_five_attempts_with_doubling_waits_then_disconnected_and_a_quiet_look(tmp_path: Path) -> None:
    """R40, R42: 5, 10, 20, 40, 80 s, scaled; then it is looked for by itself, and a success resumes everything."""

    async def go() -> None:
        async with stage("sim", tmp_path, scale=0.004) as it:
            await it.pair()
            it.play('{"accept": false}\n{"state": "lost"}')
            await until(lambda: it.device.standing.reason is Reason.UNREACHABLE)
            waits = [s.wait for s in it.heard.standings if s.status is Status.RECONNECTING]
            assert waits == [pytest.approx(wait * 0.004) for wait in WAITS]
            assert [s.attempt for s in it.heard.standings if s.status is Status.RECONNECTING] == [1, 2, 3, 4, 5]
            it.play('{"accept": true}')
            it.plan.store.with_name("device.db.script").write_text("", encoding="utf-8")
            await until(lambda: it.device.standing.up)

    asyncio.run(go())


def test_a_link_that_comes_and_goes_ends_disconnected_after_five_attempts(tmp_path: Path) -> None:
    """R42: attempts are forgotten only when the link has held; a link that drops again and again is given up."""

    async def go() -> None:
        async with stage("sim", tmp_path, scale=0.05) as it:
            await it.pair()
            for _ in range(6):
                await until(lambda: it.device.standing.up)
                it.play(
                    '{"state": "lost"}\n{"state": "connected"}'
                    if it.device.standing.attempt < 5
                    else '{"state": "lost"}'
                )
                seen = len(it.heard.standings)
                await until(lambda seen=seen: len(it.heard.standings) > seen)
                if it.device.standing.status is Status.DISCONNECTED:
                    break
            await until(lambda: it.device.standing.status is Status.DISCONNECTED)
            assert it.device.standing.reason is Reason.UNREACHABLE
            assert max(s.attempt for s in it.heard.standings) == 5

    asyncio.run(go())


@real
@pytest.mark.slow
def test_the_waits_of_the_real_client_double_and_a_link_that_drops_every_10_s_is_given_up(tmp_path: Path) -> None:
    """R40, R42, scaled to 1/20: dropped 0.5 s after each time it is up, disconnected after five attempts; then nothing can be
    dialled at all: 5, 10, 20, 40, 80 s between the attempts, by the clock, and disconnected again."""

    async def go() -> None:
        async with stage("neonize", tmp_path, scale=0.05) as it:
            await it.pair()
            assert it.server is not None
            drops = 0
            while it.device.standing.status is not Status.DISCONNECTED:
                if it.device.standing.up:
                    await asyncio.sleep(10 * 0.05)
                    drops += 1
                    await it.server.order("kill")
                    await until(lambda: not it.device.standing.up)
                await asyncio.sleep(0.01)
            assert (it.device.standing.reason, drops) == (Reason.UNREACHABLE, 6)
            assert [s.attempt for s in it.heard.standings if s.status is Status.RECONNECTING and s.attempt] == [
                1,
                2,
                3,
                4,
                5,
            ]
            it.device.order(Order("reconnect"))
            await until(lambda: it.device.standing.up)
            it.heard.times.clear()
            it.server.server.mode["accept"] = False
            await it.server.order("cut")
            await until(lambda: it.device.standing.reason is Reason.UNREACHABLE)
            told = [(s, at) for s, at in it.heard.times if s.attempt]
            assert [s.wait for s, _ in told[:5]] == [pytest.approx(wait * 0.05) for wait in WAITS]
            apart = [after - before for (_, before), (_, after) in itertools.pairwise(told)]
            assert all(wait * 0.05 <= gap < wait * 0.05 + 3.0 for wait, gap in zip(WAITS, apart, strict=True)), apart

    asyncio.run(go())


def test_attempts_are_forgotten_once_the_link_has_held(tmp_path: Path) -> None:
    """R42: cleared after 60 s, scaled."""

    async def go() -> None:
        async with stage("sim", tmp_path, scale=0.02) as it:
            await it.pair()
            it.play('{"state": "lost"}')
            await until(lambda: it.device.standing.attempt == 1)
            await until(lambda: it.device.standing.up and it.device.standing.attempt == 0)

    asyncio.run(go())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"state": "logged_out", "code": "401"}', Reason.LOGGED_OUT),
        ('{"state": "replaced"}', Reason.REPLACED),
        ('{"state": "temp_banned", "code": "101", "seconds": 3600}', Reason.TEMP_BANNED),
        ('{"state": "upgrade_required", "code": "405"}', Reason.UPGRADE_REQUIRED),
        ('{"state": "failed", "code": "418"}', Reason.FAILED),
    ],
)
def test_each_end_of_a_link_is_told_apart_and_told_in_words(tmp_path: Path, line: str, reason: Reason) -> None:
    """R40: none of them is dialled again by itself at once."""

    async def go() -> None:
        async with stage("sim", tmp_path) as it:
            await it.pair()
            it.play(line)
            await until(lambda: it.device.standing.status is Status.DISCONNECTED)
            assert it.device.standing.reason is reason
            assert it.device.standing.words
            assert isinstance(await it.send(), NotSent)

    asyncio.run(go())


def test_a_device_without_a_session_asks_for_a_scan_and_raises_nothing(tmp_path: Path) -> None:
    """R39: a missing session is disconnected, not an error; one that is there is restored without being asked."""

    async def go() -> None:
        async with stage("sim", tmp_path) as it:
            it.remember(Standing(Status.CONNECTED, Reason.STEADY), jid=f"{PHONE}:1@s.whatsapp.net")
            it.begin()
            await until(lambda: it.heard.standings)
            assert it.device.standing.status is Status.DISCONNECTED
            assert it.device.standing.reason is Reason.LOGGED_OUT
            assert it.device.standing.code == "missing"
            await it.end()
            await it.pair()
            await it.end()
            again = Stage(tmp_path, None, 0.02)
            again.begin()
            await until(lambda: again.device.standing.up)
            assert again.reasons()[0] is Reason.RESTART
            await again.end()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (Standing(Status.DISCONNECTED, Reason.LOGGED_OUT, code="401"), Reason.LOGGED_OUT),
        (Standing(Status.DISCONNECTED, Reason.FAILED, code="pairing"), Reason.FAILED),
        (Standing(Status.QR_PENDING, Reason.WAITING_SCAN), Reason.QR_EXPIRED),
    ],
)
def test_a_restart_does_not_forget_why_a_device_has_no_session(tmp_path: Path, told: Standing, kept: Reason) -> None:
    """R40, R43: unlinked from the phone, refused, or its code died with who showed it: none of them lost a session."""

    async def go() -> None:
        async with stage("sim", tmp_path) as it:
            it.remember(told)
            it.begin()
            await asyncio.sleep(0.2)
            assert (it.device.standing.reason, it.device.standing.code) == (kept, told.code)
            assert it.heard.pid is None, "and nobody dials"

    asyncio.run(go())


def test_a_start_dials_no_number_whose_ban_lasts_and_none_that_was_taken_over(tmp_path: Path) -> None:
    """R40: whoever runs it next, a knock before the end may make a ban longer. At its end it goes on by itself."""

    async def go() -> None:
        async with stage("sim", tmp_path) as it:
            await it.pair()
            await it.end()
            began = World().clock.now()
            for told in (
                Standing(Status.DISCONNECTED, Reason.REPLACED),
                Standing(Status.DISCONNECTED, Reason.TEMP_BANNED, until=began + 1_500, code="101"),
            ):
                it.heard.standings.clear()
                it.remember(told, jid=f"{PHONE}:1@s.whatsapp.net")
                it.begin()
                await asyncio.sleep(0.5)
                assert it.heard.standings == []
                if told.reason is Reason.REPLACED:
                    it.device.order(Order("takeover"))
                await until(lambda: it.device.standing.up)
                await it.end()
            assert World().clock.now() - began >= 1_500

    asyncio.run(go())


def test_a_number_that_may_not_write_to_strangers_asks_nobody_again_whatever_the_line_does(tmp_path: Path) -> None:
    """L22: 463 charges nobody and lasts a day, over a lost line and over a restart; each try before would make it longer."""

    async def go() -> None:
        async with stage("sim", tmp_path) as it:
            await it.pair()
            it.play('{"nack": "463"}')
            await asyncio.sleep(0.2)
            refused = await it.send()
            assert isinstance(refused, NotSent)
            assert (refused.reason, refused.blame, refused.retry_after) == ("restricted", Blame.SENDER, 86_400.0)
            end = it.device.standing.until
            assert it.device.standing.reason is Reason.RESTRICTED
            it.play('{"nack": null}\n{"state": "lost"}')
            await until(lambda: it.device.standing.attempt == 1)
            assert it.device.standing.until == end, "the ledger keeps it meanwhile"
            told = it.device.standing
            await until(lambda: it.device.standing.up)
            assert (it.device.standing.reason, it.device.standing.until) == (Reason.RESTRICTED, end)
            await it.end()
            it.remember(told, jid=f"{PHONE}:1@s.whatsapp.net")
            it.begin()
            await until(lambda: it.device.standing.up)
            assert it.device.standing.reason is Reason.RESTRICTED
            again = await it.send()
            assert isinstance(again, NotSent)
            assert again.reason == "restricted"
            assert 86_000 < (again.retry_after or 0) < 86_400
            assert not it.plan.store.with_name("device.db.sent").exists(), "nothing left"
            await it.end()
            soon = replace(told, until=World().clock.now() + 700)
            it.remember(soon, jid=f"{PHONE}:1@s.whatsapp.net")
            it.begin()
            await until(lambda: it.device.standing.reason is Reason.STEADY)
            assert isinstance(await it.send(), Accepted)

    asyncio.run(go())


def test_what_was_confirmed_to_a_process_is_not_lost_with_whoever_listened(tmp_path: Path) -> None:
    """L9: the acknowledgement and the receipts of a message whose worker died at that moment are told by the next one."""

    async def go() -> None:
        async with stage("sim", tmp_path) as it:
            await it.pair()
            sent = await it.send()
            assert isinstance(sent, Accepted)
            await it.end()
            again = Stage(tmp_path, None, 0.02)
            again.begin()
            await until(lambda: again.device.standing.up)
            assert ("1/1/1", sent.provider_id) in again.heard.acknowledged
            assert (sent.provider_id, "read") in again.heard.receipts
            assert len(list(again.plan.store.parent.glob("device.db.news-*"))) == 1, "only those of the living one"
            await again.end()

    asyncio.run(go())


@real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("attrs", "status", "reason"),
    [
        ({"reason": "401"}, Status.DISCONNECTED, Reason.LOGGED_OUT),
        ({"reason": "403"}, Status.DISCONNECTED, Reason.LOGGED_OUT),
        ({"reason": "402", "code": "101", "expire": "60"}, Status.DISCONNECTED, Reason.TEMP_BANNED),
        ({"reason": "405"}, Status.DISCONNECTED, Reason.UPGRADE_REQUIRED),
        ({"reason": "409"}, Status.DISCONNECTED, Reason.FAILED),
        ({"reason": "418"}, Status.DISCONNECTED, Reason.FAILED),
        ({"reason": "503"}, Status.RECONNECTING, Reason.NETWORK),
    ],
)
def test_every_refused_login_of_the_real_client_is_told_apart(
    tmp_path: Path, attrs: dict[str, str], status: Status, reason: Reason
) -> None:
    """R40: the table of causes, as the real client library tells them."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            it.server.server.mode["login"] = attrs
            await it.server.order("kill")
            await until(lambda: it.device.standing.status is status and it.device.standing.reason is reason)

    asyncio.run(go())


@real
@pytest.mark.slow
@pytest.mark.parametrize(("mode", "left"), [("abort", True), ("drop", True), ("nack479", False)])
def test_a_send_whose_answer_is_lost_is_found_by_its_secret(tmp_path: Path, mode: str, left: bool) -> None:
    """L11: what left is known by its message id, so that its receipt settles it; nothing is sent again by guess."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            it.server.server.mode["msg"] = [mode, mode]
            outcome = await it.send()
            if left:
                assert isinstance(outcome, Unclear)
                assert outcome.words.code in {line[1] for line in it.server.accepted()}
            else:
                assert isinstance(outcome, Refused)
                assert it.server.accepted() == []

    asyncio.run(go())


@real
@pytest.mark.slow
def test_a_process_killed_in_a_send_leaves_evidence_or_proof(tmp_path: Path) -> None:
    """L11, L1: killed with the frame out and no answer: its id is known. Killed before: proved, and sent again."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            it.server.server.mode["msg"] = "silent"
            sending = asyncio.get_running_loop().create_task(it.send())
            await until(lambda: it.server is not None and it.server.accepted())
            assert it.heard.pid is not None
            os.kill(it.heard.pid, 9)
            outcome = await sending
            assert isinstance(outcome, Unclear)
            assert outcome.words.code == it.server.accepted()[0][1]
            it.server.server.mode["msg"] = "ack"
            await until(lambda: it.device.standing.up)
            it.server.server.mode["iq"] = False  # the next one waits for a query before its frame
            sending = asyncio.get_running_loop().create_task(it.send("+94711111112"))
            await asyncio.sleep(0.5)
            os.kill(it.heard.pid, 9)
            outcome = await sending
            assert isinstance(outcome, NotSent)
            assert outcome.reason == "never_left"
            assert len(it.server.accepted()) == 1

    asyncio.run(go())


@real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "left"),
    [
        ({"silent_on": "media_conn"}, False),
        ({"upload_hangs": True}, False),
        ({"silent_on": "usync"}, False),
        ({"silent_on": "key"}, False),
        ({"msg": "silent"}, True),
    ],
    ids=str,
)
def test_a_process_killed_at_each_step_of_a_picture_leaves_evidence_or_proof(
    tmp_path: Path, mode: dict[str, Any], left: bool
) -> None:
    """L11, L1: where to upload, the upload, who the recipient is, his keys, the frame. While his keys are asked for the message
    has its id in the store, and is encrypted for nobody: proved. With the frame out it is in doubt, and never sent by guess."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            server = it.server
            file = tmp_path / "file"
            file.write_bytes(b"bytes of a file")
            picture = {"media": {"path": str(file), "mime": "image/png", "caption": "See", "filename": "f"}}
            server.server.mode.update(mode)
            sending = asyncio.get_running_loop().create_task(it.send(payload=picture))
            await until(lambda: server.accepted() if left else server.server.hanging)
            assert it.heard.pid is not None
            os.kill(it.heard.pid, 9)
            outcome = await sending
            ids = [line[1] for line in server.accepted()]
            assert len(ids) == left
            if left:
                assert isinstance(outcome, Unclear)
                assert outcome.words.code == ids[0]
            else:
                assert isinstance(outcome, NotSent), outcome
                assert outcome.reason == "never_left"
            server.server.mode.update({"silent_on": None, "upload_hangs": False, "msg": "ack"})
            await until(lambda: it.device.standing.up)
            assert isinstance(await it.send("+94711111112", picture), Accepted)

    asyncio.run(go())


@real
@pytest.mark.slow
def test_each_kind_of_media_arrives_and_a_reply_is_heard(tmp_path: Path) -> None:
    """R45: image, video and document with a caption; a text from somebody, end-to-end encrypted, comes in."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            file = tmp_path / "file"
            file.write_bytes(b"bytes of a file")
            for mime in ("image/png", "video/mp4", "application/pdf"):
                media = {"path": str(file), "mime": mime, "caption": "See", "filename": "f"}
                assert isinstance(await it.send(payload={"media": media}), Accepted)
            assert [line[3] for line in it.server.accepted()] == ["image", "video", "document"]
            with closing(
                sqlite3.connect(it.device.plan.store)
            ) as raw:  # it encrypts after the secret, before the frame
                noted = raw.execute("SELECT message_id, state FROM homing_frame").fetchall()
            assert noted == [(line[1], "touched") for line in it.server.accepted()]
            await it.server.order("say", **{"from": SOMEBODY.lstrip("+"), "to": PHONE, "text": "STOP"})
            await until(lambda: it.heard.letters)
            assert (it.heard.letters[0]["phone"], it.heard.letters[0]["text"]) == (SOMEBODY.lstrip("+"), "STOP")

    asyncio.run(go())


@real
@pytest.mark.slow
def test_a_code_that_is_typed_on_the_phone_links_the_device(tmp_path: Path) -> None:
    """R43: pairing without a camera. A mistyped code links nothing, and the right one does after it."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            server = it.server
            assert server is not None
            it.begin(Order("pair", "code", f"+{PHONE}"))
            await until(lambda: it.heard.codes)
            code = it.heard.codes[-1]
            assert re.fullmatch(r"[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}", code), code
            assert it.heard.typed == [True]
            await server.order("type", code="1111-1111", phone=PHONE)
            await until(lambda: server.server.mistyped == 1)
            assert it.device.standing.status is Status.QR_PENDING
            assert not server.server.devices
            await server.order("type", code=code, phone=PHONE)
            await until(lambda: it.device.standing.up)
            assert len(server.server.devices) == 1
            assert isinstance(await it.send(), Accepted)

    asyncio.run(go())


@real
@pytest.mark.slow
def test_a_code_that_whatsapp_refuses_to_give_is_told_at_once(tmp_path: Path) -> None:
    """Its words, not a window that waits for a code for ever."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            assert it.server is not None
            it.server.server.mode["no_codes"] = {"code": "429", "text": "rate-overlimit"}
            it.begin(Order("pair", "code", f"+{PHONE}"))
            await until(lambda: it.device.standing.reason is Reason.FAILED)
            assert "429" in it.device.standing.words, it.device.standing.words
            assert it.heard.codes == []

    asyncio.run(go())


@real
@pytest.mark.slow
def test_a_device_that_was_unlinked_from_the_phone_is_linked_again_by_a_new_scan(tmp_path: Path) -> None:
    """R40: also when its process ended before the library had removed the old session."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            await it.server.order("unlink", phone=PHONE)
            await until(lambda: it.device.standing.reason is Reason.LOGGED_OUT)
            shown = len(it.heard.codes)
            it.device.order(Order("pair"))
            await until(lambda: len(it.heard.codes) > shown)
            await it.server.order("scan", qr=it.heard.codes[-1], phone=PHONE)
            await until(lambda: it.device.standing.up)
            assert isinstance(await it.send(), Accepted)

    asyncio.run(go())


@real
@pytest.mark.slow
def test_receipts_and_messages_that_came_while_away_are_delivered_at_the_next_login(tmp_path: Path) -> None:
    """The loopback server keeps what a device has not confirmed; so a cut loses no receipt, and no STOP."""

    async def go() -> None:
        async with stage("neonize", tmp_path) as it:
            await it.pair()
            assert it.server is not None
            it.server.server.mode["receipts"] = False
            sent = await it.send()
            assert isinstance(sent, Accepted)
            device = next(iter(it.server.server.devices))
            it.server.server.receipt(device, "94711111111@s.whatsapp.net", str(sent.provider_id), "read")
            await it.server.order("kill")
            await until(lambda: (sent.provider_id, "read") in it.heard.receipts)
            it.server.server.mode["accept"] = False
            await it.server.order("cut")
            await until(lambda: not it.device.standing.up)
            await it.server.order("say", **{"from": SOMEBODY.lstrip("+"), "to": PHONE, "text": "STOP"})
            it.server.server.mode["accept"] = True
            await until(lambda: it.heard.letters)
            assert [(one["phone"], one["text"]) for one in it.heard.letters] == [(SOMEBODY.lstrip("+"), "STOP")]
            await until(lambda: it.server is not None and not any(it.server.server.boxes.values()))  # confirmed, later

    asyncio.run(go())
