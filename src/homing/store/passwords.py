"""Passwords: argon2id (RFC 9106), two at a time at most, so that guessing cannot eat the memory."""

import hashlib
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from homing.model.intent import wrong

SHORTEST, LONGEST = 12, 128
_AT_ONCE = threading.BoundedSemaphore(2)
_HASHER = PasswordHasher()  # 64 MiB, 3 passes
_RUNS = ("0123456789012345", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm")
_COMMON = ("password", "passwort", "homing", "welcome", "letmein", "iloveyou", "admin", "monkey", "dragon", "football")


def check_new(password: str, *, email: str = "") -> str:
    """A password that may be chosen: long enough and not the first that a guesser tries. Raises Invalid."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise wrong(
            "/password", f"a password has {SHORTEST} to {LONGEST} characters; a few random words make a good one"
        )
    low = password.lower()
    own = [part for part in (email.lower(), email.lower().partition("@")[0]) if len(part) >= 4]
    rest = low
    for word in (*_COMMON, *own):
        rest = rest.replace(word, "")
    if len(set(low)) < 5 or len(rest.strip("0123456789!?.-_ ")) < 4 or _is_run(low):
        raise wrong("/password", "this password is among the first that are tried; take another")
    return password


def _is_run(low: str) -> bool:
    """Whether it is a piece of the alphabet, of the digits or of a keyboard's rows, forwards or backwards."""
    return any(low in run * 2 or low in run[::-1] * 2 for run in _RUNS)


def make_hash(password: str) -> str:
    """The hash to keep, with its own salt and costs."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the password. As slow for an account without one as for any other."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _NOBODY, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether it was made with lower costs than today's: then it is made again at the next login."""
    return _HASHER.check_needs_rehash(kept)


def digest(secret: str) -> str:
    """Of a random secret, which needs no slow hash: SHA-256, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """256 random bits, as text for a cookie or a link."""
    return secrets.token_urlsafe(32)


_NOBODY = _HASHER.hash(secrets.token_urlsafe(32))
