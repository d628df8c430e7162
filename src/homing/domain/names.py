"""The DNS as the other modules here ask it: texts, addresses, mail servers, names of addresses."""

import ipaddress
from collections.abc import Iterable
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

_SECONDS = 5.0


class Silent(Exception):
    """The DNS gave no answer about a name: nothing is known. The text says how it failed."""


class Names:
    """Answers are kept, so that a name is asked once. `server`: a resolver's address and port, else this machine's own."""

    def __init__(self, server: tuple[str, int] | None = None, seconds: float = _SECONDS) -> None:
        self._resolver = dns.resolver.Resolver(configure=server is None)
        if server is not None:
            self._resolver.nameservers, self._resolver.port = [server[0]], server[1]
        self._resolver.lifetime = seconds
        self._resolver.timeout = seconds / 2
        self._kept: dict[tuple[str, str], list[Any]] = {}

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, the strings of each joined (RFC 7208 section 3.3). Raises Silent."""
        return [b"".join(data.strings).decode("ascii", "replace") for data in self._ask(name, "TXT")]

    def addresses(self, name: str) -> list[str]:
        """IPv4 and IPv6. Raises Silent."""
        return [data.address for kind in ("A", "AAAA") for data in self._ask(name, kind)]

    def mail_servers(self, name: str) -> list[str]:
        """Hosts of MX, first preferred; "" for the null MX (RFC 7505). Raises Silent."""
        found = sorted(self._ask(name, "MX"), key=lambda data: data.preference)
        return [data.exchange.to_text(omit_final_dot=True).strip(".").lower() for data in found]

    def names_of(self, address: str) -> list[str]:
        """What PTR says. Raises Silent."""
        reverse = dns.reversename.from_address(address).to_text()
        return [data.target.to_text(omit_final_dot=True).lower() for data in self._ask(reverse, "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        """The records; none where the name or the kind is not there."""
        key = (name.lower().rstrip("."), kind)
        if key not in self._kept:
            self._kept[key] = self._fetched(*key)
        return self._kept[key]

    def _fetched(self, name: str, kind: str) -> list[Any]:
        try:
            answer: Iterable[Any] = self._resolver.resolve(name + ".", kind, raise_on_no_answer=False, search=False)
            return list(answer)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.NoNameservers as error:
            raise Silent(f"the DNS answers '{name}' with an error (SERVFAIL)") from error
        except dns.exception.Timeout as error:
            raise Silent(f"the DNS does not answer '{name}' in time") from error
        except dns.exception.DNSException as error:
            raise Silent(f"'{name}' cannot be asked for: {type(error).__name__}") from error
        except OSError as error:
            raise Silent(f"the resolver cannot be reached: {error.strerror or error}") from error


def is_address(text: str) -> bool:
    """Whether this is an address and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def tags_of(record: str) -> dict[str, str]:
    """A record of tags (RFC 6376 section 3.2): 'v=DKIM1; k=rsa; p=...'. Of a tag that is there twice, the first."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found
