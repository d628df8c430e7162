"""What of how a device stands outlasts its process and its worker: bans, restrictions, who unlinked it, when it is dialled."""

from dataclasses import replace

from homing.model.device import Reason, Standing, Status

HERE, MISSING = "here", "missing"
"""Codes of a device that is not linked, beside the server's: a person logged it out; its session is gone from this disk."""
_RETRY_FAILED = 300.0
_RETRYABLE = frozenset({"400", "409", "501"})


def gone(code: str) -> Standing:
    return Standing(Status.DISCONNECTED, Reason.LOGGED_OUT, code=code)


def without_session(told: Standing, *, was_linked: bool) -> Standing:
    """How a device stands that is begun with and has no session. `told`: by whoever ran it before; `was_linked`: as the ledger
    has it, and only then the session is missed."""
    if was_linked:
        return gone(MISSING)
    if told.status is Status.QR_PENDING:  # whoever showed its codes is gone, and they with him
        return Standing(Status.QR_PENDING, Reason.QR_EXPIRED)
    return told if told.status is Status.DISCONNECTED else gone(MISSING)


def is_kept(told: Standing, now: int) -> bool:
    """Whether a start changes nothing: a ban lasts (a knock before its end may make it longer), or another process took the
    device over, and only a person takes it back."""
    if told.status is not Status.DISCONNECTED:
        return False
    return told.reason is Reason.REPLACED or (
        told.reason is Reason.TEMP_BANNED and told.until is not None and told.until > now
    )


def dialled_in(told: Standing, now: int, scale: float) -> float | None:
    """Seconds until one that stands still is dialled by itself: after a ban, or once more after some refusals. None: never."""
    if told.reason is Reason.TEMP_BANNED and told.until is not None:
        return max(0.0, (told.until - now) / 1000) + 1.0
    if told.reason is Reason.FAILED and told.code in _RETRYABLE:
        return _RETRY_FAILED * scale
    return None


def restricted_until(told: Standing) -> int | None:
    """Until when WhatsApp takes nothing to strangers: whatever the line does meanwhile, it is kept beside the standing."""
    return None if told.reason in (Reason.TEMP_BANNED, Reason.LOGGED_OUT) else told.until


def with_restriction(standing: Standing, until: int | None, now: int) -> Standing:
    """The standing as it is told while such a restriction lasts."""
    if until is None or until <= now or standing.until is not None or standing.reason is Reason.LOGGED_OUT:
        return standing
    if standing.up:
        return replace(standing, reason=Reason.RESTRICTED, until=until)
    return replace(standing, until=until)
