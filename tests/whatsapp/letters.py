"""A text from somebody to a linked device, encrypted as the Signal protocol has it: X3DH, then the first message of a session."""

import hashlib
import hmac
import os
import secrets
import time

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.whatsapp.keys import hkdf, keypair, shared
from tests.whatsapp.server import Device, Server
from tests.whatsapp.wabinary import Jid, Node, pb

_VERSION = b"\x33"


def letter_for(server: Server, device: Device, phone: str, text: str, message_id: str | None) -> tuple[str, Node]:
    """The stanza, and the key under which the device will confirm it. The device must have published its keys."""
    message_id = message_id or "3A" + secrets.token_hex(9).upper()
    pad = secrets.randbelow(15) + 1
    plain = pb((1, text.encode())) + bytes([pad]) * pad
    attrs = {
        "from": Jid(f"{server.lid(phone)}@lid"),
        "sender_pn": Jid(f"{phone}@s.whatsapp.net"),
        "addressing_mode": "lid",
        "id": message_id,
        "t": int(time.time()),
        "type": "text",
        "notify": phone,
    }
    sealed = Node("enc", {"v": "2", "type": "pkmsg"}, _first_message(server, device, plain))
    return f"message/{message_id}/", Node("message", attrs, [sealed])


def _first_message(server: Server, device: Device, plain: bytes) -> bytes:
    keys = server.identities[device]
    theirs, (signed_id, signed) = keys["identity"], keys["signed"]
    once = keys["once"].pop(0) if keys["once"] else None
    ours, base, ratchet = server.stranger, keypair(), keypair()
    secret = b"\xff" * 32
    agreed = [(ours[0], signed), (base[0], theirs), (base[0], signed)]
    for private, public in agreed + ([(base[0], once[1])] if once else []):
        secret += shared(private, public)
    root = hkdf(secret, b"\0" * 32, b"WhisperText", 64)[:32]
    chain = hkdf(shared(ratchet[0], signed), root, b"WhisperRatchet", 64)[32:]
    seed = hmac.new(chain, b"\x01", hashlib.sha256).digest()
    derived = hkdf(seed, b"\0" * 32, b"WhisperMessageKeys", 80)
    cipher, mac_key, iv = derived[:32], derived[32:64], derived[64:]
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(cipher), modes.CBC(iv)).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    inner = _VERSION + pb((1, b"\x05" + ratchet[1]), (2, 0), (3, 0), (4, sealed))
    mac = hmac.new(mac_key, b"\x05" + ours[1] + b"\x05" + theirs + inner, hashlib.sha256).digest()[:8]
    return _VERSION + pb(
        *([(1, once[0])] if once else []),
        (2, b"\x05" + base[1]),
        (3, b"\x05" + ours[1]),
        (4, inner + mac),
        (5, int.from_bytes(os.urandom(2), "big") & 0x3FFF),
        (6, signed_id),
    )
