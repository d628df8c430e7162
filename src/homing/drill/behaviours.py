"""The behaviours, one function each: what is done to the network, and what must be true afterwards (R24)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from homing.drill.ground import PEOPLE, Ground, Sheet
from homing.inbox.provider import Orders

OUTAGE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one behaviour. `words`: one sentence with what was counted; `wrong`: what did not hold."""

    words: str
    counted: dict[str, Any]
    wrong: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.wrong


def _found(sheet: Sheet, words: str, must: dict[str, bool], **more: Any) -> Finding:
    """0 lost, 0 twice, 0 false are asked of every behaviour, beside what `must` hold for this one."""
    wrong = [name for name, holds in must.items() if not holds]
    for name, count in (("lost", sheet.lost), ("twice", sheet.twice), ("called failed though it arrived", sheet.false)):
        if count:
            wrong.append(f"{count} {name}")
    if not sheet.balanced:
        wrong.append("the books do not close")
    counts = f"{sheet.arrived} of {sheet.people} arrived, {sheet.lost} lost, {sheet.twice} twice"
    return Finding(f"{counts}; {words}", {**sheet.told(), **more}, wrong)


async def outage(on: Ground) -> Finding:
    """The mail server is gone for 3 s in the middle of a campaign."""
    await on.chaos(delay_ms=30)
    of = on.start("outage", on.smtp(connections=1))
    await on.arrived(of, PEOPLE // 3)
    await on.chaos(down=True)
    told = await on.waiting(of)
    await asyncio.sleep(OUTAGE_SECONDS)
    before = len(on.order(of))
    rows = on.rows(of)
    following = min(seq for seq, row in rows.items() if row.state not in ("sent", "uncertain"))
    await on.chaos(delay_ms=30)
    back = await on.until(lambda: len(on.order(of)) > before, "the next mail after the outage")
    await on.completed(of)
    sheet, first = on.sheet(of), on.order(of)[before]
    return _found(
        sheet,
        f"said so after {told:.1f} s, went on {back:.1f} s after the return at row {first}",
        {
            f"it went on at row {first} and not at {following}": first == following,
            "the outage failed somebody": not sheet.states["failed"],
            "the outage was charged to somebody": sheet.attempts == PEOPLE,
            "it waited longer than it says": told < 10 and back < 15,
        },
        waiting_after_seconds=round(told, 2),
        resumed_after_seconds=round(back, 2),
        resumed_at=first,
    )


async def slow(on: Ground) -> Finding:
    """Every answer of the mail server takes 400 ms."""
    await on.chaos(delay_ms=400)
    of = on.start("slow", on.smtp(connections=20))
    took = await on.completed(of)
    sheet = on.sheet(of)
    return _found(
        sheet,
        f"{sheet.attempts} attempts in {took:.1f} s: patience, no repeats",
        {"a slow answer was taken for a failure": sheet.attempts == PEOPLE and sheet.states["sent"] == PEOPLE},
    )


async def refusals(on: Ground) -> Finding:
    """The mail server refuses a fifth of the recipients for good (550)."""
    await on.chaos(refuse=0.2)
    of = on.start("refusals", on.smtp())
    await on.completed(of)
    sheet = on.sheet(of)
    refused = PEOPLE - sheet.arrived
    return _found(
        sheet,
        f"{refused} refused, each tried once and named with the server's words",
        {
            "nobody was refused": refused > 0,
            "the refused are not the failed": sheet.states["failed"] == refused,
            "a refused recipient was tried again": sheet.attempts == PEOPLE,
            "a refusal has no words": all(row.code for row in sheet.rows.values() if row.state == "failed"),
        },
        refused=refused,
    )


async def greylisting(on: Ground) -> Finding:
    """The mail server turns everybody away at the first try (450) and lets them in at the next."""
    await on.chaos(greylist=1.0)
    of = on.start("greylisting", on.smtp())
    await on.completed(of)
    sheet = on.sheet(of)
    return _found(
        sheet,
        f"{sheet.attempts} attempts for {PEOPLE} people",
        {
            "a greylisted recipient failed": sheet.states["sent"] == PEOPLE,
            "somebody was not greylisted": sheet.attempts == 2 * PEOPLE,
        },
    )


async def overload(on: Ground) -> Finding:
    """The provider takes 25 messages a second and answers the rest 429, come again in 1 s."""
    before = on.provider.seen.statuses[429]
    on.provider.orders = Orders(limit=25, retry_after="1")
    of = on.start("overload", on.by_http(connections=20))
    await on.completed(of)
    sheet, refused = on.sheet(of), on.provider.seen.statuses[429] - before
    return _found(
        sheet,
        f"{refused} times 429, nobody charged for it",
        {
            "the provider was never overloaded": refused > 0,
            "an overload failed somebody": sheet.states["sent"] == PEOPLE,
            "an overload was charged to somebody": sheet.attempts == PEOPLE,
        },
        answered_429=refused,
    )


async def dns(on: Ground) -> Finding:
    """The name of the mail server cannot be found, until somebody mends it."""
    sender = on.smtp(host="mail.invalid")
    of = on.start("dns", sender)
    told = await on.waiting(of)
    detail = on.campaign(of.id).activity_detail or ""
    untouched = not on.copies(of) and all(row.state == "queued" for row in on.rows(of).values())
    on.house.senders.set(sender.id, {"host": "127.0.0.1"}, actor="drill")
    mended = await on.completed(of)
    sheet = on.sheet(of)
    return _found(
        sheet,
        f"said 'dns' after {told:.1f} s, done {mended:.1f} s after it was mended",
        {
            "the cause is not named": "dns" in detail,
            "somebody was touched while the name was gone": untouched,
            "it was charged to somebody": sheet.attempts == PEOPLE,
        },
        waiting_after_seconds=round(told, 2),
    )


async def dropped(on: Ground) -> Finding:
    """The mail server takes a sixth of the mails and cuts the line before it says so."""
    await on.chaos(drop=1 / 6)
    of = on.start("dropped", on.smtp())
    await on.completed(of)
    sheet = on.sheet(of)
    doubts = sheet.states["uncertain"]
    return _found(
        sheet,
        f"{doubts} uncertain, each named and none sent again",
        {
            "nothing was dropped": doubts > 0,
            "somebody is missing": sheet.arrived == PEOPLE,
            "sent and uncertain are not everybody": sheet.states["sent"] + doubts == PEOPLE,
        },
    )


async def crash(on: Ground) -> Finding:
    """The process that sends is killed with kill -9 in the middle of its work."""
    await on.chaos(delay_ms=60)
    of = on.start("crash", on.smtp())
    await on.arrived(of, PEOPLE // 3)
    on.kill_worker()
    await asyncio.sleep(0.3)  # what was on the line may still land
    before = len(on.copies(of))
    took = 0.3 + await on.until(lambda: len(on.copies(of)) > before, "a mail by the next worker")
    await on.completed(of)
    sheet = on.sheet(of)
    return _found(
        sheet,
        f"taken over after {took:.1f} s, {sheet.states['uncertain']} uncertain",
        {
            "more are uncertain than could be in flight": sheet.states["uncertain"] <= 8,
            "somebody is neither sent nor uncertain": sheet.states["sent"] + sheet.states["uncertain"] == PEOPLE,
            "the take-over took too long": took < 10,
        },
        takeover_seconds=round(took, 2),
    )


async def failover(on: Ground) -> Finding:
    """The first of two senders dies for good in the middle of a campaign."""
    await on.chaos(delay_ms=30)
    taken = on.provider.seen.accepted.total()
    of = on.start("failover", on.smtp(), on.by_http())
    await on.arrived(of, PEOPLE // 3)
    await on.chaos(down=True)
    took = await on.until(lambda: on.provider.seen.accepted.total() > taken, "a mail by the second sender")
    await on.completed(of)
    sheet = on.sheet(of)
    second = on.provider.seen.accepted.total() - taken
    return _found(
        sheet,
        f"the second took over after {took:.1f} s and sent {second}",
        {
            "the second sent nothing": second > 0,
            "somebody is neither sent nor uncertain": sheet.states["sent"] + sheet.states["uncertain"] == PEOPLE,
            "more are uncertain than could be in flight": sheet.states["uncertain"] <= 8,
        },
        takeover_seconds=round(took, 2),
        by_second=second,
    )


Behaviour = Callable[[Ground], Awaitable[Finding]]
BEHAVIOURS: dict[str, Behaviour] = {
    "outage": outage,
    "slow": slow,
    "refusals": refusals,
    "greylisting": greylisting,
    "overload": overload,
    "dns": dns,
    "dropped": dropped,
    "crash": crash,
    "failover": failover,
}
"""By the names of CONTRACT section 3, in the order in which they run."""
