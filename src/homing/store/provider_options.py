"""What a sender is told about the provider that it speaks to by HTTP: checked here, read by its channel."""

import re
from typing import Any
from urllib.parse import urlsplit

from homing.model.errors import Invalid
from homing.model.loopback import is_loopback


def line(value: Any) -> str:
    """One line that can be printed. Raises Invalid."""
    text = str(value).strip()
    if not text or not text.isprintable():
        raise Invalid("give one line of text")
    return text


def url(value: Any) -> str:
    """An address of one's own; without TLS only where nothing leaves the machine."""
    text = line(value)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Invalid(f"'{text}' is no address; write https://HOST or https://HOST:PORT/PATH")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Invalid("give https: without it the key and the mail could be read on their way")
    return text.rstrip("/")


def on_5xx(value: Any) -> str:
    """What a 5xx of this provider means. Raises Invalid."""
    if value not in ("unclear", "not-sent"):
        raise Invalid(f"'{value}' is neither unclear nor not-sent")
    return str(value)


def region(value: Any) -> str:
    """A region of AWS. Raises Invalid."""
    text = str(value).strip()
    if not re.fullmatch(r"[a-z]{2,}(-[a-z0-9]+){1,4}", text):
        raise Invalid(f"'{text}' is no region; write one like eu-west-1")
    return text
