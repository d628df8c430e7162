"""How mailboxes that bounces come back to are opened, and who says what of their mail is ours."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homing.app import House
    from homing.engine.collector import Collector, Letter, Read
    from homing.engine.scribe import Scribe
    from homing.model.ids import SenderId
    from homing.model.receipt import Mark
    from homing.model.sender import MailboxAccess


def collector_of(house: "House", scribe: "Scribe", every: float = 60.0) -> "Collector":
    """Who reads the mailboxes that bounces come back to."""
    from homing.engine.collector import Collector
    from homing.store.mailboxes import Mailboxes

    bag = MailBag(house)
    return Collector(scribe, Mailboxes(house.database), lambda id_: open_box(house, id_), bag, house.world.clock, every)


def open_box(house: "House", sender_id: "SenderId") -> "MailBox":
    """The mailbox of a sender. Raises what `Senders.open` raises."""
    from homing.store.receipt_options import mailbox_of

    options = house.senders.get(sender_id).options
    password = house.senders.credential(sender_id, "mailbox_password")
    return MailBox(str(options["mailbox"]), mailbox_of(str(options["mailbox"]), password, options.get("ca_file")))


class MailBox:
    """A Box: how the engine reads a mailbox by IMAP."""

    def __init__(self, name: str, access: "MailboxAccess") -> None:
        from homing.channels.smtp.mailbox import Mailbox

        self.name = name
        self._box = Mailbox(access)

    def read(self, place: tuple[int, int], ours: "Callable[[str], bool]", oldest_ms: int) -> "Read":
        from homing.channels.smtp.mailbox import Place
        from homing.engine.collector import Letter, Read

        looked = self._box.read(Place(*place), ours, oldest_ms)
        letters = [Letter(each.addresses, each.raw) for each in looked.found]
        return Read((looked.place.validity, looked.place.uid), letters, looked.more)

    def look(self) -> None:
        """Raises Unreachable."""
        self._box.look()

    def cut(self) -> None:
        self._box.cut()


class MailBag:
    """A Bag: what the links of this installation say of a mail."""

    def __init__(self, house: "House") -> None:
        from homing.store.addressees import Addressees
        from homing.store.receipts import Receipts
        from homing.web.returns import Returns

        self._returns = Returns(Addressees(house.database), Receipts(house.database), lambda: house.links)

    def ours(self, address: str) -> bool:
        return self._returns.ours(address)

    def mark_of(self, letter: "Letter", workspace_id: int) -> "Mark | None":
        from homing.channels.smtp.mailbox import token_of

        raw = letter.raw or b""
        return self._returns.mark_of(letter.addresses, lambda: token_of(raw), workspace_id)
