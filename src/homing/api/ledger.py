"""What the API is given: the stores it reads and writes, and the few things that only the composition root can do."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homing.contacts.folder import Folders
from homing.contacts.intake import Intake
from homing.model.finding import Finding
from homing.model.ids import WorkspaceId
from homing.model.storage import Refusal
from homing.store.attendance import Attendances
from homing.store.audience import Audience
from homing.store.bell import Bell
from homing.store.books import Books
from homing.store.campaigns import Campaign, Campaigns
from homing.store.choices import Choices
from homing.store.cloud_accounts import CloudAccounts
from homing.store.contacts import Contacts
from homing.store.control import Control
from homing.store.conversations import Conversations
from homing.store.database import Database
from homing.store.decisions import Decisions
from homing.store.devices import Devices
from homing.store.drafting import Drafting
from homing.store.events import Events
from homing.store.idempotency import Idempotency
from homing.store.library import Library
from homing.store.lists import Lists
from homing.store.people import People
from homing.store.pushes import Pushes
from homing.store.receipts import Receipts
from homing.store.recurrences import Recurrences
from homing.store.reports import Reports
from homing.store.results import Results
from homing.store.segments import Segments
from homing.store.senders import Sender, Senders
from homing.store.sessions import Guesses, Links, Sessions
from homing.store.status import StatusBoard
from homing.store.suppressions import Suppressions
from homing.store.templates import Templates
from homing.store.tokens import Tokens
from homing.store.webhook_calls import Calls
from homing.store.webhooks import Webhooks
from homing.store.whereabouts import Whereabouts
from homing.store.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Doors:
    """What the API may ask of rooms that it does not see."""

    check_letter: Callable[[Campaign], object]
    """Raises Invalid when the letter of a campaign does not compile."""
    check: Callable[[Campaign], Any]
    """The dry run over the audience, and what is wrong with the letter (`rehearsal`, `findings`)."""
    look_at: Callable[[Campaign], Sequence[Finding]]
    """What is wrong with the letter itself. Raises Invalid when it does not compile."""
    send_test: Callable[[Campaign, str], Awaitable[dict[str, Any]]]
    """Has one message of a campaign sent to an address, by a process of its own: the web server never sends."""
    probe: Callable[[Sender], Awaitable[dict[str, Any]]]
    """Has a look taken at a sender's server, by a process of its own. Codes, not banners."""
    preview: Callable[[Campaign, str | None, str], bytes]
    """The message by a channel that a contact (by id or address; None: the first of the audience) would get, as bytes. Blocks."""
    preview_template: Callable[[WorkspaceId, str, Mapping[str, str], str | None], bytes]
    """How a message of that channel would look to a contact (None: the first of the workspace), as a mail. Blocks."""
    from_of: Callable[[Campaign], str]
    """The From that a campaign's messages carry."""
    public_base: Callable[[], str]
    """The beginning of addresses in messages, without a slash at its end."""
    fetch: Callable[[str], Awaitable[bytes]]
    """What stands at a public address, by the one door out. Raises HomingError."""
    refresh_account: Callable[[Sender], Awaitable[object]]
    """Has WhatsApp asked about a number of the Cloud API, by a process of its own; what it says is kept."""
    outlook: Callable[[Sender, int], dict[str, Any]]
    """How long so many messages take at a sender's limits, and what the limits are."""
    linked_needs: Callable[[], str | None]
    """What to install on this machine before it can run linked devices; None: nothing is missing."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in. `loopback`: bound to this machine only; `hosts`: names that a Host header may have then;
    `public_url`: how browsers name this server, when a proxy stands in front; `mail_named`: somebody is
    named for notices."""

    loopback: bool
    cron_secret: str | None = field(repr=False)
    public_url: str | None = None
    mail_named: bool = False
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Ledger:
    """The stores, made once for the server."""

    def __init__(
        self,
        database: Database,
        senders: Senders,
        doors: Doors,
        access: Access,
        storage: Callable[[], Refusal | None] = lambda: None,
        attended_grace: float = 2.5,
        imports: Path = Path("imports"),
    ) -> None:
        self.database = database
        self.storage = storage
        self.doors = doors
        self.access = access
        self.senders = senders
        assert senders.seal is not None  # noqa: S101 - a server always has its key
        self.seal = senders.seal
        self.conversations = Conversations(database)
        self.accounts = CloudAccounts(database)
        self.devices = Devices(database, senders.seal)
        self.workspaces = Workspaces(database)
        self.tokens = Tokens(database)
        self.people = People(database)
        self.bell = Bell(database)
        self.choices = Choices(database, named=access.mail_named)
        self.pushes = Pushes(database, senders.seal)
        self.recurrences = Recurrences(database)
        self.sessions = Sessions(database)
        self.links = Links(database)
        self.guesses = Guesses(database)
        self.campaigns = Campaigns(database)
        self.control = Control(database)
        self.attendances = Attendances(database, int(attended_grace * 1000))
        self.drafting = Drafting(database)
        self.audience = Audience(database)
        self.results = Results(database)
        self.decisions = Decisions(database)
        self.books = Books(database)
        self.board = StatusBoard(database, storage)
        self.contacts = Contacts(database)
        self.lists = Lists(database)
        self.library = Library(database)
        self.imports = Intake(database, Folders(imports))
        self.segments = Segments(database)
        self.templates = Templates(database)
        self.previews: dict[str, tuple[int, bytes]] = {}  # HTML of messages being written, by a random name
        self.suppressions = Suppressions(database)
        self.events = Events(database)
        self.idempotency = Idempotency(database)
        self.webhooks = Webhooks(database, senders.seal)
        self.calls = Calls(database)
        self.reports = Reports(database)
        self.receipts = Receipts(database)
        self.whereabouts = Whereabouts(database)
