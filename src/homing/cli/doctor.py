"""`homing doctor`: looks at what a campaign rests on; each line ok, warn or fail, with the mend."""

import asyncio
import contextlib
import os
import shutil
import socket
import stat
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import NO, open_house
from homing.cli.output import Json, print_json, rfc3339
from homing.cli.serve import is_loopback
from homing.model.errors import HomingError
from homing.model.finding import FAIL, OK, WARN, Finding, failed

if TYPE_CHECKING:
    from homing.app import House
    from homing.model.sender import Tls
    from homing.store.senders import Sender

app = typer.Typer(invoke_without_command=True)

LEAST_FREE = 256 * 1024 * 1024
SLOW_FSYNC = 0.05  # seconds: each group of messages waits for one
SHORT_SECRET = 32
CLOCK_BACK_MS = 2_000
SENDER_SECONDS = 15.0


@app.callback()
def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Check database, fsync, clock, disk, key, ports, workers, DNS, TLS and senders. Exit code 1: something failed."""
    if ctx.invoked_subcommand is not None:
        return
    _report(_installation(open_house()), as_json=as_json)


def _installation(house: "House") -> Iterator[Finding]:
    for check in (_database, _standby, _books, _clock, _disk, _fsync, _key, _secret, _port, _workers, _names, _senders):
        try:
            yield from check(house)
        except HomingError as error:
            yield Finding(check.__name__.strip("_"), FAIL, error.detail)


def _report(findings: Iterable[Finding], *, as_json: bool, **about: str) -> None:
    """Each line as it is found; exit code 1 when one failed."""
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            print(finding.line)
    if as_json:
        print_json({**about, "ok": not failed(found), "findings": [asdict(each) for each in found]})
    if failed(found):
        raise typer.Exit(NO)


@app.command()
def domain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The domain of From, as in example.org.")],
    resolver: Annotated[
        str | None, typer.Option("--resolver", metavar="HOST[:PORT]", help="Asks this resolver (HOMING_RESOLVER).")
    ] = None,
    selector: Annotated[
        list[str] | None, typer.Option("--selector", metavar="S", help="A DKIM key of your provider. Repeatable.")
    ] = None,
    address: Annotated[
        list[str] | None, typer.Option("--address", metavar="IP", help="Of your own relay, as seen from outside.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check what receivers ask the DNS about a domain: MX, SPF, DKIM, DMARC, PTR; and TLS. Exit code 1: something failed."""
    from homing.app.domains import look_at_domain

    house = open_house(resolver=resolver)
    findings = look_at_domain(house, name, selectors=selector or (), addresses=address or ())
    _report(findings, as_json=as_json, domain=name.lower())


def _database(house: "House") -> Iterator[Finding]:
    from homing.store import revision

    database = house.database
    at = revision.found(database)
    yield Finding("database", OK, f"{database.place}, revision {at}, {database.driver.version()}")
    if database.dialect != "sqlite":
        return
    mode = stat.S_IMODE(database.path.stat().st_mode)
    if mode & 0o077:
        yield Finding("database", WARN, f"others can read it (mode {mode:o})", f"chmod 600 {database.path}")


def _standby(house: "House") -> Iterator[Finding]:
    """Of PostgreSQL: what a failover would cost, and whether what was declared is so."""
    if house.database.dialect == "sqlite":
        return
    from homing.store.lineage import standbys

    names, synchronous, all_of_them = standbys(house.database)
    if house.settings.standby != "synchronous":
        words = f"{all_of_them} seen; when one is promoted, campaigns pause until a person has looked"
        yield Finding("standby", OK, words)
    elif names and synchronous:
        yield Finding("standby", OK, f"{synchronous} synchronous now; when one is promoted, campaigns go on")
    elif names:
        words = f"synchronous_standby_names is {names}, but none is connected, or this account may not see it"
        yield Finding("standby", WARN, words, "start it, or GRANT pg_monitor to this account")
    else:
        words = "HOMING_STANDBY=synchronous, but the server waits for no standby (synchronous_standby_names is empty)"
        yield Finding("standby", FAIL, words, "set it, or take the setting away: a failover would send twice")


def _books(house: "House") -> Iterator[Finding]:
    from homing.store import audit_log

    torn = audit_log.verify(house.database)
    if torn is None:
        yield Finding("audit log", OK, "its chain is whole")
    else:
        yield Finding("audit log", FAIL, f"row {torn} was changed, or a row before it removed", "compare with a backup")


def _clock(house: "House") -> Iterator[Finding]:
    """The ledger holds what this clock said before: it may not have gone back since."""
    from homing.store.events import Events

    now, last = house.world.clock.now(), Events(house.database).last_at()
    if last is not None and last - now > CLOCK_BACK_MS:
        words = f"{rfc3339(now)}, but the ledger has facts of {rfc3339(last)}"
        yield Finding("clock", FAIL, words, "set the clock, and keep it by NTP: due times and sending hours follow it")
    else:
        yield Finding("clock", OK, str(rfc3339(now)))


def _disk(house: "House") -> Iterator[Finding]:
    if house.database.dialect != "sqlite":
        yield Finding("disk", OK, "is the database server's; look there")
        return
    free = shutil.disk_usage(house.database.path.parent).free
    words = f"{free // (1024 * 1024)} MB free"
    if free < LEAST_FREE:
        yield Finding("disk", FAIL, words, "make room: a full disk stops every campaign until it is not full")
    else:
        yield Finding("disk", OK, words)


def _fsync(house: "House") -> Iterator[Finding]:
    """Ten small durable writes beside the database."""
    if house.database.dialect != "sqlite":
        return
    place = house.database.path.parent / f".doctor-{os.getpid()}"
    clock = house.world.clock
    try:
        with place.open("wb") as file:
            begun = clock.uptime()
            for _ in range(10):
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
            each = (clock.uptime() - begun) / 10
    except OSError as error:
        yield Finding("fsync", FAIL, f"{place.parent} takes no writes: {error.strerror}", "mend the disk or its rights")
        return
    finally:
        with contextlib.suppress(OSError):
            place.unlink()
    words = f"{each * 1000:.1f} ms"
    if each > SLOW_FSYNC:
        yield Finding("fsync", WARN, words, "slow storage: each group of up to 100 messages waits for it")
    else:
        yield Finding("fsync", OK, words)


def _key(house: "House") -> Iterator[Finding]:
    from homing.store.seal import FILE

    yield Finding("key", OK, f"key {house.seal.key_id}")
    setting = house.settings.secret_key
    file: Path = house.settings.data / FILE
    if setting is not None and len(setting) < SHORT_SECRET:
        yield Finding("key", WARN, "HOMING_SECRET_KEY is short", f"use {SHORT_SECRET} random characters or more")
    if setting is None and file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("key", FAIL, "others can read the key file", f"chmod 600 {file}")


def _secret(house: "House") -> Iterator[Finding]:
    secret = house.settings.cron_secret
    if secret is not None and len(secret) < SHORT_SECRET:
        yield Finding("cron", WARN, "CRON_SECRET is short", f"use {SHORT_SECRET} random characters or more")
    elif secret is not None:
        yield Finding("cron", OK, "CRON_SECRET is set")


def _port(house: "House") -> Iterator[Finding]:
    host, port = house.settings.bind
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            yield Finding("port", OK, f"{host}:{port} is free")
    except OSError as error:
        yield Finding(
            "port", WARN, f"{host}:{port}: {error.strerror}", "fine if that is Homing itself; else choose --bind"
        )


def _workers(house: "House") -> Iterator[Finding]:
    from homing.store.workers import Workers

    alive = Workers(house.database).alive()
    if alive:
        yield Finding("workers", OK, f"{len(alive)} alive")
    else:
        yield Finding(
            "workers", WARN, "none runs", "`homing serve` or `homing worker` starts one; until then nothing is sent"
        )


def _names(house: "House") -> Iterator[Finding]:
    """DNS: each sender's server has an address; TLS: no password and no message crosses another's wire in the open."""
    for sender in house.senders.list(house.workspace.id):
        access = house.senders.open(sender.id).access
        if access is None:
            continue
        host, port = access.host, access.port
        try:
            found = sorted({str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
        except OSError as error:
            yield Finding(
                "dns", FAIL, f"{host}: {error.strerror}", "mend the name in the sender, or the resolver of this machine"
            )
            continue
        if found != [host]:
            yield Finding("dns", OK, f"{host} is {', '.join(found[:4])}")
        yield _tls(sender.name, access.tls, here=all(map(is_loopback, found)))


def _tls(name: str, mode: "Tls", *, here: bool) -> Finding:
    if mode != "none":
        return Finding("tls", OK, f"'{name}' sends by {mode}; whether the certificate is good is said by its own line")
    if here:
        return Finding("tls", OK, f"'{name}' sends without TLS, to this machine")
    return Finding("tls", WARN, f"'{name}' sends without TLS", f"`homing sender set {name} --tls starttls`")


def _senders(house: "House") -> Iterator[Finding]:
    from homing.app import probe
    from homing.cli.senders import way_trouble

    found = house.senders.list(house.workspace.id)
    if not found:
        yield Finding("senders", WARN, "there is none", "`homing sender add` makes one")

    async def look(sender_id: int) -> str | None:
        async with asyncio.timeout(SENDER_SECONDS):
            news = await probe(house, found[sender_id].id)
        return None if news is None else way_trouble(house, found[sender_id], news)

    for place, sender in enumerate(found):
        try:
            trouble = asyncio.run(look(place))
        except TimeoutError:
            trouble = "no answer in time"
        if trouble is None:
            yield Finding("sender", OK, f"'{sender.name}' can send")
        else:
            yield Finding(
                "sender",
                FAIL,
                f"'{sender.name}': {trouble}",
                "`homing sender set` changes it, `homing sender test` looks again",
            )
        yield from _mailbox(house, sender)


def _mailbox(house: "House", of: "Sender") -> Iterator[Finding]:
    """Where its bounces come back to, read now."""
    from homing.cli.senders import mailbox_trouble

    if of.options.get("mailbox"):
        trouble = mailbox_trouble(house, of)
        if trouble is None:
            yield Finding("mailbox", OK, f"bounces of '{of.name}' can be read")
        else:
            mend = "`homing sender set` changes it, `homing sender test` looks again"
            yield Finding("mailbox", FAIL, f"'{of.name}': {trouble}", mend)
