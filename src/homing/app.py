"""The composition root: settings in, an assembled house out. The only module that knows every concrete class."""

import contextlib
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homing.model.errors import Misconfigured, Unreachable
from homing.model.pacing import parse_duration
from homing.settings import Settings
from homing.store import revision
from homing.store.database import Database
from homing.world import World

if TYPE_CHECKING:
    from homing.content.letter import Letter
    from homing.content.rehearsal import Rehearsal
    from homing.engine.way import OpenWay
    from homing.engine.worker import Worker
    from homing.model.courier import Courier, Desk
    from homing.model.ids import SenderId
    from homing.model.outcome import NotSent
    from homing.store.campaigns import Campaign
    from homing.store.control import By
    from homing.store.seal import Seal
    from homing.store.senders import OpenedSender, Senders
    from homing.store.workspaces import Workspace


class House:
    """One installation, opened. Parts are made when first asked for, so that a command loads only what it needs."""

    def __init__(self, settings: Settings, world: World | None = None) -> None:
        self.settings = settings
        self.world = world or World()

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

    def close(self) -> None:
        """Closes the database if it was opened."""
        if "database" in self.__dict__:
            self.database.close()


def open_courier(opened: "OpenedSender", desk: "Desk", world: World) -> "Courier":
    """The way out of a sender: the registry of channels. Removing a channel removes its case here."""
    from homing.model.sender import Kind

    match opened.sender.kind:
        case Kind.SMTP:
            from homing.channels.smtp.courier import SmtpCourier

            if opened.access is None:
                raise Misconfigured(f"the sender '{opened.sender.name}' has no server")
            return SmtpCourier(opened.access, opened.options, desk, world)
        case Kind.SIMULATED:
            from homing.channels.simulated.courier import Fate, SimulatedCourier

            told = opened.simulation
            fate = Fate(
                refuse=told.get("refuse", 0.0),
                defer=told.get("defer", 0.0),
                unclear=told.get("unclear", 0.0),
                latency=parse_duration(told.get("latency", "0")),
            )
            record = Path(told["record"]) if told.get("record") else None
            return SimulatedCourier(opened.options, desk, world, fate=fate, seed=told.get("seed", 0), record=record)


def ways(senders: "Senders", world: World) -> "OpenWay":
    """How the engine opens a sender by its id. Raises what `Senders.open` raises."""
    from homing.engine.way import Way

    def open_way(sender_id: "SenderId") -> Way:
        opened = senders.open(sender_id)
        return Way(
            sender_id=sender_id,
            name=opened.sender.name,
            version=opened.sender.version,
            options=opened.options,
            open=lambda desk: open_courier(opened, desk, world),
            default_from=opened.from_ or "",
        )

    return open_way


def make_worker(house: House, report: Callable[[], None] = lambda: None) -> "Worker":
    """A worker of this installation; `report` is called twice a second while it lives."""
    from homing.engine.worker import Worker, WorkerSetup

    return Worker(
        WorkerSetup(
            db=house.database,
            open_way=ways(house.senders, house.world),
            tell_health=house.senders.set_health,
            missed_after=house.settings.missed_start,
            report=report,
        )
    )


def from_of(house: House, campaign: "Campaign") -> str:
    """The From that a campaign's messages carry: its own, else its sender's; "" when neither names one."""
    from homing.model.errors import NotFound
    from homing.store.senders import Senders

    if campaign.content.get("from") or campaign.sender_id is None:
        return str(campaign.content.get("from") or "")
    with contextlib.suppress(NotFound):
        return str(Senders(house.database).get(campaign.sender_id).options.get("from") or "")
    return ""


def check_letter(house: House, campaign: "Campaign") -> "Letter":
    """The compiled letter of a campaign. Raises Invalid naming the part and the place when it does not compile."""
    from homing.engine.letters import load_letter
    from homing.store.campaigns import Campaigns
    from homing.store.senders import Senders

    default_from, name = "", ""
    if campaign.sender_id is not None:
        sender = Senders(house.database).get(campaign.sender_id)
        default_from, name = sender.options.get("from", ""), sender.name
    letter, _ = load_letter(Campaigns(house.database), campaign, default_from=default_from, sender_name=name)
    return letter


def rehearse(house: House, campaign: "Campaign") -> "Rehearsal":
    """The dry run over the audience as it is now: nothing is planned or sent. Raises as check_letter does."""
    from homing.content.recipient import Recipient
    from homing.content.rehearsal import rehearse as run
    from homing.store.audience import Audience

    common = campaign.content.get("vars") or {}
    members = Audience(house.database).members(campaign)
    recipients = (Recipient(n, m.address, m.name, {**common, **m.attributes}) for n, m in enumerate(members, 1))
    return run(check_letter(house, campaign), recipients)


async def probe(house: House, sender_id: "SenderId") -> "NotSent | None":
    """One look at a sender's server that costs no recipient. None: the way is open. Raises what `Senders.open` raises."""
    courier = open_courier(house.senders.open(sender_id), _Nobody(), house.world)
    try:
        return await courier.probe()
    finally:
        await courier.close(0.0)


class _Nobody:
    """A Desk for a courier that carries nothing."""

    def about_to(self, parcel: object) -> None: ...

    def may_write(self, parcel: object) -> bool:
        return False

    def finished(self, parcel: object, outcome: object) -> None: ...

    def trouble(self, news: object) -> None: ...


def open_database(settings: Settings, world: World) -> Database:
    """The database that the settings name; an embedded one gets its folder, readable by nobody else. Raises Unreachable."""
    os.umask(0o077)
    database = Database(settings.database, world)
    for folder in {settings.data, database.path.parent} if settings.embedded else set():
        _make_folder(folder)
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
