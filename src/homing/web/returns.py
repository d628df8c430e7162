"""What an address that mail came back to says, and what is made of that mail: evidence about an attempt, or a leave.

Nothing is believed but our own MAC: that of the address (VERP, the `mailto:` way out), or, where a mail came to a mailbox without
one, that of the link in the message which the report gives back.
"""

from collections.abc import Callable, Sequence

from homing.content.links import Bounce, Claim, Links, Page, read, read_bounce
from homing.model.receipt import Mark
from homing.store.addressees import Addressees
from homing.store.receipts import Receipts


class Returns:
    """`links`: asked for each address. Blocks."""

    def __init__(self, addressees: Addressees, receipts: Receipts, links: Callable[[], Links]) -> None:
        self._addressees = addressees
        self._receipts = receipts
        self._links = links

    def known(self, address: str) -> tuple[Bounce | Claim, str] | None:
        """What an address of ours says, and its campaign's uid; None for a stranger's."""
        local = address.rpartition("@")[0].strip('"<')
        bounce = read_bounce(local)
        if bounce is not None:
            uid = self._addressees.uid_of(bounce.campaign_id)
            return (bounce, uid) if uid is not None and self._links().fits_bounce(bounce, uid) else None
        return self._way_out(local[2:]) if local[:2].lower() == "u+" else None

    def ours(self, address: str) -> bool:
        """Whether mail to this address is for us."""
        return self.known(address) is not None

    def take(self, address: str, raw: bytes) -> None:
        """Keeps a mail that came to an address of ours; one to a way out leaves."""
        match self.known(address):
            case (Bounce() as bounce, uid):
                workspace_id = self._addressees.workspace_of(bounce.campaign_id)
                if workspace_id is not None:
                    self._receipts.keep(workspace_id, "mail", raw, mark=Mark(uid, bounce.seq, bounce.attempt))
            case (Claim() as claim, _):
                self._leave(claim)
            case _:
                pass

    def mark_of(self, addresses: Sequence[str], token: Callable[[], str | None], workspace_id: int) -> Mark | None:
        """Which attempt of this workspace a mail in a mailbox speaks of. `token`: of the link in what it gives back, when the
        addresses say nothing. One to a way out leaves, and is no evidence of an attempt."""
        for address in addresses:
            match self.known(address):
                case (Bounce() as bounce, uid):
                    mine = self._addressees.workspace_of(bounce.campaign_id) == workspace_id
                    return Mark(uid, bounce.seq, bounce.attempt) if mine else None
                case (Claim() as claim, _):
                    if self._addressees.workspace_of(claim.campaign_id) == workspace_id:
                        self._leave(claim)
                    return None
                case None:
                    pass
        found = self._way_out(token() or "")
        if found is None or self._addressees.workspace_of(found[0].campaign_id) != workspace_id:
            return None
        attempt = self._receipts.newest(found[0].campaign_id, found[0].seq)
        return Mark(found[1], found[0].seq, attempt) if attempt is not None else None

    def _way_out(self, token: str) -> tuple[Claim, str] | None:
        claim = read(token)
        uid = self._addressees.uid_of(claim.campaign_id) if claim is not None else None
        if claim is None or uid is None or not self._links().fits(claim, Page.UNSUBSCRIBE, uid):
            return None
        return claim, uid

    def _leave(self, claim: Claim) -> None:
        who = self._addressees.find(claim.campaign_id, claim.seq)
        if who is not None:
            self._addressees.leave(who, "mail")
