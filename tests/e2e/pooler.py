"""PgBouncer in transaction mode in front of a PostgreSQL of tests: each transaction may get another session."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from proofs.patience import Stuck, until
from proofs.pg_stand import PgLedger
from tests.postgres import NOBODY, PATIENCE, Server

SESSIONS = 4  # of the server, shared by all: less than two workers open, so that they really change


class Pooler:
    """Listens on a socket in the folder of its server; refuses to be root, so it is nobody then."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._folder = server.folder / "pooler"
        self._folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        self._file = self._folder / "pgbouncer.ini"
        self._file.write_text(
            f"""[databases]
postgres = host={server.folder} user=postgres
[pgbouncer]
pool_mode = transaction
auth_type = any
unix_socket_dir = {self._folder}
listen_addr =
default_pool_size = {SESSIONS}
max_client_conn = 200
server_idle_timeout = 5
"""
        )
        if os.geteuid() == 0:
            for each in (self._folder, self._file):  # whatever the umask of this process is by now
                shutil.chown(each, NOBODY, NOBODY)

    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._folder}&port=6432"

    def start(self) -> None:
        program = shutil.which("pgbouncer")
        assert program is not None
        who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, str(self._file)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **who
            )

        said = ""

        def answers() -> bool:
            nonlocal said
            assert self._process is not None
            assert self._process.poll() is None, f"the pooler has ended: {(self._folder / 'log').read_text()}"
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                said = str(error)
                return False
            return True

        try:
            until(answers, PATIENCE, "the pooler answers", every=0.1)
        except Stuck as stuck:
            raise Stuck(f"{stuck}: {said}\n{(self._folder / 'log').read_text()[-4000:]}") from None

    def stop(self) -> None:
        """At once: whoever is connected is cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None
            (self._folder / ".s.PGSQL.6432").unlink(missing_ok=True)

    def restart(self) -> None:
        self.stop()
        time.sleep(0.5)
        self.start()


class Behind(PgLedger):
    """An installation that knows its database by the pooler's address only. The judge asks the server itself."""

    def __init__(self, folder: Path, server: Server, pooler: Pooler) -> None:
        self._direct = server.url()
        super().__init__(folder, pooler)  # type: ignore[arg-type]  # all that it asks is an address

    def moment(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]:
        if self._raw is None:
            self._raw = psycopg.connect(self._direct, autocommit=True)
        return super().moment(*questions)


@contextlib.contextmanager
def pooled(server: Server) -> Iterator[Pooler]:
    made = Pooler(server)
    try:
        made.start()
        yield made
    finally:
        made.stop()
