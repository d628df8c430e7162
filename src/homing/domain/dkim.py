"""DKIM keys in the DNS (RFC 6376 section 3.6.1, RFC 8301): that they are there, strong enough, and ours."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from homing.domain.names import Names, tags_of
from homing.model.finding import FAIL, OK, WARN, Finding

STRONG, WEAK = 2048, 1024
"""Bits of RSA: from here on receivers are content; below it they take no signature."""


@dataclass(frozen=True, slots=True)
class Key:
    """`record`: what has to stand in the DNS; "" for a key of somebody else, of which only the selector is known."""

    selector: str
    record: str = ""


def look(names: Names, domain: str, keys: Sequence[Key]) -> Iterator[Finding]:
    """Each key of a domain. Raises Silent."""
    if not keys:
        yield Finding(
            "dkim",
            WARN,
            f"no key here signs for {domain}; whether your relay or provider does cannot be seen from here",
            f"`homing dkim add {domain}`, or name the provider's selector with --selector",
        )
    for key in keys:
        yield _one(names, f"{key.selector}._domainkey.{domain}", key.record)


def _one(names: Names, name: str, wanted: str) -> Finding:
    found = [text for text in names.texts(name) if "p=" in text]
    paste = f"paste into the DNS: {name} TXT {wanted}" if wanted else "ask the provider for the record"
    if not found:
        return Finding("dkim", FAIL, f"{name} is not in the DNS: signatures cannot be verified", paste)
    if len(found) > 1:
        return Finding("dkim", FAIL, f"{name} has {len(found)} keys", "keep one")
    tags = tags_of(found[0])
    public = "".join(tags.get("p", "").split())
    if not public:
        return Finding("dkim", FAIL, f"{name} says that its key is revoked", paste)
    if wanted and public != tags_of(wanted)["p"]:
        return Finding("dkim", FAIL, f"{name} holds another key than the one that signs here", paste)
    bits = _bits(public) if tags.get("k", "rsa") == "rsa" else STRONG
    if bits < WEAK:
        return Finding("dkim", FAIL, f"{name} holds no key that receivers take", paste)
    if bits < STRONG:
        return Finding(
            "dkim", WARN, f"the key at {name} has {bits} bits", f"make a new one: {STRONG} bits are asked for"
        )
    if "y" in tags.get("t", "").split(":"):
        return Finding("dkim", WARN, f"{name} says t=y: it is only tested", "take t=y out")
    return Finding("dkim", OK, f"{name} holds {'our key' if wanted else 'a key'}")


def _bits(public: str) -> int:
    try:
        key = load_der_public_key(base64.b64decode(public, validate=True))
    except (ValueError, binascii.Error):
        return 0
    return key.key_size if isinstance(key, RSAPublicKey) else 0
