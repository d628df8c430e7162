"""Senders in the ledger."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.model.pacing import Pace, Rate, Span, WarmUp
from homing.model.sender import Health, Kind, SmtpAccess, Tls
from homing.store import migrate
from homing.store.database import Database
from homing.store.events import Events
from homing.store.receipt_options import mailbox_of
from homing.store.seal import Seal
from homing.store.sender_options import check, options_of, told
from homing.store.senders import Senders
from homing.store.tables import campaign
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


@pytest.fixture
def workspace(database: Database) -> WorkspaceId:
    return Workspaces(database).ensure_default().id


@pytest.fixture
def senders(database: Database) -> Senders:
    return Senders(database, Seal("k" * 40))


HERE = {"host": "127.0.0.1", "port": 2525}


def test_options_come_back_as_the_model_means_them(senders: Senders, workspace: WorkspaceId) -> None:
    """R16, R17: retries, back-off, their cap and the timeout are settings of the sender."""
    written: dict[str, Any] = {
        **HERE, "rate": "20/s", "daily": "5000", "connections": 4, "retries": 5, "backoff": "2s", "backoff_cap": "1m",
        "defer_for": "12h", "timeout": "10s", "probe": ["8.8.8.8:53", "[::1]:25"], "give_up_after": "0", "pacing": "gentle",
        "delay": "2s-4s", "rest_every": 10, "rest": "1m", "resume_when_back": "off", "in_flight": 7,
    }  # fmt: skip
    made = senders.add(workspace, "news", "smtp", written, {})
    opened = senders.open(made.id)
    options = opened.options
    assert opened.access == SmtpAccess("127.0.0.1", 2525)
    assert (options.rate, options.daily, options.connections, options.in_flight) == (Rate(20, 1.0), 5000, 4, 7)
    assert (options.patience.retries, options.patience.base, options.patience.cap) == (5, 2.0, 60.0)
    assert (options.patience.defer_for, options.timeout) == (43_200.0, 10.0)
    assert options.monitoring.probes == (("8.8.8.8", 53), ("::1", 25))
    assert (options.monitoring.give_up_after, options.monitoring.resume_when_back) == (0.0, False)
    assert (options.pacing.delay, options.pacing.rest_every, options.pacing.rest) == (Span(2, 4), 10, Span(60, 60))


def test_smtp_is_gentle_and_simulated_is_not_unless_told(senders: Senders, workspace: WorkspaceId) -> None:
    smtp = senders.add(workspace, "a", "smtp", HERE, {})
    simulated = senders.add(workspace, "b", "simulated", {}, {})
    assert senders.open(smtp.id).options.pacing.pace is Pace.GENTLE
    assert senders.open(simulated.id).options.pacing.pace is Pace.OFF


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": "fast"}, "--rate: 'fast' is no rate; write 20/s"),
        ({"delay": "3s-1s"}, "--delay: .* write 1s-3s"),
        ({"port": 70_000}, "--port: '70000' is no whole number from 1 to 65535"),
        ({"rest_every": "x"}, "--rest-every"),
        ({"tls": "yes"}, "--tls: .* choose none, starttls, implicit"),
        ({"probe": ["8.8.8.8"]}, "--probe: '8.8.8.8' is no HOST:PORT"),
        ({"from": "nobody"}, "--from: .* write a@b.example"),
        ({"colour": "red"}, "--colour: a sender of kind smtp has no such option"),
        ({"host": None}, "--host: say which server"),
        ({"user": "u"}, "--password-file: a user needs a password"),
    ],
)
def test_a_wrong_option_names_its_flag_and_the_cure(
    senders: Senders, workspace: WorkspaceId, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        senders.add(workspace, "a", "smtp", {**HERE, **options}, {})
    assert senders.list(workspace) == ()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"host": "mx.example.net"}, (Tls.NONE, 25)),
        ({"host": "mx.example.net", "user": "u"}, (Tls.STARTTLS, 587)),
        ({"host": "mx.example.net", "port": 465, "user": "u"}, (Tls.IMPLICIT, 465)),
        ({"host": "mx.example.net", "tls": "implicit"}, (Tls.IMPLICIT, 465)),
        ({"host": "127.0.0.1", "port": 2525, "user": "u"}, (Tls.NONE, 2525)),
    ],
)
def test_a_password_never_goes_to_another_machine_in_the_clear_unless_told(
    senders: Senders, workspace: WorkspaceId, options: dict[str, Any], expected: tuple[Tls, int]
) -> None:
    made = senders.add(workspace, "a", "smtp", options, {"password": "p"} if "user" in options else {})
    access = senders.open(made.id).access
    assert access is not None
    assert (access.tls, access.port) == expected


def test_a_password_is_sealed_and_never_told(
    senders: Senders, workspace: WorkspaceId, database: Database, tmp_path: Path
) -> None:
    made = senders.add(workspace, "a", "smtp", {**HERE, "user": "u"}, {"password": "canary-secret"})
    access = senders.open(made.id).access
    assert access is not None
    assert access.password == "canary-secret"
    assert "canary" not in repr(senders.open(made.id))
    assert made.credentials_at is not None
    database.close()
    assert b"canary-secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_another_server_asks_for_the_password_again(senders: Senders, workspace: WorkspaceId) -> None:
    made = senders.add(workspace, "a", "smtp", {**HERE, "user": "u"}, {"password": "p"})
    for change in ({"host": "10.0.0.9"}, {"port": 2526}, {"tls": "starttls"}, {"user": "w"}):
        with pytest.raises(Invalid, match="secret again"):
            senders.set(made.id, change)
    access = senders.open(senders.set(made.id, {"host": "10.0.0.9"}, {"password": "q"}).id).access
    assert access is not None
    assert (access.host, access.password) == ("10.0.0.9", "q")


def test_one_secret_that_is_set_leaves_the_others(senders: Senders, workspace: WorkspaceId) -> None:
    made = senders.add(workspace, "c", "whatsapp_cloud", {"phone_number_id": "1"}, {"api_key": "k", "app_secret": "s"})
    senders.set(made.id, {}, {"verify_token": "t"})
    found = [senders.credential(made.id, name) for name in ("api_key", "app_secret", "verify_token")]
    assert found == ["k", "s", "t"]
    with pytest.raises(Invalid, match="--api-key-file: another server"):
        senders.set(made.id, {"endpoint_url": "https://x.example"}, {"verify_token": "u"})


def test_each_password_is_asked_for_again_where_its_own_server_changes(
    senders: Senders, workspace: WorkspaceId
) -> None:
    box = {"mailbox": "imaps://b%40x.example@mail.x.example/Bounces"}
    with pytest.raises(Invalid, match="--mailbox-password-file"):
        senders.add(workspace, "a", "smtp", {**HERE, **box}, {})
    made = senders.add(workspace, "a", "smtp", {**HERE, "user": "u", **box}, {"password": "p", "mailbox_password": "m"})
    with pytest.raises(Invalid, match="--mailbox-password-file: another server"):
        senders.set(made.id, {"mailbox": "imaps://b@evil.example"}, {"password": "p"})
    senders.set(made.id, {"host": "10.0.0.9"}, {"password": "q"})
    assert senders.credential(made.id, "mailbox_password") == "m"
    senders.set(made.id, {"mailbox": None})
    assert (senders.credential(made.id, "mailbox_password"), senders.credential(made.id, "password")) == (None, "q")


@pytest.mark.parametrize(
    ("text", "host", "port", "user", "folder", "implicit", "plain"),
    [
        ("imaps://b%40x.example@mail.x.example", "mail.x.example", 993, "b@x.example", "INBOX", True, False),
        ("imap://b@mail.x.example:1143/In/Bounces", "mail.x.example", 1143, "b", "In/Bounces", False, False),
        ("imap://b@127.0.0.1/a%20b", "127.0.0.1", 143, "b", "a b", False, True),
    ],
)
def test_a_mailbox_is_written_as_one_address(
    text: str, host: str, port: int, user: str, folder: str, implicit: bool, plain: bool
) -> None:
    found = mailbox_of(text, "p")
    assert (found.host, found.port, found.user, found.folder) == (host, port, user, folder)
    assert (found.implicit, found.plain) == (implicit, plain)
    assert "'p'" not in repr(found)


@pytest.mark.parametrize(
    "text",
    ["mail.x.example", "https://b@x.example", "imaps://x.example", "imaps://b:secret@x.example", "imaps://b@x:99999/"],
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is no mailbox"):
        mailbox_of(text)


def test_a_change_keeps_the_rest_and_raises_the_version(senders: Senders, workspace: WorkspaceId) -> None:
    made = senders.add(workspace, "a", "smtp", {**HERE, "rate": "5/s", "daily": 9}, {})
    senders.set(made.id, {"rate": "50/s", "daily": None})
    opened = senders.open(made.id)
    assert opened.options.rate == Rate(50, 1.0)
    assert opened.options.daily is None
    assert opened.sender.options["port"] == 2525
    assert senders.version(made.id) == opened.sender.version == made.version + 1


def test_a_sender_that_a_campaign_needs_stays(senders: Senders, workspace: WorkspaceId, database: Database) -> None:
    made = senders.add(workspace, "a", "smtp", HERE, {})
    with database.write() as tx:
        tx.execute(
            insert(campaign).values(
                uid="c", workspace_id=workspace, name="Spring", state="sending", senders=f"[{made.id}]", created_at=1
            )
        )
    with pytest.raises(Conflict, match="Spring"):
        senders.remove(made.id)
    assert senders.find(workspace, "a") == made


def test_a_removed_sender_loses_its_secret_and_frees_its_name(senders: Senders, workspace: WorkspaceId) -> None:
    made = senders.add(workspace, "a", "smtp", {**HERE, "user": "u"}, {"password": "p"})
    with pytest.raises(Conflict):
        senders.add(workspace, "a", "smtp", HERE, {})
    senders.remove(made.id)
    with pytest.raises(NotFound):
        senders.open(made.id)
    again = senders.add(workspace, "a", "smtp", HERE, {})
    assert again.credentials_at is None


def test_senders_are_found_by_name_or_the_beginning_of_their_id(senders: Senders, workspace: WorkspaceId) -> None:
    made = senders.add(workspace, "a", "smtp", HERE, {})
    assert senders.find(workspace, "a") == senders.find(workspace, made.uid) == senders.find(workspace, made.uid[:30])
    with pytest.raises(NotFound, match="homing sender list"):
        senders.find(workspace, "b")


def test_a_sender_of_another_workspace_is_not_there(
    senders: Senders, workspace: WorkspaceId, database: Database
) -> None:
    """R46: each business profile has its own senders."""
    made = senders.add(workspace, "a", "smtp", HERE, {})
    other = Workspaces(database).add("other").id
    assert senders.list(other) == ()
    for reference in ("a", made.uid):
        with pytest.raises(NotFound):
            senders.find(other, reference)


def test_health_is_told_once_per_change(senders: Senders, workspace: WorkspaceId, database: Database) -> None:
    made = senders.add(workspace, "a", "smtp", HERE, {})
    before = Events(database).latest()
    for _ in range(3):
        senders.set_health(made.id, Health.DOWN, "connection refused")
    assert senders.find(workspace, "a").health is Health.DOWN
    assert [(e.kind, e.body["health"]) for e in Events(database).after(before, workspace)] == [
        ("sender.health", "down")
    ]


def test_R20_a_change_of_health_is_logged_once_with_its_cause(
    senders: Senders, workspace: WorkspaceId, caplog: pytest.LogCaptureFixture
) -> None:
    made = senders.add(workspace, "log", "simulated", {}, {})
    with caplog.at_level("INFO"):
        for health, cause in ((Health.DOWN, "refused"), (Health.DOWN, "refused again"), (Health.UP, None)):
            senders.set_health(made.id, health, cause)
    said = [
        (r.levelname, r.__dict__["health"], r.__dict__["cause"])
        for r in caplog.records
        if r.message == "a sender changed"
    ]
    assert said == [("WARNING", "down", "refused"), ("INFO", "up", None)]


@pytest.mark.parametrize(
    ("kind", "stored", "plan"),
    [
        ("smtp", {}, None),
        ("smtp", {"warm_up": "50x1.5"}, WarmUp(50, 1.5)),
        ("smtp", {"warm_up": "50x1.5..900"}, WarmUp(50, 1.5, 900)),
        ("whatsapp_linked", {}, WarmUp(20, 1.5, 150, people=True)),
        ("whatsapp_linked", {"warm_up": "5x2"}, WarmUp(5, 2.0, people=True)),
        ("whatsapp_linked", {"warm_up": "off"}, None),
        ("whatsapp_linked", {"daily": 400}, None),
        ("whatsapp_linked", {"daily_new": 9}, None),
        ("whatsapp_linked", {"pacing": "gentle"}, None),
    ],
)
def test_one_setting_says_how_a_sender_warms_up(kind: str, stored: dict[str, Any], plan: WarmUp | None) -> None:
    assert options_of(Kind(kind), check(Kind(kind), stored)).warm_up == plan
    shown = told(Kind(kind), stored)["warm_up"]
    assert (None if shown is None else WarmUp.parse(shown).top) == (None if plan is None else plan.top)
