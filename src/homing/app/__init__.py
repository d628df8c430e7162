"""The composition root: settings in, an assembled house out. The only module that knows every concrete class."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homing.app.checking import Checked, check, check_letter, forecast, from_of, look_at, rehearse, sender_of
from homing.app.clerking import jobs_of
from homing.app.numbers import look_at_number
from homing.app.public import links_of, open_mailroom, public_pages, signers_of
from homing.app.trial import probe, send_test
from homing.model.errors import Conflict, Misconfigured, Unreachable
from homing.settings import Settings, child_environment
from homing.store import revision
from homing.store.database import Database, check_place
from homing.world import World

if TYPE_CHECKING:
    from fastapi import FastAPI

    from homing.contacts.intake import Intake
    from homing.content.dkim import Signer
    from homing.content.links import Links
    from homing.egress.door import Door
    from homing.engine.letters import Signers
    from homing.engine.way import OpenWay
    from homing.engine.worker import Worker
    from homing.model.ids import SenderId
    from homing.model.storage import Refusal
    from homing.store.campaigns import Campaign
    from homing.store.control import By
    from homing.store.seal import Seal
    from homing.store.senders import Sender, Senders
    from homing.store.workspaces import Workspace


__all__ = ["Checked", "House", "check", "check_letter", "check_revision", "forecast", "from_of", "look_at", "make_api"]
__all__ += [
    "look_at_number",
    "make_worker",
    "migrate",
    "open_database",
    "open_mailroom",
    "probe",
    "rehearse",
    "send_test",
    "sender_of",
    "ways",
]
ASK_SECONDS = 60.0


class House:
    """One installation, opened. Parts are made when first asked for, so that a command loads only what it needs."""

    def __init__(self, settings: Settings, world: World | None = None) -> None:
        self.settings = settings
        self.world = world or World()

        self.signers: dict[int, Signer] = {}  # keys that sign, by their id, so that none is opened twice

    @cached_property
    def database(self) -> Database:
        """The ledger, migrated. Raises Unreachable, or Misconfigured (unmigrated) with the advice."""
        opened = open_database(self.settings, self.world)
        check_revision(opened)
        return opened

    @cached_property
    def workspace(self) -> "Workspace":
        """The business profile that --workspace or HOMING_WORKSPACE names. Raises NotFound."""
        from homing.store.workspaces import DEFAULT, Workspaces

        workspaces = Workspaces(self.database)
        if self.settings.workspace == DEFAULT:
            return workspaces.ensure_default()
        return workspaces.find(self.settings.workspace)

    @cached_property
    def seal(self) -> "Seal":
        """The key of this installation. Raises Misconfigured naming the key that is wanted."""
        from homing.store.seal import open_seal

        return open_seal(self.database, self.settings.data, self.settings.secret_key)

    @cached_property
    def senders(self) -> "Senders":
        """Senders, with the key to open them."""
        from homing.store.senders import Senders

        return Senders(self.database, self.seal)

    @property
    def links(self) -> "Links":
        """How links of recipients are made, and read again."""
        return links_of(self)

    @cached_property
    def door(self) -> "Door":
        """The one way out to addresses that came from data."""
        from homing.egress.door import Door
        from homing.egress.judge import Allowance

        return Door(Allowance.parse(self.settings.egress_allow or ""))

    async def fetch(self, url: str) -> bytes:
        """What stands at a public address, by the door. Raises Conflict when it cannot be had."""
        from homing.egress.door import Unanswered
        from homing.egress.judge import Forbidden
        from homing.model.errors import Conflict

        try:
            answer = await self.door.fetch(url)
        except (Forbidden, Unanswered) as error:
            raise Unreachable(f"an address could not be read: {error}") from error
        if answer.status != 200:
            raise Conflict(f"an address answered {answer.status}")
        return answer.body

    def campaign(self, reference: str) -> "Campaign":
        """A campaign of this workspace by name, id or the beginning of its id. Raises NotFound, Conflict."""
        from homing.store.campaigns import Campaigns

        return Campaigns(self.database).find(self.workspace.id, reference)

    @cached_property
    def by(self) -> "By":
        """Who acts, as the switches of a campaign want it."""
        from homing.store.control import By

        return By(self.actor)

    @cached_property
    def actor(self) -> str:
        """Who acts at this terminal, for the audit log: 'cli:alice'."""
        return f"cli:{_user()}"

    @cached_property
    def imports(self) -> "Intake":
        """Imports, with the folders of this machine."""
        from homing.contacts.folder import Folders
        from homing.contacts.intake import Intake

        return Intake(self.database, Folders(self.settings.data / "imports"))

    def close(self) -> None:
        """Closes the database if it was opened."""
        if "database" in self.__dict__:
            self.database.close()


def ways(
    senders: "Senders",
    world: World,
    links: "Callable[[], Links] | None" = None,
    signers: "Signers | None" = None,
) -> "OpenWay":
    """How the engine opens a sender by its id. Raises what `Senders.open` raises. `links`: of recipients, when asked;
    `signers`: for what leaves by SMTP, since HTTP providers sign by themselves."""
    from homing.app.devices import limits_of
    from homing.engine.way import Way
    from homing.model.sender import Kind
    from homing.outlets import open_courier
    from homing.store.conversations import Conversations
    from homing.store.media import Media

    def open_way(sender_id: "SenderId") -> Way:
        opened = senders.open(sender_id)
        return Way(
            sender_id=sender_id,
            name=opened.sender.name,
            version=opened.sender.version,
            options=limits_of(senders.database, opened),
            open=lambda desk: open_courier(
                opened, desk, world, Media(senders.database).content, Conversations(senders.database).heard_from
            ),
            default_from=opened.from_ or "",
            links=links,
            bounce_domain=str(opened.sender.options.get("bounce_domain") or ""),
            server=opened.server,
            channel=opened.sender.kind.channel,
            device=opened.sender.kind is Kind.WHATSAPP_LINKED,
            signers=signers if opened.sender.kind == "smtp" else None,
        )

    return open_way


def make_worker(house: House, report: "Callable[[Refusal | None], None]" = lambda told: None) -> "Worker":
    """A worker of this installation; `report` is called twice a second while it lives, with what its storage refuses."""
    from homing.app.devices import keeping
    from homing.engine.worker import Worker, WorkerSetup

    return Worker(
        WorkerSetup(
            db=house.database,
            open_way=ways(
                house.senders, house.world, lambda: house.links, lambda workspace: signers_of(house, workspace)
            ),
            tell_health=house.senders.set_health,
            missed_after=house.settings.missed_start,
            synchronous=house.settings.standby == "synchronous",
            report=report,
            jobs=lambda scribe: jobs_of(house, scribe),
            keeping=keeping(house),
        )
    )


def make_api(house: House, *, loopback: bool, storage: "Callable[[], Refusal | None]" = lambda: None) -> "FastAPI":
    """The web server's app; it loads no channel: processes of their own send. `storage`: what workers say that it refuses."""
    from homing.api.ledger import Access, Doors, Ledger
    from homing.api.server import build
    from homing.app.devices import linked_needs, look_ahead
    from homing.engine.letters import preview_letter, preview_template
    from homing.web.shell import mount

    async def probe_sender(sender: "Sender") -> dict[str, Any]:
        told = await _ask(house, sender.workspace_id, "sender", "test", sender.uid)
        return {"ok": told["ok"], "trouble": told["trouble"]}

    async def refresh_account(sender: "Sender") -> dict[str, Any]:
        return await _ask(house, sender.workspace_id, "sender", "account", sender.uid, "--refresh")

    async def send_test(campaign: "Campaign", to: str) -> dict[str, Any]:
        return await _ask(house, campaign.workspace_id, "try-out", campaign.uid, "--to", to)

    doors = Doors(
        check_letter=lambda campaign: check_letter(house, campaign),
        check=lambda campaign: check(house, campaign),
        look_at=lambda campaign: look_at(house, campaign),
        preview=lambda campaign, contact, channel: preview_letter(
            house.database, campaign, contact, channel, from_of(house, campaign), house.links
        ),
        preview_template=lambda *asked: preview_template(house.database, *asked),
        from_of=lambda campaign: from_of(house, campaign),
        public_base=lambda: house.links.base,
        fetch=house.fetch,
        send_test=send_test,
        probe=probe_sender,
        linked_needs=linked_needs,
        refresh_account=refresh_account,
        outlook=lambda sender, count: look_ahead(house, sender, count),
    )
    access = Access(
        loopback, house.settings.cron_secret, house.settings.public_url, mail_named=bool(house.settings.notice_to)
    )
    grace = house.settings.attended_grace
    imports = house.settings.data / "imports"
    ledger = Ledger(house.database, house.senders, doors, access, storage, attended_grace=grace, imports=imports)
    api = build(ledger)
    api.include_router(public_pages(house))
    return mount(api)


async def _ask(house: House, workspace_id: int, *command: str) -> dict[str, Any]:
    """What a command of ours answers as JSON. Exit code 1 is an answer too; other ones raise with its words."""
    from homing.store.workspaces import Workspaces

    uid = next(each.uid for each in Workspaces(house.database).list() if each.id == workspace_id)
    arguments = ("-m", "homing", *command, "--json", "--workspace", uid)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=child_environment(house.settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(ASK_SECONDS):
            out, err = await child.communicate()
    except TimeoutError:
        child.kill()
        raise Conflict("there was no answer in time", code="timeout") from None
    if child.returncode not in (0, 1):
        raise Conflict(err.decode(errors="replace").removeprefix("homing: ").strip() or "it did not work")
    found: dict[str, Any] = json.loads(out)
    return found


def open_database(settings: Settings, world: World) -> Database:
    """The database that the settings name; an embedded one gets its own folder. Raises Unreachable, Misconfigured."""
    os.umask(0o077)
    database = Database(settings.database, world, settings.data)
    for folder in {settings.data, database.path.parent} if settings.embedded else set():
        _make_folder(folder)
    if database.dialect == "sqlite":
        check_place(database.path)
    return database


def _make_folder(folder: Path) -> None:
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unreachable(
            f"the data folder {folder} cannot be made: {error.strerror}; choose another with --data"
        ) from error


def check_revision(database: Database) -> None:
    """Migrates an embedded database that is empty; raises Misconfigured for one that is at another revision."""
    at, wanted = revision.found(database), revision.needed()
    if at == wanted:
        return
    if at is None and database.dialect == "sqlite" and revision.is_empty(database):
        migrate(database)
    elif at is not None and at > wanted:
        raise Misconfigured(
            f"the database is at revision {at}, which a newer Homing made; this one knows up to {wanted}: use the newer one",
            code="too_new",
        )
    else:
        raise Misconfigured(
            f"the database is not at revision {wanted} yet: run `homing migrate` once", code="unmigrated"
        )


def migrate(database: Database) -> str:
    """Brings the database to this version and makes the first workspace; safe to repeat. Returns the revision."""
    from homing.store import migrate as migrations
    from homing.store.workspaces import Workspaces

    at = migrations.upgrade(database)
    Workspaces(database).ensure_default()
    return at


def _user() -> str:
    with contextlib.suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    return "somebody"
