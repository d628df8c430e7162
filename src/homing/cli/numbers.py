"""What WhatsApp tells of a number of the Cloud API, at the terminal."""

import asyncio
from typing import TYPE_CHECKING

from homing.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from homing.app import House
    from homing.model.approved import Account


def show(house: "House", which: str, *, refresh: bool, plain: bool) -> bool:
    """Prints it; whether WhatsApp was asked now and did not answer. Raises Conflict where it is no such number."""
    from homing.app import look_at_number
    from homing.model.approved import NO_ACCOUNT, as_json
    from homing.model.errors import Conflict
    from homing.model.sender import Kind
    from homing.store.cloud_accounts import CloudAccounts

    found = house.senders.find(house.workspace.id, which)
    if found.kind is not Kind.WHATSAPP_CLOUD:
        raise Conflict(f"'{found.name}' is no number of the Cloud API: WhatsApp tells nothing of it", code="no_account")
    known = asyncio.run(look_at_number(house, found.id)) if refresh else CloudAccounts(house.database).get(found.id)
    failed = refresh and known is not None and known.trouble is not None
    if plain:
        print_json(as_json(found.uid, known, asks=bool(found.options.get("waba_id"))))
        return failed
    if known is None:
        say(f"WhatsApp was not asked about '{found.name}' yet: a worker does each hour, --refresh does now")
        return failed
    if known.trouble is not None:
        say(f"WhatsApp did not answer: {known.trouble}")
    say(in_words(known))
    if known.templates is None:
        say(NO_ACCOUNT)
    else:
        heads = ["template", "language", "variables", "may be sent"]
        rows = [
            [
                each.name,
                each.language,
                " ".join(name for names in each.variables.values() for name in names),
                each.why_not or "yes",
            ]
            for each in known.templates
        ]
        print_table(heads, rows)
    return failed


def in_words(of: "Account") -> str:
    """The number in one line."""
    quality = f"quality {of.quality.lower()}" if of.quality else "quality not told"
    if of.reach is not None:
        return f"{of.phone} {of.verified_name}: {quality}, {of.reach} people in 24 hours".strip()
    limit = "no limit of people a day" if "UNLIMITED" in of.limit.upper() else "its limit was not told"
    return f"{of.phone} {of.verified_name}: {quality}, {limit}".strip()
