"""What a device's child process and its supervisor say to each other: one JSON object a line, version 1.

    supervisor -> child   {"id": 7, "command": "send", ...}          one `done` or `error` with that id comes back
    child -> supervisor   {"id": 7, "done": {...}} | {"id": 7, "error": word, "detail": text}
                          {"event": "state", "n": 12, "t": wall ms, ...}   n counts from 1: a gap is a bug

Unknown fields are ignored, unknown commands answered with `bad_command`. Media travel as file paths. The child's standard
output and error are its log: libraries print.
"""

import json
from typing import Any, Final

VERSION: Final = 1
NEWS: Final = ".news-"
"""STORE.news-PID: what a child must not lose, a line each; read and removed by whoever runs the device next."""
KEPT: Final = frozenset({"receipt", "inbound"})
LINE_LIMIT: Final = 1024 * 1024  # bytes

# Seconds until the other side is given up; each expiry says what it means in homing.channels.whatsapp_linked.device.
READY_WITHIN: Final = 20.0
FIRST_CODE_WITHIN: Final = 15.0
CODES_WITHIN: Final = 160.0  # 60 + 5 x 20
LINKED_WITHIN: Final = 20.0  # from `paired` to `connected`
CONNECTED_WITHIN: Final = 20.0
SENT_WITHIN: Final = 90.0  # the library's own limit is 75
ANSWERED_WITHIN: Final = 10.0
PING_EVERY: Final = 10.0
RECYCLE_BYTES: Final = 300 * 1024 * 1024

STATES: Final = frozenset(
    {
        "connecting",
        "connected",
        "lost",
        "degraded",
        "replaced",
        "logged_out",
        "temp_banned",
        "restricted",
        "upgrade_required",
        "failed",
    }
)

ERRORS: Final = frozenset(
    {
        "not_connected",
        "not_on_whatsapp",
        "lookup_failed",
        "refused",
        "ack_timeout",
        "ack_lost",
        "device_gone",
        "busy",
        "bad_payload",
        "media_unreadable",
        "store_locked",
        "store_broken",
        "no_network",
        "upgrade_required",
        "pairing_refused",
        "pairing_expired",
        "pairing_passkey",
        "not_installed",
        "bad_command",
        "not_supported",
        "internal",
    }
)
"""Closed: what cannot be mapped is `internal` with its text, and of a send that outcome is unclear."""


def to_line(message: dict[str, Any]) -> bytes:
    """One line. Raises ValueError when it is longer than both sides agree on."""
    line = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    if len(line) > LINE_LIMIT:
        raise ValueError("a message of the protocol is longer than 1 MiB")
    return line


def from_line(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises ValueError when it is none."""
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("a message of the protocol is one JSON object")  # noqa: TRY004 - of the line, not of the type
    return found
