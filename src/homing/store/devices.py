"""Linked devices as the ledger knows them: how each stands, what a person ordered, who runs it.

A device's session lies on one machine's disk, so only workers there may own it, and that machine's own uptime is the clock
of its lease. Every write of an owner carries its epoch: one that was taken over changes nothing.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, insert, or_, select, update

from homing.model.device import ATTEMPTS, LEASE_MS, NOT_FOUND, Reason, Standing, Status
from homing.model.errors import Conflict, NotFound
from homing.model.ids import SenderId, Uid, WorkerId, WorkspaceId
from homing.model.sender import Health
from homing.store import audit_log, events
from homing.store.database import Database, Transaction, machine_id
from homing.store.device_tables import device
from homing.store.references import look_up
from homing.store.seal import Seal
from homing.store.tables import sender, worker

AWAY_MS = 60_000
ORDERS = ("pair", "reconnect", "takeover", "logout", "stop")


@dataclass(frozen=True, slots=True)
class Device:
    """A device as people may see it. Times are wall milliseconds."""

    sender_id: SenderId
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    options: Mapping[str, Any]
    machine: str
    desired: str
    standing: Standing
    next_at: int | None
    since: int | None
    phone: str | None
    jid: str | None
    linked_at: int | None
    order_id: int
    order_done: int
    order_name: str | None
    order_method: str | None
    order_phone: str | None
    code_number: int | None
    code_until: int | None
    code_typed: bool
    owner: WorkerId | None
    epoch: int
    pid: int | None
    pid_started: int | None

    @property
    def ordered(self) -> bool:
        """Whether a person waits for something to be done."""
        return self.order_id > self.order_done

    @property
    def unlinked(self) -> bool:
        """Whether it is no device of a phone any more, and nobody is about to make it one."""
        return not self.ordered and self.jid is None and self.standing.reason is Reason.LOGGED_OUT


_PLAIN = (
    "sender_id", "workspace_id", "machine", "desired", "next_at", "since", "phone", "jid", "linked_at", "order_id",
    "order_done", "order_name", "order_method", "order_phone", "code_number", "code_until", "owner", "epoch", "pid",
    "pid_started",
)  # fmt: skip
_HOW = ("status", "reason", "code", "more", "attempt", "until_at", "code_typed")
_COLUMNS = (*(device.c[name] for name in (*_PLAIN, *_HOW)), sender.c.uid, sender.c.name, sender.c.options)


def _from_row(row: Row[Any]) -> Device:
    standing = Standing(Status(row.status), Reason(row.reason), row.attempt, None, row.until_at, row.code, row.more)
    values = {name: getattr(row, name) for name in _PLAIN}
    options = json.loads(row.options)
    return Device(
        **values,
        uid=row.uid,
        name=row.name,
        options=options,
        standing=standing,
        code_typed=bool(row.code_typed),
    )


def this_machine() -> str:
    """Names the machine whose disk a session is on."""
    return machine_id() or f"host {socket.gethostname()}"


class Devices:
    """`seal`: for codes on their way from the worker to a page; None for those who never look at one."""

    def __init__(self, db: Database, seal: Seal | None = None) -> None:
        self._db = db
        self._seal = seal

    # ---- looking

    def list(self, workspace_id: WorkspaceId | None = None) -> tuple[Device, ...]:
        """All in use, oldest first; of one workspace, or of the whole installation."""
        query = _all()
        if workspace_id is not None:
            query = query.where(device.c.workspace_id == workspace_id)
        with self._db.read() as tx:
            return tuple(_from_row(row) for row in tx.execute(query.order_by(device.c.sender_id)))

    def get(self, sender_id: SenderId) -> Device:
        """Raises NotFound with the words of R41."""
        with self._db.read() as tx:
            return _get(tx, sender_id)

    def find(self, workspace_id: WorkspaceId, reference: str) -> Device:
        """By name, id or unique prefix of the id of its sender. Raises NotFound with the words of R41."""
        with self._db.read() as tx:
            ours = _all().where(device.c.workspace_id == workspace_id)
            try:
                return _from_row(look_up(tx, ours, sender, reference, noun="device", hint=""))
            except NotFound:
                raise NotFound(NOT_FOUND, code="device_not_found") from None

    def code(self, sender_id: SenderId) -> str | None:
        """The code to scan or to type, while it lives."""
        query = select(device.c.code_sealed, device.c.code_until).where(device.c.sender_id == sender_id)
        with self._db.read() as tx:
            row = tx.execute(query).one_or_none()
        if row is None or row.code_sealed is None or row.code_until <= self._db.world.clock.now():
            return None
        assert self._seal is not None  # noqa: S101 - who shows codes was given the key
        return self._seal.open(row.code_sealed, table="device", column="code_sealed", row=sender_id).decode()

    # ---- what people do

    def order(
        self, found: Device, name: str, *, method: str = "qr", phone: str | None = None, actor: str = "cli"
    ) -> Device:
        """Writes what a person wants; the worker that owns the device does it within a second. Raises Conflict."""
        if name == "pair" and found.jid is not None:
            raise Conflict(f"'{found.name}' is linked to {found.phone} already; log it out first", code="linked")
        now = self._db.world.clock.now()
        values: dict[str, Any] = {
            "order_id": device.c.order_id + 1,
            "order_name": name,
            "order_method": method,
            "order_phone": phone,
            "desired": "stopped" if name in ("logout", "stop") else "connected",
            "code_sealed": None,
        }
        if name == "pair":
            values |= {"status": Status.QR_PENDING, "reason": Reason.WAITING_SCAN, "attempt": 0, "since": now}
        with self._db.write() as tx:
            tx.execute(update(device).where(device.c.sender_id == found.sender_id).values(**values))
            topic = f"sender:{found.uid}"
            audit_log.append(
                tx, workspace_id=found.workspace_id, at=now, actor=actor, act=f"device.{name}", subject=topic
            )
            new = _get(tx, found.sender_id)
            if name == "pair":
                _tell(tx, new, now, "whatsapp-status")
            return new

    # ---- who runs it

    def own(self, sender_id: SenderId, me: WorkerId, dead: Sequence[WorkerId]) -> Device | None:
        """Takes a device that nobody runs, or whose worker is dead or silent for too long; None when somebody has it."""
        now = self._now()
        free = or_(
            device.c.owner.is_(None),
            device.c.owner == me,
            device.c.owned_until < now,
            device.c.boot != self._db.boot,
            device.c.owner.in_(list(dead)),
        )
        here = or_(device.c.machine == "", device.c.machine == this_machine())
        with self._db.write() as tx:
            taken = tx.execute(
                update(device)
                .where(device.c.sender_id == sender_id, free, here)
                .values(
                    owner=me,
                    epoch=device.c.epoch + 1,
                    owned_until=now + LEASE_MS,
                    boot=self._db.boot,
                    machine=this_machine(),
                )
            ).rowcount
            return _get(tx, sender_id) if taken else None

    def renew(self, me: WorkerId) -> dict[SenderId, int]:
        """Renews all of a worker's devices: sender -> epoch. What is missing is lost: end its process at once."""
        mine = and_(device.c.owner == me, device.c.boot == self._db.boot)
        with self._db.write() as tx:
            tx.execute(update(device).where(mine).values(owned_until=self._now() + LEASE_MS))
            rows = tx.execute(select(device.c.sender_id, device.c.epoch).where(mine)).all()
            return {SenderId(row.sender_id): row.epoch for row in rows}

    def release(self, me: WorkerId) -> None:
        """An orderly end: others may take them at once."""
        with self._db.write() as tx:
            tx.execute(
                update(device).where(device.c.owner == me).values(owner=None, owned_until=0, pid=None, pid_started=None)
            )

    def done(self, sender_id: SenderId, epoch: int, order_id: int) -> None:
        """The order was taken up."""
        self._write(sender_id, epoch, {"order_done": order_id})

    def process(self, sender_id: SenderId, epoch: int, pid: int | None, started: int | None) -> None:
        """Which process runs the device now."""
        self._write(sender_id, epoch, {"pid": pid, "pid_started": started})

    def linked(self, sender_id: SenderId, epoch: int, jid: str, phone: str) -> None:
        """A phone scanned the code."""
        now = self._db.world.clock.now()
        self._write(
            sender_id,
            epoch,
            {"jid": jid, "phone": f"+{phone}", "linked_at": now, "desired": "connected", "code_sealed": None},
        )

    def show_code(
        self, sender_id: SenderId, epoch: int, code: str, number: int, seconds: float, *, typed: bool
    ) -> None:
        """Keeps the code that is valid now, sealed; the fact tells of it, without it."""
        assert self._seal is not None  # noqa: S101 - the worker was given the key
        now = self._db.world.clock.now()
        until = now + int(seconds * 1000)
        sealed = self._seal.seal(code.encode(), table="device", column="code_sealed", row=sender_id)
        values = {"code_sealed": sealed, "code_number": number, "code_until": until, "code_typed": int(typed)}
        with self._db.write() as tx:
            if not _change(tx, sender_id, epoch, values):
                return
            new = _get(tx, sender_id)
            body = {"connectionId": new.uid, "number": number, "expiresAt": until}
            topic = f"sender:{new.uid}"
            events.record(tx, workspace_id=new.workspace_id, at=now, topic=topic, kind="whatsapp-qr", body=body)

    def stands(self, sender_id: SenderId, epoch: int, standing: Standing) -> bool:
        """Writes how a device stands, and tells it; False when it was taken over meanwhile."""
        now = self._db.world.clock.now()
        values: dict[str, Any] = {
            "status": standing.status,
            "reason": standing.reason,
            "code": standing.code,
            "more": standing.more[:500],
            "attempt": standing.attempt,
            "next_at": None if standing.wait is None else now + int(standing.wait * 1000),
            "until_at": standing.until,
            "since": now,
        }
        if standing.reason is Reason.LOGGED_OUT:
            values |= {"jid": None, "linked_at": None}
        if standing.status is not Status.QR_PENDING:
            values["code_sealed"] = None
        with self._db.write() as tx:
            old = _get(tx, sender_id)
            if not _change(tx, sender_id, epoch, values):
                return False
            new = _get(tx, sender_id)
            _tell(tx, new, now, "whatsapp-status")
            if new.standing.status is not old.standing.status:
                if new.standing.status is Status.CONNECTED:
                    _tell(tx, new, now, "whatsapp-connected")
                elif new.standing.status is Status.DISCONNECTED:
                    _tell(tx, new, now, "whatsapp-disconnected")
            _tell_health(tx, new, now)
            return True

    def note_away(self) -> None:
        """Devices that should be up, and whose machine has no worker that lives, say so."""
        now = self._db.world.clock.now()
        alive = select(worker.c.machine).where(worker.c.left_at.is_(None), worker.c.seen_at > now - AWAY_MS)
        names = alive.where(worker.c.machine != "")
        with self._db.write() as tx:
            rows = tx.execute(
                _all().where(
                    device.c.desired == "connected",
                    device.c.machine != "",
                    device.c.machine != this_machine(),
                    device.c.reason != Reason.MACHINE_AWAY,
                    device.c.machine.not_in(names),
                )
            ).all()
            for row in rows:
                values = {"status": Status.RECONNECTING, "reason": Reason.MACHINE_AWAY, "next_at": None, "since": now}
                tx.execute(update(device).where(device.c.sender_id == row.sender_id).values(**values))
                new = _get(tx, row.sender_id)
                _tell(tx, new, now, "whatsapp-status")
                _tell_health(tx, new, now)

    def _write(self, sender_id: SenderId, epoch: int, values: Mapping[str, Any]) -> None:
        with self._db.write() as tx:
            _change(tx, sender_id, epoch, values)

    def _now(self) -> int:
        return int(self._db.world.clock.uptime() * 1000)


def begin(tx: Transaction, sender_id: SenderId, workspace_id: WorkspaceId) -> None:
    """The row of a new linked sender: nothing is linked yet."""
    tx.execute(insert(device).values(sender_id=sender_id, workspace_id=workspace_id))


def _all() -> Any:
    return select(*_COLUMNS).join(sender, sender.c.id == device.c.sender_id).where(sender.c.removed_at.is_(None))


def _get(tx: Transaction, sender_id: SenderId) -> Device:
    row = tx.execute(_all().where(device.c.sender_id == sender_id)).one_or_none()
    if row is None:
        raise NotFound(NOT_FOUND, code="device_not_found")
    return _from_row(row)


def _change(tx: Transaction, sender_id: SenderId, epoch: int, values: Mapping[str, Any]) -> bool:
    mine = and_(device.c.sender_id == sender_id, device.c.epoch == epoch)
    return tx.execute(update(device).where(mine).values(**values)).rowcount > 0


def _tell(tx: Transaction, of: Device, now: int, kind: str) -> None:
    """The facts that pages listen to, with the fields that the founding page reads."""
    body: dict[str, Any] = {"connectionId": of.uid}
    match kind:
        case "whatsapp-connected":
            body["phoneNumber"] = of.phone
        case "whatsapp-disconnected":
            body["reason"] = of.standing.reason
        case _:
            body |= {
                "status": of.standing.status,
                "reason": of.standing.reason,
                "n": of.standing.attempt,
                "of": ATTEMPTS,
                "nextAt": of.next_at,
                "words": of.standing.words,
            }
    events.record(tx, workspace_id=of.workspace_id, at=now, topic=f"sender:{of.uid}", kind=kind, body=body)


def _tell_health(tx: Transaction, of: Device, now: int) -> None:
    """A device's health is how it stands: nobody has to probe it."""
    if of.standing.up:
        health, detail = Health.UP, None
    elif of.standing.status is Status.DISCONNECTED or of.standing.status is Status.QR_PENDING:
        health, detail = Health.BLOCKED, of.standing.words
    else:
        health, detail = Health.DOWN, of.standing.words
    tx.execute(
        update(sender).where(sender.c.id == of.sender_id).values(health=health, health_detail=detail, health_since=now)
    )
