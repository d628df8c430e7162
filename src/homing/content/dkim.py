"""Signs messages (RFC 6376; Ed25519: RFC 8463): relaxed headers, simple body, which ours already is in canonical form.

The h= list names From twice, so that no second From can be put in front of a signed one. No l=, no x=.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

_SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"),
)
_FIELD = re.compile(r"([!-9;-~]+):([^\r]*(?:\r\n[ \t][^\r]*)*)\r\n")
_BLANKS = re.compile(r"(?:\r\n)?[ \t]+")
_NARROW = re.compile(r"  |[\r\t]")  # what is not in relaxed form already, but at its ends
_WIDTH = 70
_PADDING, _HASH = PKCS1v15(), Prehashed(SHA256())


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key for signing (PKCS #8, DER) and the name under which its public half stands in the DNS."""

    domain: str
    selector: str
    private: bytes

    @property
    def record_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


class Signer:
    """Signs with one key. The library lets go of the GIL while it does."""

    def __init__(self, key: DkimKey) -> None:
        loaded = load_der_private_key(key.private, password=None)
        if not isinstance(loaded, RSAPrivateKey | Ed25519PrivateKey):
            raise TypeError("a DKIM key is RSA or Ed25519")
        self._key = loaded
        algorithm = "rsa-sha256" if isinstance(loaded, RSAPrivateKey) else "ed25519-sha256"
        self.start = f"v=1; a={algorithm}; c=relaxed/simple; d={key.domain}; s={key.selector};"

    def header(self, message: bytes, now_ms: int) -> bytes:
        """The DKIM-Signature field of a whole message, with its CRLF, to stand in front of it.

        `message`: CRLF lines, ends with one. `now_ms`: wall time for t=.
        """
        fields = signed_fields(message.partition(b"\r\n\r\n")[0].decode() + "\r\n")
        return Plan(self, {}, tuple(fields)).header(fields, body_hash(message), now_ms)

    def sign(self, digest: bytes) -> str:
        """Of a SHA-256, in base64. For both algorithms it is the hash that is signed (RFC 8463 section 3)."""
        if isinstance(self._key, RSAPrivateKey):
            return base64.b64encode(self._key.sign(digest, _PADDING, _HASH)).decode()
        return base64.b64encode(self._key.sign(digest)).decode()


class Plan:
    """What is alike in all messages of a letter, hashed once; used by several threads at once.

    `fixed`: fields by name, in relaxed form; `varied`: names of those that come with each message.
    """

    def __init__(self, signer: Signer, fixed: Mapping[str, str], varied: Sequence[str]) -> None:
        self._signer = signer
        self._fixed = hashlib.sha256(told(fixed))
        listed = _folded(":".join(["from", *fixed, *varied]), ":")
        # t= and bh= are all that varies; here stand marks, so that what is around is brought into relaxed form once.
        self._value = f" {signer.start} t=\1;\r\n h={listed};\r\n bh=\1;\r\n b="
        self._shown = self._value.split("\1")
        self._relaxed = f"dkim-signature:{_relaxed(self._value)}".split("\1")

    def header(self, fields: Mapping[str, str], digest: str, now_ms: int) -> bytes:
        """The DKIM-Signature field with its CRLF. `fields`: the varied ones, in the order of the plan; `digest`: body_hash."""
        # The second From of h= is one that is not there (RFC 6376 section 5.4.2): it signs as nothing.
        whole, second = self._fixed.copy(), str(now_ms // 1000)
        start, middle, end = self._relaxed
        whole.update(told(fields))
        whole.update(f"{start}{second}{middle}{digest}{end}".encode())
        signature = self._signer.sign(whole.digest())
        b = "\r\n ".join(signature[at : at + _WIDTH] for at in range(0, len(signature), _WIDTH))
        start, middle, end = self._shown
        return f"DKIM-Signature:{start}{second}{middle}{digest}{end}{b}\r\n".encode()


def told(fields: Mapping[str, str]) -> bytes:
    """Fields in relaxed form as they are hashed."""
    return "".join(f"{name}:{value}\r\n" for name, value in fields.items()).encode()


def signed_fields(head: str) -> dict[str, str]:
    """Those header fields that a signature covers, in relaxed form, in the order of h=. `head`: lines that end in CRLF."""
    fields = {name.lower(): value for name, value in _FIELD.findall(head)}
    return {name: _relaxed(fields[name]) for name in _SIGNED if name in fields}


def body_hash(message: bytes) -> str:
    """bh= of a whole message."""
    at = message.find(b"\r\n\r\n") + 4
    if message.endswith(b"\r\n\r\n") or at >= len(message):
        return base64.b64encode(hashlib.sha256(_simple(message[at:])).digest()).decode()
    return base64.b64encode(hashlib.sha256(memoryview(message)[at:]).digest()).decode()


def _relaxed(value: str) -> str:
    """A field's value in relaxed form (section 3.4.2): unfolded, blanks as one, none at its ends."""
    return (_BLANKS.sub(" ", value) if _NARROW.search(value) else value).strip(" ")


def _simple(body: bytes) -> bytes:
    """A body in simple form (section 3.4.3): no empty lines at its end, and one CRLF."""
    return body.rstrip(b"\r\n") + b"\r\n" if body.endswith(b"\r\n\r\n") or not body else body


def _folded(text: str, at: str) -> str:
    """A list broken behind its separators so that no line is longer than a header's ought to be."""
    lines, line = [], ""
    for part in text.split(at):
        if line and len(line) + len(part) > _WIDTH:
            lines.append(line)
            line = ""
        line += f"{part}{at}"
    return "\r\n ".join([*lines, line])[: -len(at)]
