"""A name server that exists on this machine only: it answers by UDP and TCP from a table, truncates, fails and falls silent."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SERVFAIL, SILENT = "SERVFAIL", "SILENT"
UDP_LIMIT = 512
Zone = Mapping[tuple[str, str], Sequence[str] | str]
"""(name, kind) -> the records as in a zone file; or SERVFAIL, or SILENT: no answer at all."""


def _one_port_for_both() -> tuple[socket.socket, socket.socket]:
    """A port that is free for datagrams may be another program's for streams: then the next one."""
    for _ in range(100):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        try:
            return udp, socket.create_server(udp.getsockname())
        except OSError:
            udp.close()
    raise OSError("no port is free for both datagrams and streams")


class DnsServer:
    """`asked`: every question that came, with how it came: ('udp', 'example.org', 'TXT')."""

    def __init__(self, zone: Zone) -> None:
        self.zone = {(name.lower().rstrip("."), kind): records for (name, kind), records in zone.items()}
        self.asked: list[tuple[str, str, str]] = []
        self._udp, self._tcp = _one_port_for_both()
        self.port = int(self._udp.getsockname()[1])
        self._threads = [threading.Thread(target=job, daemon=True) for job in (self._datagrams, self._streams)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._udp.sendto(b"", ("127.0.0.1", self.port))  # wakes the thread that waits
            self._tcp.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._udp.close()
        self._tcp.close()

    def _datagrams(self) -> None:
        while True:
            question, place = self._udp.recvfrom(65_535)
            if not question:
                return
            answer = self._answer(question, "udp")
            if answer is not None:
                self._udp.sendto(answer, place)

    def _streams(self) -> None:
        while True:
            try:
                line, _ = self._tcp.accept()
            except OSError:
                return
            with line, line.makefile("rb") as reading:
                (size,) = struct.unpack("!H", reading.read(2))
                answer = self._answer(reading.read(size), "tcp")
                if answer is not None:
                    line.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, wire: bytes, how: str) -> bytes | None:
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((how, name, kind))
        found = self.zone.get((name, kind), ())
        if found == SILENT:
            return None
        reply = dns.message.make_response(query)
        if found == SERVFAIL:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        told = reply.to_wire()
        if how == "udp" and len(told) > UDP_LIMIT:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            told = reply.to_wire()
        return told


@contextlib.contextmanager
def name_server(zone: Zone) -> Iterator[DnsServer]:
    server = DnsServer(zone)
    try:
        yield server
    finally:
        server.close()
