"""Wall time as people and programs read it."""

from datetime import UTC, datetime


def rfc3339(millis: int | None) -> str | None:
    """Wall milliseconds as RFC 3339 in UTC; None stays None."""
    if millis is None:
        return None
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
