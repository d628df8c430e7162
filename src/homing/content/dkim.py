"""Signs messages (RFC 6376; Ed25519: RFC 8463): relaxed headers, simple body, which ours already is in canonical form.

The h= list names From twice, so that no second From can be put in front of a signed one. No l=, no x=.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

_SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"),
)
_FIELD = re.compile(r"([!-9;-~]+):((?:[^\r]|\r\n[ \t])*)\r\n")
_BLANKS = re.compile(r"(?:\r\n)?[ \t]+")
_WIDTH = 70
_PADDING, _HASH = PKCS1v15(), SHA256()


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
        self._start = f"v=1; a={algorithm}; c=relaxed/simple; d={key.domain}; s={key.selector};"

    def header(self, message: bytes, now_ms: int) -> bytes:
        """The DKIM-Signature field of a whole message, with its CRLF, to stand in front of it.

        `message`: CRLF lines, ends with one. `now_ms`: wall time for t=.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        fields = {name.lower(): value for name, value in _FIELD.findall(f"{head.decode()}\r\n")}
        present = [name for name in _SIGNED if name in fields]
        digest = base64.b64encode(hashlib.sha256(_simple(body)).digest()).decode()
        listed = _folded(":".join(["from", *present]), ":")
        value = f" {self._start} t={now_ms // 1000};\r\n h={listed};\r\n bh={digest};\r\n b="
        told = "".join(f"{name}:{_relaxed(fields[name])}\r\n" for name in present)
        # The second From of h= is one that is not there (RFC 6376 section 5.4.2): it signs as nothing.
        signature = self._sign(f"{told}dkim-signature:{_relaxed(value)}".encode())
        b = "\r\n ".join(signature[at : at + _WIDTH] for at in range(0, len(signature), _WIDTH))
        return f"DKIM-Signature:{value}{b}\r\n".encode()

    def _sign(self, told: bytes) -> str:
        if isinstance(self._key, RSAPrivateKey):
            return base64.b64encode(self._key.sign(told, _PADDING, _HASH)).decode()
        return base64.b64encode(self._key.sign(hashlib.sha256(told).digest())).decode()


def _relaxed(value: str) -> str:
    """A field's value in relaxed form (section 3.4.2): unfolded, blanks as one, none at its ends."""
    return _BLANKS.sub(" ", value).strip(" ")


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
