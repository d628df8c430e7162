"""Suppressions: addresses and whole domains that must not be sent to, with the reason and since when."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, tuple_

from homing.model.errors import Invalid
from homing.model.ids import WorkspaceId
from homing.store import audit_log
from homing.store.database import Database
from homing.store.tables import suppression

CHANNELS = ("email", "whatsapp")
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Suppression:
    """`address` is a normalised e-mail address, "@domain" (all of that domain, not of those below it), or a number."""

    channel: str
    address: str
    reason: str
    since: int


_COLUMNS = (suppression.c.channel, suppression.c.address, suppression.c.reason, suppression.c.since)


class Suppressions:
    """Who is left out. Addresses come normalised (contacts/normalise.py). Each method is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self, workspace_id: WorkspaceId, addresses: Sequence[str], *, reason: str = "by_person", channel: str = "email"
    ) -> int:
        """Suppresses up to some thousand addresses; returns how many were not suppressed yet. The first reason stays."""
        if channel not in CHANNELS:
            raise Invalid(f"a channel is one of {', '.join(CHANNELS)}")
        if not all(addresses):
            raise Invalid("an empty address cannot be suppressed")
        now = self._db.world.clock.now()
        listed = json.dumps(list(addresses), ensure_ascii=False)
        values = {"w": workspace_id, "channel": channel, "reason": reason, "now": now, "addresses": listed}
        with self._db.write() as tx:
            return tx.hot_count("suppressions_insert", values)

    def remove(
        self, workspace_id: WorkspaceId, address: str, *, channel: str = "email", actor: str | None = None
    ) -> bool:
        """Lets the address be sent to again; whether it was suppressed. With `actor` it is written down who did so."""
        now = self._db.world.clock.now()
        key = (
            suppression.c.workspace_id == workspace_id,
            suppression.c.channel == channel,
            suppression.c.address == address,
        )
        with self._db.write() as tx:
            gone = tx.execute(delete(suppression).where(*key)).rowcount > 0
            if gone and actor is not None:
                audit_log.append(
                    tx,
                    workspace_id=workspace_id,
                    at=now,
                    actor=actor,
                    act="suppression.removed",
                    subject=f"suppression:{channel}",
                )
            return gone

    def covering(self, workspace_id: WorkspaceId, address: str, *, channel: str = "email") -> Suppression | None:
        """What keeps this address out: itself, else its domain; None when nothing does."""
        names = [address, address[address.rfind("@") :]] if "@" in address else [address]
        query = select(*_COLUMNS).where(
            suppression.c.workspace_id == workspace_id,
            suppression.c.channel == channel,
            suppression.c.address.in_(names),
        )
        with self._db.read() as tx:
            found = [Suppression(*row) for row in tx.execute(query)]
        return max(found, key=lambda one: one.address == address, default=None)

    def page(
        self, workspace_id: WorkspaceId, *, limit: int = PAGE, after: tuple[str, str] = ("", "")
    ) -> tuple[Suppression, ...]:
        """Up to `limit` of them behind the key (channel, address), in order of the key."""
        key = (suppression.c.channel, suppression.c.address)
        query = select(*_COLUMNS).where(suppression.c.workspace_id == workspace_id, tuple_(*key) > tuple_(*after))
        with self._db.read() as tx:
            return tuple(Suppression(*row) for row in tx.execute(query.order_by(*key).limit(limit)))

    def export(self, workspace_id: WorkspaceId) -> Iterator[Suppression]:
        """All of them, read page by page."""
        after = ("", "")
        while page := self.page(workspace_id, after=after):
            yield from page
            after = (page[-1].channel, page[-1].address)

    def count(self, workspace_id: WorkspaceId) -> int:
        with self._db.read() as tx:
            counted = select(func.count()).select_from(suppression).where(suppression.c.workspace_id == workspace_id)
            return int(tx.execute(counted).scalar_one())
