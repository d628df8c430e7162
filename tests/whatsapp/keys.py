"""Keys of the loopback WhatsApp server: Curve25519, XEdDSA signatures, the Noise handshake, and a throw-away TLS authority."""

import datetime as dt
import hashlib
import os
import ssl
import struct
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID

HOST = "web.whatsapp.com"
NOISE_NAME = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
KeyPair = tuple[bytes, bytes]  # (private, public)


def keypair() -> KeyPair:
    key = X25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def shared(private: bytes, public: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))


def hkdf(secret: bytes, salt: bytes, info: bytes = b"", length: int = 64) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


# ---- XEdDSA (signal.org/docs/specifications/xeddsa): an Ed25519 signature (RFC 8032) by a Curve25519 key

_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_BASE_Y = 4 * pow(5, -1, _P) % _P
Point = tuple[int, int, int, int]  # extended coordinates


def _recover_x(y: int) -> int:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    return _P - x if x & 1 else x


_BASE_X = _recover_x(_BASE_Y)
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int) -> Point:
    result, step = (0, 1, 1, 0), _BASE
    while scalar:
        if scalar & 1:
            result = _add(result, step)
        step = _add(step, step)
        scalar >>= 1
    return result


def _pack(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def sign(private: bytes, message: bytes) -> bytes:
    """64 bytes that the Curve25519 public key of `private` verifies."""
    clamped = bytearray(private)
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    scalar = int.from_bytes(clamped, "little") % _Q
    public = _pack(_times(scalar))
    if public[31] & 128:
        scalar = _Q - scalar
        public = _pack(_times(scalar))
    secret = scalar.to_bytes(32, "little")
    nonce = hashlib.sha512(b"\xfe" + b"\xff" * 31 + secret + message + os.urandom(64)).digest()
    r = int.from_bytes(nonce, "little") % _Q
    commitment = _pack(_times(r))
    challenge = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little")
    return commitment + ((r + challenge * scalar) % _Q).to_bytes(32, "little")


# ---- Noise


class Noise:
    """The responder's state of Noise XX: hash, chaining key and cipher, then one key for each direction."""

    def __init__(self) -> None:
        self.hash = self.chain = NOISE_NAME
        self.key = b""
        self.counter = 0
        self._read_key = self._write_key = b""
        self._reads = self._writes = 0

    def mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        out = hkdf(secret, self.chain)
        self.chain, self.key = out[:32], out[32:]
        self.counter = 0

    def seal(self, data: bytes) -> bytes:
        sealed = AESGCM(self.key).encrypt(_nonce(self.counter), data, self.hash)
        self.counter += 1
        self.mix_hash(sealed)
        return sealed

    def open(self, sealed: bytes) -> bytes:
        data = AESGCM(self.key).decrypt(_nonce(self.counter), sealed, self.hash)
        self.counter += 1
        self.mix_hash(sealed)
        return data

    def split(self) -> None:
        out = hkdf(b"", self.chain)
        self._read_key, self._write_key = out[:32], out[32:]

    def read(self, frame: bytes) -> bytes:
        self._reads += 1
        return AESGCM(self._read_key).decrypt(_nonce(self._reads - 1), frame, None)

    def write(self, data: bytes) -> bytes:
        self._writes += 1
        return AESGCM(self._write_key).encrypt(_nonce(self._writes - 1), data, None)


def _nonce(counter: int) -> bytes:
    return b"\0" * 8 + struct.pack(">I", counter)


# ---- TLS


def write_tls(folder: Path) -> ssl.SSLContext:
    """Makes an authority and a leaf for every host that a client asks for; writes `ca.pem`, gives the server's context."""
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    ca_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(name: str, key: ec.EllipticCurvePrivateKey, serial: int, extension: Any, critical: bool) -> Any:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")]))
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(now - day)
            .not_valid_after(now + 30 * day)
            .add_extension(extension, critical=critical)
            .sign(ca_key, hashes.SHA256())
        )

    hosts = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("media.whatsapp.net")])
    ca = certificate("loopback", ca_key, 1, x509.BasicConstraints(ca=True, path_length=None), critical=True)
    leaf = certificate(HOST, leaf_key, 2, hosts, critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    private = leaf_key.private_bytes(pem, plain, serialization.NoEncryption())
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    return context
