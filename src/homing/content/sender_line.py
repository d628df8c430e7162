"""Who a letter comes from: the From line taken apart, the envelope sender, and the Message-ID."""

import re

from homing.content import headers
from homing.content.failure import RenderError
from homing.model.errors import Fault, Invalid

_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<\s*(?P<bare>[^<>\s]+)\s*>\s*")


def split_mailbox(text: str, where: str = "from") -> tuple[str, str]:
    """'Name <a@b>' or 'a@b' as (name, address); the address with its domain as A-labels.

    Raises Invalid with pointer `/where`.
    """
    found = _NAMED.fullmatch(text)
    name, bare = (found["name"], found["bare"]) if found else ("", text.strip())
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    try:
        return headers.checked(name, where), headers.address(bare, where)
    except RenderError:
        detail = f"'{where}' is not an address; write Name <name@example.org> or name@example.org"
        raise Invalid(detail, faults=(Fault(f"/{where}", detail),), code="template") from None


def envelope_from(from_: str) -> str:
    """The envelope sender (MAIL FROM) of a From line: its bare address. Raises Invalid."""
    return split_mailbox(from_)[1]


def message_id(campaign_uid: str, seq: int, from_address: str) -> str:
    """The Message-ID of a delivery, the same for every attempt: `<UID.SEQ@domain of From>`. `from_address` may have a name."""
    return f"<{campaign_uid}.{seq}@{split_mailbox(from_address)[1].rpartition('@')[2]}>"
