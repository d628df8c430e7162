"""What became of a campaign: counted from rows and receipts, in all, by the recipients' domains and over time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, distinct, func, literal, select
from sqlalchemy import cast as as_type

from homing.model.channel import CHANNELS, WHATSAPP
from homing.model.delivery import ACCEPTED, State
from homing.model.ids import CampaignId
from homing.model.receipt import Kind
from homing.store.campaigns import load
from homing.store.database import Database, Transaction
from homing.store.tables import attempt, delivery, receipt
from homing.store.tracking_tables import tracked_total

MOST_DOMAINS = 50
HOUR_MS = 3_600_000
_TOLD = (Kind.UNSUBSCRIBED.value, Kind.OPENED.value, Kind.CLICKED.value)
MOST_LINKS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """`totals`: by name; a delivery is counted once under what it is now. `channels`: e-mail and WhatsApp, of each
    that somebody gets it by. `domains`: of e-mail, the largest first. `hours`: oldest first.
    `tracking`: what of opens and clicks was counted; `links`: what was followed, with how many did, the most first."""

    campaign: str
    name: str
    state: str
    audience: int
    totals: dict[str, int]
    channels: list[dict[str, Any]]
    domains: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    tracking: list[str]
    links: list[dict[str, Any]]


class Reports:
    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, campaign_id: CampaignId) -> Report:
        """One pass over the campaign's rows: about a second for a million."""
        with self._db.read() as tx:
            row = load(tx, campaign_id)
            domains = self._domains(tx, campaign_id)
            self._add_told(tx, campaign_id, domains)
            totals = {name: sum(each[name] for each in domains) for name in _NAMES}
            hours = _hours(tx, campaign_id)
            links = _links(tx, campaign_id)
        channels = _channels(domains)
        domains = [each for each in domains if each["domain"] != _NUMBERS]
        domains.sort(key=lambda each: (-each["audience"], each["domain"]))
        largest = domains[:MOST_DOMAINS]
        rest = domains[MOST_DOMAINS:]
        if rest:
            largest.append({"domain": "(others)", **{n: sum(each[n] for each in rest) for n in ("audience", *_NAMES)}})
        tracking = list(row.options.get("tracking") or ())
        return Report(
            row.uid, row.name, row.state, row.planned_through, totals, channels, largest, hours, tracking, links
        )

    def _domains(self, tx: Transaction, campaign_id: CampaignId) -> list[dict[str, Any]]:
        domain = self._domain_of(delivery.c.address)
        counts = [_count(states).label(name) for name, states in _STATES.items()]
        query = (
            select(domain.label("domain"), func.count().label("audience"), *counts)
            .where(delivery.c.campaign_id == campaign_id)
            .group_by(domain)
        )
        return [
            {name: value or ("" if name == "domain" else 0) for name, value in r._mapping.items()}
            for r in tx.execute(query)
        ]

    def _add_told(self, tx: Transaction, campaign_id: CampaignId, domains: list[dict[str, Any]]) -> None:
        """To each domain its recipients by what they did: each once, however often they are told."""
        for each in domains:
            each.update(dict.fromkeys(_TOLD, 0))
        known = {each["domain"]: each for each in domains}
        domain = self._domain_of(delivery.c.address)
        same = (delivery.c.campaign_id == receipt.c.campaign_id) & (delivery.c.seq == receipt.c.seq)
        query = (
            select(domain, receipt.c.kind, func.count(distinct(receipt.c.seq)))
            .join(delivery, same)
            .where(receipt.c.campaign_id == campaign_id, receipt.c.kind.in_(_TOLD))
            .group_by(domain, receipt.c.kind)
        )
        old = _purged(tx, campaign_id, tracked_total.c.domain)
        for name, kind, count in (*tx.execute(query), *old):
            if name in known:
                known[name][kind] += int(count)

    def _domain_of(self, address: Any) -> ColumnElement[str]:
        """What stands behind the @; of an address without one, a number, _NUMBERS."""
        place = func.instr if self._db.dialect == "sqlite" else func.strpos
        at = place(address, "@")
        return case((at == 0, _NUMBERS), else_=func.substr(address, at + 1))


_STATES: dict[str, frozenset[State]] = {
    "sent": ACCEPTED,
    "delivered": frozenset({State.DELIVERED, State.READ}),
    "bounced": frozenset({State.BOUNCED}),
    "complained": frozenset({State.COMPLAINED}),
    "failed": frozenset({State.FAILED}),
    "skipped": frozenset({State.SKIPPED}),
    "uncertain": frozenset({State.UNCERTAIN}),
}
_NAMES = (*_STATES, *_TOLD)
_NUMBERS = "+"  # in the place of a domain: no domain is so named
_COUNTED = ("audience", *_NAMES)


def _channels(domains: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sums over the domains of e-mail and over the numbers; who has no address is in neither."""
    found = []
    for channel in CHANNELS:
        mine = [each for each in domains if each["domain"] and (each["domain"] == _NUMBERS) == (channel == WHATSAPP)]
        if mine:
            found.append({"channel": channel, **{name: sum(each[name] for each in mine) for name in _COUNTED}})
    return found


def _count(states: frozenset[State]) -> ColumnElement[Any]:
    return func.sum(case((delivery.c.state.in_(sorted(states)), 1), else_=0))


def _purged(tx: Transaction, campaign_id: CampaignId, by: Any) -> list[Any]:
    """What was counted of opens and clicks when they were purged, by a column of tracked_total."""
    t = tracked_total.c
    query = select(by, t.kind, func.sum(t.recipients)).where(t.campaign_id == campaign_id).group_by(by, t.kind)
    return list(tx.execute(query))


def _links(tx: Transaction, campaign_id: CampaignId) -> list[dict[str, Any]]:
    """Where readers went; of what was purged nothing is left but the sums."""
    people = func.count(distinct(receipt.c.seq))
    query = (
        select(receipt.c.body, people)
        .where(receipt.c.campaign_id == campaign_id, receipt.c.kind == Kind.CLICKED, receipt.c.body.is_not(None))
        .group_by(receipt.c.body)
        .order_by(people.desc(), receipt.c.body)
        .limit(MOST_LINKS)
    )
    return [{"url": bytes(body).decode("utf-8", "replace"), "clicked": int(count)} for body, count in tx.execute(query)]


def _hours(tx: Transaction, campaign_id: CampaignId) -> list[dict[str, Any]]:
    """What happened in each hour, by the provider's clock where it told: `at` is the hour's beginning in wall milliseconds."""
    found: dict[int, dict[str, Any]] = {}

    def add(hour: int, name: str, count: int) -> None:
        found.setdefault(hour, {"at": hour * HOUR_MS}).setdefault(name, 0)
        found[hour][name] += count

    ended = _hour_of(attempt.c.ended_at)
    accepted = (
        (attempt.c.campaign_id == campaign_id) & (attempt.c.state == "accepted") & attempt.c.ended_at.is_not(None)
    )
    for hour, count in tx.execute(select(ended, func.count()).where(accepted).group_by(ended)):
        add(int(hour), "sent", count)
    told_in = _hour_of(receipt.c.at)
    query = select(told_in, receipt.c.kind, func.count(distinct(receipt.c.seq))).where(
        receipt.c.campaign_id == campaign_id
    )
    for hour, kind, count in tx.execute(query.group_by(told_in, receipt.c.kind)):
        if kind not in (Kind.ACCEPTED, Kind.OTHER):
            add(int(hour), kind, count)
    for hour, kind, count in _purged(tx, campaign_id, tracked_total.c.hour):
        add(int(hour), kind, int(count))
    return [found[hour] for hour in sorted(found)]


def _hour_of(column: Any) -> ColumnElement[Any]:
    return as_type((column - column % literal(HOUR_MS)) / literal(HOUR_MS), Integer)
