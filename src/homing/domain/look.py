"""Looks at a domain that mail is sent from: everything that a receiver would ask the DNS, each with the mend."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from homing.domain import dkim, dmarc, spf
from homing.domain.dkim import Key
from homing.domain.names import Names, Silent, is_address
from homing.model.finding import FAIL, OK, WARN, Finding


@dataclass(frozen=True, slots=True)
class Relay:
    """A server of a sender. `tls`: none, starttls or implicit."""

    sender: str
    host: str
    tls: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at. `bounce_domains`: where bounces come back to; `addresses`: of the own relay, seen from outside."""

    domain: str
    keys: Sequence[Key] = ()
    bounce_domains: Sequence[str] = ()
    relays: Sequence[Relay] = ()
    addresses: Sequence[str] = ()
    public_url: str | None = None


def look(names: Names, asked: Asked) -> Iterator[Finding]:
    """One check after the other; what the DNS does not answer is a line, too."""
    domain = asked.domain
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("mx", lambda: _takes_mail(names, domain)),
        ("spf", lambda: spf.look(names, domain)),
        ("dkim", lambda: dkim.look(names, domain, asked.keys)),
        ("dmarc", lambda: dmarc.look(names, domain, asked.bounce_domains)),
    ]
    for each in asked.bounce_domains:
        if each != domain:
            checks.append(("mx", lambda each=each: _takes_mail(names, each)))  # type: ignore[misc]  # bound at once
            checks.append(("spf", lambda each=each: spf.look(names, each)))  # type: ignore[misc]  # bound at once
    checks.append(("ptr", lambda: _reverse(names, asked)))
    checks.append(("tls", lambda: _encrypted(names, asked.relays)))
    for name, check in checks:
        try:
            yield from check()
        except Silent as error:
            yield Finding(name, FAIL, f"nothing is known: {error}", "look at the name servers, or use --resolver")
    if asked.public_url is not None and not asked.public_url.startswith("https://"):
        words = f"links to unsubscribe begin with {asked.public_url}: one click asks for https (RFC 8058)"
        yield Finding("links", FAIL, words, "set HOMING_PUBLIC_URL to an https address")


def _takes_mail(names: Names, domain: str) -> Iterator[Finding]:
    """Who cannot be answered is not believed: MX, or at least an address (RFC 5321 section 5.1)."""
    servers = names.mail_servers(domain)
    if "" in servers:
        words = f"{domain} says that it takes no mail (null MX): bounces and answers are lost, and receivers refuse it"
        yield Finding("mx", FAIL, words, "give it an MX")
    elif servers:
        gone = [server for server in servers if not names.addresses(server)]
        if len(gone) == len(servers):
            yield Finding(
                "mx", FAIL, f"no mail server of {domain} has an address: {', '.join(gone[:3])}", "mend the MX"
            )
        elif gone:
            yield Finding("mx", WARN, f"{', '.join(gone[:3])}, an MX of {domain}, has no address", "mend the MX")
        else:
            yield Finding("mx", OK, f"{domain} takes mail at {', '.join(servers[:3])}")
    elif names.addresses(domain):
        yield Finding("mx", WARN, f"{domain} has no MX; receivers try its own address", "give it an MX")
    else:
        yield Finding(
            "mx", FAIL, f"{domain} has neither MX nor address: receivers refuse mail from it", "give it an MX"
        )


def _reverse(names: Names, asked: Asked) -> Iterator[Finding]:
    """PTR of the own relay, and back again: Gmail asks for both (4.7.23)."""
    own = [relay.host for relay in asked.relays if _below(relay.host, asked.domain)]
    addresses = [*asked.addresses]
    for host in own:
        addresses += [address for address in names.addresses(host) if _is_public(address)]
    for address in dict.fromkeys(addresses):
        found = names.names_of(address)
        back = [name for name in found if _same(address, names.addresses(name))]
        if not found:
            words = f"{address} has no name (PTR): Gmail and others refuse mail from it"
            yield Finding("ptr", FAIL, words, "ask whoever gave you the address to set its reverse name")
        elif not back:
            words = f"{address} is called {found[0]}, and that name does not lead back to it"
            yield Finding("ptr", FAIL, words, f"give {found[0]} the address {address}")
        else:
            yield Finding("ptr", OK, f"{address} is {back[0]}, both ways")
    if not addresses:
        words = "which address your relay sends from cannot be seen from here; a provider's is its own business"
        yield Finding("ptr", OK, f"not looked at: {words} (--address IP)")


def _encrypted(names: Names, relays: Sequence[Relay]) -> Iterator[Finding]:
    for relay in relays:
        if relay.tls != "none":
            yield Finding("tls", OK, f"'{relay.sender}' sends by {relay.tls}")
        elif _is_here(names, relay.host):
            yield Finding("tls", OK, f"'{relay.sender}' sends without TLS, to this machine")
        else:
            words = f"'{relay.sender}' sends to {relay.host} without TLS"
            yield Finding("tls", WARN, words, f"`homing sender set {relay.sender} --tls starttls`")


def _is_here(names: Names, host: str) -> bool:
    if host == "localhost":
        return True
    found = [host] if is_address(host) else names.addresses(host)
    return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in found)


def _below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _is_public(address: str) -> bool:
    return ipaddress.ip_address(address).is_global


def _same(address: str, others: Sequence[str]) -> bool:
    return any(ipaddress.ip_address(address) == ipaddress.ip_address(other) for other in others)
