"""The last words of a connection that died: asyncio and uvloop drop a reply that the kernel already has when a write fails."""

import asyncio
import contextlib
import socket


class Twin:
    """A duplicate of a cleartext connection's socket, read once after its death (FAILURE_MODEL section 2). TLS cannot be."""

    __slots__ = ("_socket",)

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def of(self, transport: asyncio.BaseTransport) -> None:
        """Holds the connection's socket open beside the transport, until `close`."""
        raw = transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                self._socket = socket.fromfd(raw.fileno(), raw.family, socket.SOCK_STREAM)

    def last_words(self) -> bytes:
        """What had been received and was not read, at most 64 KB."""
        data = b""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setblocking(False)
                while len(data) < 65_536 and (more := self._socket.recv(8192)):
                    data += more
        return data

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
