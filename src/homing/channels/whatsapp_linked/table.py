"""What the client library's words about a send mean: one table, matched from the top, by the beginning of the text.

Held to the pinned library by tests/channels/test_linked_evidence.py: words change with versions.
"""

from typing import Any

from homing.model.outcome import Accepted, Blame, NotSent, Outcome, Refused, Trouble, Unclear, Words, clean_words

REACH_OUT_LOCK = 463
"""The server takes no message to strangers from this number for a time; every further try makes that longer."""
RESTRICTED_FOR = 24 * 3600.0

ERROR_WORDS: tuple[tuple[str, str, str], ...] = (
    # beginning of the library's text, outcome, error of the protocol
    ("no LID found for", "refused", "not_on_whatsapp"),
    ("failed to get user info", "not_sent", "lookup_failed"),
    ("failed to get device list", "not_sent", "lookup_failed"),
    ("websocket not connected", "not_sent", "not_connected"),
    ("failed to send message node: websocket not connected", "not_sent", "not_connected"),
    ("failed to dial", "not_sent", "no_network"),
    ("the store doesn't contain a device JID", "not_sent", "device_gone"),
    ("server returned error", "refused", "refused"),
    ("websocket disconnected before message send", "unclear", "ack_lost"),
    ("timed out waiting for message send response", "unclear", "ack_timeout"),
)


def judge_text(text: str) -> tuple[str, str, str]:
    """(outcome, error, code) of a send that raised with this text. What nobody expected is unclear."""
    for beginning, outcome, error in ERROR_WORDS:
        if text.startswith(beginning):
            code = text.rpartition(" ")[2] if error == "refused" else ""
            return outcome, error, code
    return "unclear", "internal", ""


def outcome_of(told: dict[str, Any]) -> Outcome:
    """The Outcome of a `done` of `send`: {"outcome", "message_id"?, "error"?, "code"?, "detail"?}."""
    error = str(told.get("error") or "internal")
    words = Words("frame", str(told.get("code") or ""), clean_words(str(told.get("detail") or "")))
    match told.get("outcome"):
        case "accepted":
            return Accepted(str(told.get("message_id") or "") or None)
        case "refused" if words.code == str(REACH_OUT_LOCK):
            return restriction(RESTRICTED_FOR, words)
        case "refused" if error == "not_on_whatsapp":
            return Refused("not_on_whatsapp", words, suppress=False, retryable=False)
        case "refused":
            return Refused("refused", words)
        case "not_sent" if error in ("media_unreadable", "bad_payload"):
            return Refused("content", words, campaign_fault=True)
        case "not_sent":
            trouble = Trouble.CONNECT if error in ("no_network", "not_connected") else Trouble.PROVIDER
            return NotSent(error, Blame.SENDER, words, trouble)
        case _:
            return Unclear(error, words)


def restriction(seconds: float, words: Words) -> NotSent:
    """WhatsApp takes nothing to strangers from this number for so long: nobody is asked again before."""
    return NotSent("restricted", Blame.SENDER, words, Trouble.LIMIT, seconds)
