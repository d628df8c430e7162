"""Pairing by a code that is typed on the phone: the phone's side, as the loopback server plays it.

companion_hello   the client's ephemeral key, sealed under its code (PBKDF2, AES-CTR) -> a ref
primary_hello     the phone has the code: its own ephemeral key, sealed likewise, and its identity, as a notification
companion_finish  the client's identity, the phone's and a random secret, sealed under both ephemeral keys (HKDF, AES-GCM)

After the last the phone knows the ADV secret, and signs the device as if it had scanned a QR code.
"""

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.whatsapp.keys import KeyPair, hkdf, keypair, shared
from tests.whatsapp.wabinary import SERVER, Jid, Node

ROUNDS = 2 << 16


class WrongCode(Exception):
    """What came does not open under the code that was typed."""


@dataclass
class Typing:
    """One pairing under way. `sealed`: the client's ephemeral key as it came."""

    phone: str
    sealed: bytes
    ref: bytes = field(default_factory=lambda: os.urandom(16))
    ephemeral: KeyPair = field(default_factory=keypair)
    theirs: bytes = b""

    def hello(self, code: str, identity: KeyPair) -> Node:
        """The phone's owner typed this code: what the client hears."""
        plain = code.replace("-", "").encode()
        self.theirs = _ctr(plain, self.sealed)
        salt, start = os.urandom(32), os.urandom(16)
        sealed = salt + start + _ctr(plain, salt + start + self.ephemeral[1])
        kids = [
            Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, sealed),
            Node("primary_identity_pub", {}, identity[1]),
            Node("link_code_pairing_ref", {}, self.ref),
        ]
        reg = Node("link_code_companion_reg", {"stage": "primary_hello"}, kids)
        attrs = {"from": Jid("@" + SERVER), "id": os.urandom(4).hex(), "type": "link_code_companion_reg", "t": 1}
        return Node("notification", attrs, [reg])

    def finish(self, told: Node, identity: KeyPair) -> tuple[bytes, bytes]:
        """The client's identity key and the ADV secret. Raises WrongCode."""
        sealed, theirs = (
            told.bytes_of("link_code_pairing_wrapped_key_bundle"),
            told.bytes_of("companion_identity_public"),
        )
        assert told.bytes_of("link_code_pairing_ref") == self.ref
        secret = shared(self.ephemeral[0], self.theirs)
        key = hkdf(secret, sealed[:32], b"link_code_pairing_key_bundle_encryption_key", 32)
        try:
            bundle = AESGCM(key).decrypt(sealed[32:44], sealed[44:], None)
        except InvalidTag as error:
            raise WrongCode from error
        assert bundle[:32] == theirs
        assert bundle[32:64] == identity[1], "the client answers the phone that it heard"
        return theirs, hkdf(secret + shared(identity[0], theirs) + bundle[64:], b"", b"adv_secret", 32)


def _ctr(code: bytes, sealed: bytes) -> bytes:
    """The 32 bytes behind a salt of 32 and a counter of 16; both ways."""
    key = hashlib.pbkdf2_hmac("sha256", code, sealed[:32], ROUNDS, 32)
    cipher = Cipher(algorithms.AES(key), modes.CTR(sealed[32:48])).encryptor()
    return cipher.update(sealed[48:80]) + cipher.finalize()
