"""Campaigns as people make them: drafts, their content, their attachments, and finding them again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from homing.model.campaign import Mode, PauseReason, State
from homing.model.errors import Conflict, NotFound
from homing.model.ids import CampaignId, SenderId, Uid, WorkspaceId, new_uid
from homing.model.intent import wrong
from homing.store import events
from homing.store.database import Database, Transaction
from homing.store.message_tables import attachment
from homing.store.references import NAME_LIMIT
from homing.store.tables import campaign, list_, sender


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person asks for. `content`: subject, text, html, preheader, from, reply_to, headers (list of pairs).

    `audience`: {"all": true}, or {"lists": [list ids], "exclude_lists": [...], "contacts": [contact ids]}.
    `options`: canary (int), stop_if_failed (share), window {opens, closes, zone}, missing ("skip" or "refuse"); of a campaign
    over both channels `prefer` (their order) and `failover_after` (seconds); `content` has its WhatsApp message in `whatsapp`.
    """

    name: str
    content: Mapping[str, Any] = field(default_factory=dict)
    audience: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    senders: Sequence[SenderId] = ()
    channel: str = "email"
    mode: Mode = Mode.SERVER
    start_at: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign as the ledger holds it. Times are wall milliseconds."""

    id: CampaignId
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    channel: str
    mode: Mode
    state: State
    reason: PauseReason | None
    detail: str | None
    audience: dict[str, Any]
    content: dict[str, Any]
    options: dict[str, Any]
    senders: list[int]
    sender_id: SenderId | None
    control: int
    activity: str | None
    activity_detail: str | None
    activity_at: int | None
    next_at: int | None
    planned_through: int
    plan_cursor: int
    planned_at: int | None
    canary_through: int | None
    start_at: int | None
    created_at: int
    started_at: int | None
    nudged_at: int | None
    completed_at: int | None

    @property
    def prefers(self) -> tuple[str, ...]:
        """Its channels, first preferred: both of a mixed one."""
        return tuple(self.options.get("prefer") or (self.channel,))

    @property
    def mixed(self) -> bool:
        """Whether it goes over both channels, each recipient over one."""
        return "prefer" in self.options


_NAMES = tuple(f.name for f in fields(Campaign))
COLUMNS = tuple(campaign.c[name] for name in _NAMES)


def from_row(row: Row[Any]) -> Campaign:
    """A row of COLUMNS as a Campaign."""
    values = dict(zip(_NAMES, row, strict=True))
    for name in ("audience", "content", "options", "senders"):
        values[name] = json.loads(values[name])
    values["mode"] = Mode(values["mode"])
    values["state"] = State(values["state"])
    values["reason"] = PauseReason(values["reason"]) if values["reason"] else None
    return Campaign(**values)


def load(tx: Transaction, campaign_id: CampaignId) -> Campaign:
    """The campaign inside the caller's transaction, held by it when that one is alone; NotFound when there is none."""
    query = select(*COLUMNS).where(campaign.c.id == campaign_id)
    row = tx.execute(query.with_for_update(key_share=True) if tx.alone else query).one_or_none()
    if row is None:
        raise NotFound("this campaign does not exist any more")
    return from_row(row)


def topic(uid: str) -> str:
    return f"campaign:{uid}"


def check_name(name: str) -> None:
    """Raises Invalid, by its JSON pointer, for a name that cannot be told on one line."""
    if not name.strip():
        raise wrong("/name", "give the campaign a name")
    if len(name) > NAME_LIMIT or not name.isprintable():
        raise wrong("/name", f"a campaign's name is one line of 1 to {NAME_LIMIT} characters")


class Campaigns:
    """Drafts and look-ups. Starting, pausing and the like are in store/control.py."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, workspace_id: WorkspaceId, draft: Draft) -> Campaign:
        """Saves a draft; nothing is planned or sent. Raises Invalid, NotFound for a foreign sender or list."""
        check_name(draft.name)
        now = self._db.world.clock.now()
        with self._db.write() as tx:
            self._check_owned(tx, workspace_id, draft)
            made = tx.execute(
                insert(campaign).values(
                    uid=new_uid(now),
                    workspace_id=workspace_id,
                    created_at=now,
                    **_columns(draft),
                )
            ).inserted_primary_key
            assert made is not None  # noqa: S101 - an insert has a key
            found = load(tx, made[0])
            events.record(
                tx,
                workspace_id=workspace_id,
                at=now,
                topic=topic(found.uid),
                kind="campaign.created",
                body={"name": draft.name},
            )
            return found

    def edit(self, campaign_id: CampaignId, changes: Mapping[str, Any], *, if_control: int | None = None) -> Campaign:
        """Changes a draft. While it runs only `senders` and `options` that are read anew may change.

        `changes` has names of Draft. Raises Conflict when `if_control` is not the row's version, or the state forbids it.
        """
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if if_control is not None and if_control != old.control:
                raise Conflict("somebody changed this campaign meanwhile; load it again", code="precondition_failed")
            running = old.state not in (State.DRAFT, State.SCHEDULED)
            if running and set(changes) - {"senders", "options"}:
                raise Conflict("only a draft can be edited; a running campaign may change its senders and options")
            draft = Draft(
                **{
                    "name": old.name,
                    "content": old.content,
                    "audience": old.audience,
                    "options": old.options,
                    "senders": old.senders,
                    "channel": old.channel,
                    "mode": old.mode,
                    "start_at": old.start_at,
                    **changes,
                }
            )
            check_name(draft.name)
            self._check_owned(tx, old.workspace_id, draft)
            values = _columns(draft)
            if running and "senders" in changes:
                values |= self._succeed(tx, old, draft)
            tx.execute(
                update(campaign).where(campaign.c.id == campaign_id).values(control=campaign.c.control + 1, **values)
            )
            return load(tx, campaign_id)

    def _succeed(self, tx: Transaction, old: Campaign, draft: Draft) -> dict[str, Any]:
        """Other senders for a campaign that runs: who may stay goes on, and the new ones get their lanes."""
        from homing.store.control import want_lanes

        for sender_id in draft.senders:
            want_lanes(tx, sender_id)
        stays = old.sender_id if old.sender_id in draft.senders else next(iter(draft.senders), None)
        return {"sender_id": stays, "holders": None}

    def remove(self, campaign_id: CampaignId) -> None:
        """Removes a draft. What was ever started stays: it is evidence."""
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is not State.DRAFT:
                raise Conflict("only a draft can be deleted; what was started stays as evidence (cancel it instead)")
            tx.execute(delete(campaign).where(campaign.c.id == campaign_id))

    def get(self, campaign_id: CampaignId) -> Campaign:
        with self._db.read() as tx:
            return load(tx, campaign_id)

    def at(self, campaign_id: int) -> Campaign:
        """By the number that stands in links. Raises NotFound."""
        return self.get(CampaignId(campaign_id))

    def find(self, workspace_id: WorkspaceId, reference: str) -> Campaign:
        """By id, unique prefix of an id, or name (the newest of that name)."""
        with self._db.read() as tx:
            ours = campaign.c.workspace_id == workspace_id
            named = ours & (campaign.c.kind == "bulk")
            prefix = reference.lower()
            if prefix and all(c in "0123456789abcdef-" for c in prefix):
                rows = tx.execute(
                    select(*COLUMNS).where(ours, campaign.c.uid >= prefix, campaign.c.uid < prefix + "g").limit(2)
                ).all()
                if len(rows) == 1:
                    return from_row(rows[0])
                if len(rows) > 1:
                    raise Conflict(f"'{reference}' begins the ids of several campaigns; give more of it")
            row = tx.execute(
                select(*COLUMNS).where(named, campaign.c.name == reference).order_by(campaign.c.id.desc()).limit(1)
            ).one_or_none()
        if row is None:
            raise NotFound(f"there is no campaign '{reference}' here; `homing status` lists them")
        return from_row(row)

    def page(self, workspace_id: WorkspaceId, *, limit: int = 50, before: int | None = None) -> list[Campaign]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(*COLUMNS).where(campaign.c.workspace_id == workspace_id, campaign.c.kind == "bulk")
        if before is not None:
            query = query.where(campaign.c.id < before)
        with self._db.read() as tx:
            return [from_row(row) for row in tx.execute(query.order_by(campaign.c.id.desc()).limit(limit))]

    def attach(
        self, campaign_id: CampaignId, filename: str, content_type: str, content: bytes, *, chat: bool = False
    ) -> None:
        """Adds an attachment to a draft. `chat`: of one over both channels it goes with the WhatsApp message, which has one."""
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is not State.DRAFT:
                raise Conflict("attachments can only be added to a draft")
            if chat and old.mixed:
                if "file" in (old.content.get("whatsapp") or {}):
                    raise Conflict("a WhatsApp message carries one file; take the other one off first")
                count = select(func.count()).where(attachment.c.campaign_id == campaign_id)
                _name_file(tx, old, int(tx.execute(count).scalar_one()))
            last = tx.execute(
                select(func.coalesce(func.max(attachment.c.position), 0)).where(attachment.c.campaign_id == campaign_id)
            ).scalar_one()
            tx.execute(
                insert(attachment).values(
                    campaign_id=campaign_id,
                    position=last + 1,
                    filename=filename,
                    content_type=content_type,
                    content=content,
                )
            )

    def detach(self, campaign_id: CampaignId, position: int) -> None:
        """Takes an attachment off a draft. Raises Conflict, NotFound."""
        mine = (attachment.c.campaign_id == campaign_id) & (attachment.c.position == position)
        with self._db.write() as tx:
            old = load(tx, campaign_id)
            if old.state is not State.DRAFT:
                raise Conflict("attachments can only be taken off a draft")
            before = select(func.count()).where(
                attachment.c.campaign_id == campaign_id, attachment.c.position < position
            )
            place = int(tx.execute(before).scalar_one())
            named = (old.content.get("whatsapp") or {}).get("file")
            if named is not None and place <= named:
                _name_file(tx, old, None if place == named else named - 1)
            if not tx.execute(delete(attachment).where(mine)).rowcount:
                raise NotFound(f"this campaign has no attachment {position}")

    def files(self, campaign_id: CampaignId) -> list[tuple[int, str, str, int]]:
        """(position, filename, content type, bytes) in their order, without what is in them."""
        a = attachment.c
        query = select(a.position, a.filename, a.content_type, func.length(a.content))
        with self._db.read() as tx:
            rows = tx.execute(query.where(a.campaign_id == campaign_id).order_by(a.position))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def attachments(self, campaign_id: CampaignId) -> list[tuple[str, str, bytes]]:
        """(filename, content type, content) in their order."""
        with self._db.read() as tx:
            rows = tx.execute(
                select(attachment.c.filename, attachment.c.content_type, attachment.c.content)
                .where(attachment.c.campaign_id == campaign_id)
                .order_by(attachment.c.position)
            )
            return [(row[0], row[1], row[2]) for row in rows]

    def _check_owned(self, tx: Transaction, workspace_id: WorkspaceId, draft: Draft) -> None:
        """A campaign may only name senders and lists of its own workspace (R46)."""
        wanted = set(draft.senders)
        known = set(
            tx.execute(
                select(sender.c.id).where(
                    sender.c.workspace_id == workspace_id, sender.c.id.in_(wanted), sender.c.removed_at.is_(None)
                )
            ).scalars()
        )
        if wanted - known:
            raise NotFound(
                "a sender of this campaign does not exist in this workspace; `homing sender list` shows them"
            )
        lists = {*draft.audience.get("lists", ()), *draft.audience.get("exclude_lists", ())}
        found = set(
            tx.execute(select(list_.c.id).where(list_.c.workspace_id == workspace_id, list_.c.id.in_(lists))).scalars()
        )
        if lists - found:
            raise NotFound("a list of this campaign does not exist in this workspace; `homing list list` shows them")


def _name_file(tx: Transaction, old: Campaign, place: int | None) -> None:
    """Which of the attachments goes with the WhatsApp message of a campaign over both channels; None: none of them."""
    chat = {key: value for key, value in (old.content.get("whatsapp") or {}).items() if key != "file"}
    content = {**old.content, "whatsapp": {**chat, **({} if place is None else {"file": place})}}
    tx.execute(update(campaign).where(campaign.c.id == old.id).values(content=json.dumps(content)))


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "channel": draft.channel,
        "mode": draft.mode,
        "audience": json.dumps(dict(draft.audience)),
        "content": json.dumps(dict(draft.content)),
        "options": json.dumps(dict(draft.options)),
        "senders": json.dumps(list(draft.senders)),
        "sender_id": draft.senders[0] if draft.senders else None,
        "start_at": draft.start_at,
    }
