"""A TCP proxy before a PostgreSQL that resets every line through it when told to, or keeps it open and carries nothing."""

import contextlib
import random
import socket
import struct
import threading
from typing import Any

from sqlalchemy import make_url


def _end(*lines: socket.socket) -> None:
    """Shut down before they are closed: a thread that still reads from one would keep it open for the other side."""
    for line in lines:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()


class Cutter:
    """`url`: the same database, through the proxy. Use as a context."""

    def __init__(self, url: str) -> None:
        found = make_url(url)
        query = dict(found.query)
        host = str(query.pop("host", found.host or "127.0.0.1"))
        self._port = int(str(query.pop("port", found.port or 5432)))
        self._host = host
        self._door = socket.create_server(("127.0.0.1", 0))
        mine = self._door.getsockname()[1]
        self.url = found.set(host="127.0.0.1", port=mine, query=query).render_as_string(hide_password=False)
        self._lines: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._open = True
        self._away = False
        self.cuts = 0
        self._carries = threading.Event()
        self._carries.set()

    def __enter__(self) -> "Cutter":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._door.close()
        self._carries.set()
        self.cut()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._door.accept()
            except OSError:
                continue
            try:
                far = self._dial() if not self._away else None
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            with self._lock:
                self._lines |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _dial(self) -> socket.socket:
        if self._host.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{self._host}/.s.PGSQL.{self._port}")
            return far
        return socket.create_connection((self._host, self._port))

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(4096):
                self._carries.wait()
                other.sendall(piece)
        _end(one, other)

    def hold(self) -> None:
        """From now on every line, new ones too, is open and silent: as of a proxy that stands still, or lost its other side."""
        self._carries.clear()

    def go_on(self) -> None:
        """Carries again, also what was held."""
        self._carries.set()

    def cut(self) -> None:
        """Resets every line that is open now."""
        with self._lock:
            lines, self._lines = self._lines, set()
        for line in lines:
            with contextlib.suppress(OSError):
                if line.family != socket.AF_UNIX:
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            _end(line)
        self.cuts += bool(lines)

    def cut_for(self, seconds: float, stop: threading.Event) -> None:
        """Resets every line, and every new one for a while."""
        self._away = True
        self.cut()
        stop.wait(seconds)
        self._away = False

    def cut_often(self, most: int, stop: Any) -> None:
        dice = random.Random(7)
        while self.cuts < most and not stop.wait(0.02 + dice.random() * 0.25):
            self.cut()
