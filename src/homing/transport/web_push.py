"""What a push service is sent: a payload that only the browser can read (RFC 8291), and who we are (VAPID, RFC 8292)."""

import base64
import json
import secrets
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MOST_BYTES = 3_800  # of a payload: services take 4,096 with what encryption adds
_RECORD = 4_096
_CURVE = ec.SECP256R1()
_VALID_S = 12 * 3600  # RFC 8292 allows 24 hours


def encrypt(
    payload: bytes, p256dh: bytes, auth: bytes, *, private: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b""
) -> bytes:
    """The body of a push in aes128gcm. `p256dh`, `auth`: the browser's; `private`, `salt`: for the RFC's own example only.

    Raises ValueError for keys that are none.
    """
    if len(auth) != 16:
        raise ValueError("the secret of a subscription has 16 bytes")
    own = private or ec.generate_private_key(_CURVE)
    mark = salt or secrets.token_bytes(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, p256dh)
    ours = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), theirs)
    key = _derived(shared, auth, b"WebPush: info\0" + p256dh + ours, 32)
    cipher = AESGCM(_derived(key, mark, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _derived(key, mark, b"Content-Encoding: nonce\0", 12)
    head = mark + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + cipher.encrypt(nonce, payload + b"\x02", None)


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(key)


def authorization(endpoint: str, private: ec.EllipticCurvePrivateKey, subject: str, now_s: int) -> str:
    """The header that names us to the push service of `endpoint`. `subject`: mailto: or https:, whom it may ask."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now_s + _VALID_S, "sub": subject}
    text = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    r, s = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = to_text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={text}.{signature}, k={public_text(private)}"


def public_text(private: ec.EllipticCurvePrivateKey) -> str:
    """The public half as browsers want it: 65 bytes in base64url."""
    return to_text(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def is_point(p256dh: bytes) -> bool:
    """Whether these bytes are a public key of a browser."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, p256dh)
    except ValueError:
        return False
    return True


def to_text(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """Back from base64url. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(value: dict[str, object]) -> str:
    return to_text(json.dumps(value, separators=(",", ":")).encode())
