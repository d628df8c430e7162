"""Where a request that came from data may go: public addresses only, whatever notation or wrapping they come in.

An IPv6 address may carry an IPv4 one (RFC 4291 mapped, RFC 6052 NAT64, RFC 3056 6to4, RFC 4380 Teredo): both are judged.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from homing.model.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_PRIVATE_NAMES = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "localdomain",
    "test",
    "invalid",
    "onion",
)
_LONGEST = 2048


class Forbidden(Exception):
    """This address is not asked. The text says why, and is for the person who wrote the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL asks of the network. `allowed`: an operator's list names it, so it may be private and without TLS."""

    scheme: str
    host: str
    port: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class Allowance:
    """Private targets that the operator of this installation permits, as host and port (0: any port)."""

    host: str
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "tuple[Allowance, ...]":
        """'10.0.0.5:8080, hooks.lan' as allowances. Raises Invalid."""
        return tuple(_allowance(part.strip()) for part in text.split(",") if part.strip())


def _allowance(text: str) -> Allowance:
    try:
        parts = urlsplit(f"//{text}")
        host, port, plain = parts.hostname, parts.port, not (parts.path or parts.username)
    except ValueError:
        host, port, plain = None, None, False
    if not host or not plain:
        raise Invalid(f"'{text}' is no HOST or HOST:PORT")
    return Allowance(host, port or 0)


def target_of(url: str, allowed: tuple[Allowance, ...] = ()) -> Target:
    """Reads a URL. Raises Forbidden for schemes, ports and names that are never asked."""
    if len(url) > _LONGEST or not url.isprintable() or " " in url or "\\" in url:
        raise Forbidden("this is no address of the web")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Forbidden("this is no address of the web") from None
    if parts.scheme not in ("https", "http"):
        raise Forbidden("only https:// is asked")
    if not host or "%" in host:
        raise Forbidden("the address names no host")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("an address with a user in it is not asked")
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    if any(each.host == host and each.port in (0, port) for each in allowed):
        return Target(parts.scheme, host, port, allowed=True)
    _check_public(parts.scheme, host, port)
    return Target(parts.scheme, host, port, allowed=False)


def _check_public(scheme: str, host: str, port: int) -> None:
    if scheme != "https" or port != 443:
        raise Forbidden("only https on port 443 is asked")
    if any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES):
        raise Forbidden("this name is of a private network")
    address = literal(host)
    if address is None and ("." not in host or host.replace(".", "").isdigit()):  # 127.1: connected without a look-up
        raise Forbidden("this name is of a private network")
    if address is not None:
        check([str(address)])


def literal(host: str) -> Address | None:
    """The address that a host is, when it is no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def check(answers: list[str]) -> None:
    """Raises Forbidden unless every answer of a resolver is a public address, and there is one."""
    if not answers:
        raise Forbidden("this name has no address")
    for text in answers:
        address = literal(text.partition("%")[0])
        if address is None or "%" in text or not all(map(_is_public, _layers(address))):
            raise Forbidden("this address is not on the public Internet")


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
    )


def _layers(address: Address) -> Iterator[Address]:
    """The address and each that it carries. The wrapping itself is no fault, so of a wrapped one the inner ones are judged."""
    if not isinstance(address, ipaddress.IPv6Address):
        yield address
        return
    if address in _NAT64_LOCAL:
        yield ipaddress.IPv4Address("127.0.0.1")
    elif address in _NAT64 or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    else:
        yield address
