"""Passwords: argon2id (RFC 9106), two at a time at most, so that guessing cannot eat the memory."""

import functools
import hashlib
import secrets
import threading
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from homing.model.intent import wrong

SHORTEST, LONGEST = 12, 128
_AT_ONCE = threading.BoundedSemaphore(2)
_HASHER = PasswordHasher()  # 64 MiB, 3 passes
_RUNS = ("0123456789012345", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm")
_OURS = ("passwort", "homing", "admin")
_AROUND = "0123456789!?.,-_*#+$@ "


def check_new(password: str, *, email: str = "") -> str:
    """A password that may be chosen: long enough and not the first that a guesser tries. Raises Invalid."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise wrong(
            "/password", f"a password has {SHORTEST} to {LONGEST} characters; a few random words make a good one"
        )
    low = password.lower()
    own = [part for part in (email.lower(), email.lower().partition("@")[0]) if len(part) >= 4]
    rest = low
    for word in (*_OURS, "password", *own):
        rest = rest.replace(word, "")
    if len(set(low)) < 5 or len(rest.strip(_AROUND)) < 4 or _is_run(low) or _is_common(low):
        raise wrong("/password", "this password is among the first that are tried; take another")
    return password


def _is_common(low: str) -> bool:
    """Whether it, or what stands between its digits and signs, is among the frequent ones, once or again and again."""
    words, core = _common(), low.strip(_AROUND)
    parts = (core[:size] for size in range(4, len(core) // 2 + 1) if core[:size] * (len(core) // size) == core)
    return low in words or core in words or any(part in words for part in parts)


@functools.cache
def _common() -> frozenset[str]:
    text = resources.files("homing.store").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


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
