"""Templates: messages kept under a name, each change a version; what a campaign takes over is a copy of one of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from homing.model.errors import Conflict, NotFound
from homing.model.ids import Uid, WorkspaceId, new_uid
from homing.model.intent import wrong
from homing.store.database import Database, Transaction
from homing.store.references import look_up, one_line
from homing.store.tables import campaign
from homing.store.template_tables import template, template_version

TemplateId = NewType("TemplateId", int)
MESSAGE = ("subject", "preheader", "text", "html")
PARTS = (*MESSAGE, "mjml", "design")
"""`mjml`: what the HTML was made of; `design`: the blocks, as JSON, that the MJML was made of. A campaign takes over the HTML."""
MOST_KEPT = 100  # versions of one template
LONGEST = 1_000_000  # characters of one part
_HINT = "the page and GET /templates show them"


@dataclass(frozen=True, slots=True)
class Template:
    """`version`: its newest. Times are wall milliseconds."""

    id: TemplateId
    uid: Uid
    name: str
    channel: str
    version: int
    created_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a template's message. `content`: the parts that it has, of PARTS."""

    version: int
    content: Mapping[str, str]
    actor: str
    created_at: int


_COLUMNS = tuple(template.c[name] for name in Template.__slots__)
_OF_VERSION = tuple(template_version.c[name] for name in Version.__slots__)


class Templates:
    """The templates of all workspaces; each call names one (R46)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self, workspace_id: WorkspaceId, name: str, channel: str, content: Mapping[str, str | None], actor: str
    ) -> Template:
        """Its first version. Raises Invalid, and Conflict for a name in use."""
        now, checked, kept = self._db.world.clock.now(), one_line(name), _checked(content, channel)
        values = {"uid": new_uid(now), "workspace_id": workspace_id, "name": checked, "channel": channel, "version": 1}
        try:
            with self._db.write() as tx:
                made = insert(template).values(**values, created_at=now, changed_at=now).returning(*_COLUMNS)
                found = Template(*tx.execute(made).one())
                _keep(tx, found.id, 1, kept, actor, now)
                return found
        except IntegrityError as error:
            raise Conflict(f"there is a template '{checked}' already") from error

    def save(
        self,
        of: Template,
        changes: Mapping[str, str | None],
        actor: str,
        *,
        name: str | None = None,
        if_version: int | None = None,
    ) -> Template:
        """What `changes` names is set, the rest stays; a new version when the message differs.

        Raises Conflict (precondition_failed) when `if_version` is not the newest any more, and for a name in use.
        """
        now, checked = self._db.world.clock.now(), None if name is None else one_line(name)
        try:
            with self._db.write() as tx:
                current = _load(tx, of.id)
                if if_version is not None and if_version != current.version:
                    raise Conflict("somebody has saved this template meanwhile", code="precondition_failed")
                old = _version(tx, of.id, current.version).content
                kept = _checked({**old, **changes}, current.channel)
                values: dict[str, Any] = {"changed_at": now, **({} if checked is None else {"name": checked})}
                if kept != old:
                    values["version"] = current.version + 1
                    _keep(tx, of.id, current.version + 1, kept, actor, now)
                changed = update(template).where(template.c.id == of.id).values(**values).returning(*_COLUMNS)
                return Template(*tx.execute(changed).one())
        except IntegrityError as error:
            raise Conflict(f"there is a template '{checked}' already") from error

    def restore(self, of: Template, number: int, actor: str) -> Template:
        """Makes an older version the newest, as a new one: nothing is lost by it. Raises NotFound."""
        old = self.version(of, number).content
        return self.save(of, {part: old.get(part) for part in PARTS}, actor)

    def remove(self, of: Template) -> None:
        """Removes it with its versions; campaigns keep what they took from it."""
        with self._db.write() as tx:
            tx.execute(delete(template_version).where(template_version.c.template_id == of.id))
            tx.execute(delete(template).where(template.c.id == of.id))

    def find(self, workspace_id: WorkspaceId, reference: str) -> Template:
        """By name, id or a prefix of it. Raises NotFound, Conflict."""
        ours = select(*_COLUMNS).where(template.c.workspace_id == workspace_id)
        with self._db.read() as tx:
            return Template(*look_up(tx, ours, template, reference, noun="template", hint=_HINT))

    def list(self, workspace_id: WorkspaceId) -> tuple[tuple[Template, Version], ...]:
        """All of the workspace, what was changed last first, each with its newest version."""
        newest = (template_version.c.template_id == template.c.id) & (template_version.c.version == template.c.version)
        ours = select(*_COLUMNS, *_OF_VERSION).join(template_version, newest)
        ours = ours.where(template.c.workspace_id == workspace_id).order_by(template.c.changed_at.desc())
        with self._db.read() as tx:
            rows = tx.execute(ours).all()
        wide = len(_COLUMNS)
        return tuple((Template(*row[:wide]), _read(row[wide:])) for row in rows)

    def version(self, of: Template, number: int | None = None) -> Version:
        """One version, or the newest. Raises NotFound."""
        with self._db.read() as tx:
            return _version(tx, of.id, _load(tx, of.id).version if number is None else number)

    def versions(self, of: Template) -> tuple[Version, ...]:
        """Newest first."""
        ours = select(*_OF_VERSION).where(template_version.c.template_id == of.id)
        with self._db.read() as tx:
            return tuple(_read(row) for row in tx.execute(ours.order_by(template_version.c.version.desc())))

    def used_in(self, workspace_id: WorkspaceId, of: Template) -> tuple[tuple[str, str], ...]:
        """The newest campaigns that took it over: id and name."""
        mark = f'%"template": {{"id": "{of.uid}"%'
        ours = select(campaign.c.uid, campaign.c.name).where(
            campaign.c.workspace_id == workspace_id, campaign.c.content.like(mark)
        )
        with self._db.read() as tx:
            return tuple((uid, name) for uid, name in tx.execute(ours.order_by(campaign.c.id.desc()).limit(20)))


def _load(tx: Transaction, template_id: TemplateId) -> Template:
    row = tx.execute(select(*_COLUMNS).where(template.c.id == template_id)).one_or_none()
    if row is None:
        raise NotFound("this template does not exist any more")
    return Template(*row)


def _version(tx: Transaction, template_id: TemplateId, number: int) -> Version:
    ours = select(*_OF_VERSION).where(
        template_version.c.template_id == template_id, template_version.c.version == number
    )
    row = tx.execute(ours).one_or_none()
    if row is None:
        raise NotFound(f"this template has no version {number}")
    return _read(row)


def _read(row: Any) -> Version:
    number, content, actor, created_at = row
    return Version(number, json.loads(content), actor, created_at)


def _keep(
    tx: Transaction, template_id: TemplateId, number: int, content: Mapping[str, str], actor: str, at: int
) -> None:
    values = {"template_id": template_id, "version": number, "content": json.dumps(dict(content), ensure_ascii=False)}
    tx.execute(insert(template_version).values(**values, actor=actor, created_at=at))
    old = template_version.c.version <= number - MOST_KEPT
    tx.execute(delete(template_version).where(template_version.c.template_id == template_id, old))


def _checked(content: Mapping[str, str | None], channel: str) -> dict[str, str]:
    """Only parts that say something. Raises Invalid for what the channel does not have."""
    kept = {part: value for part in PARTS if (value := content.get(part))}
    for part, value in kept.items():
        if len(value) > LONGEST:
            raise wrong(f"/{part}", f"a {part} has at most {LONGEST:,} characters")
        if channel == "whatsapp" and part != "text":
            raise wrong(f"/{part}", "a WhatsApp message has a text and nothing else")
    if "\n" in kept.get("subject", ""):
        raise wrong("/subject", "a subject is one line")
    return kept
