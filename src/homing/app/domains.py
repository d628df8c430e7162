"""What the installation knows about a domain, laid beside what the DNS says."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from homing.model.errors import Invalid
from homing.model.finding import Finding

if TYPE_CHECKING:
    from homing.app import House


def look_at_domain(
    house: "House", name: str, *, selectors: Sequence[str] = (), addresses: Sequence[str] = ()
) -> Iterator[Finding]:
    """Every check of a domain of From, as the DNS answers. `selectors`: of DKIM keys that are not ours.
    `addresses`: of the own relay. Raises Invalid."""
    from homing.content.sender_line import split_mailbox
    from homing.domain.dkim import Key
    from homing.domain.look import Asked, Relay, look
    from homing.domain.names import Names, is_address
    from homing.settings import resolver_of
    from homing.store.dkim_keys import DkimKeys
    from homing.store.receipt_options import domain as domain_of

    domain = domain_of(name)
    wrong = next((each for each in addresses if not is_address(each)), None)
    if wrong is not None:
        raise Invalid(f"--address: '{wrong}' is no address; write it as 192.0.2.7")
    keys = [
        Key(key.selector, key.record)
        for key in DkimKeys(house.database).list(house.workspace.id)
        if key.domain == domain
    ]
    bounce_domains, relays = [], []
    for sender in house.senders.list(house.workspace.id):
        options = sender.options
        from_ = str(options.get("from") or "")
        if not from_ or split_mailbox(from_)[1].rpartition("@")[2].lower() != domain:
            continue
        if options.get("bounce_domain"):
            bounce_domains.append(str(options["bounce_domain"]))
        access = house.senders.open(sender.id).access
        if access is not None:
            relays.append(Relay(sender.name, access.host, access.tls))
    server = resolver_of(house.settings.resolver) if house.settings.resolver is not None else None
    asked = Asked(
        domain,
        [*keys, *(Key(each) for each in selectors if each not in {key.selector for key in keys})],
        list(dict.fromkeys(bounce_domains)),
        relays,
        addresses,
        house.settings.public_url,
    )
    return look(Names(server), asked)
