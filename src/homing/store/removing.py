"""Removes a contact for good: the person's row and every copy of it goes, the accounts of what was sent to them stay.

What stays: deliveries with the address that was written to (the balance sheet of a campaign must close for ever), suppressions
and the proof of a sign-up (both protect the person), and that somebody removed the contact, by its id alone.
"""

from sqlalchemy import delete, or_, select, update

from homing.model.errors import NotFound
from homing.model.ids import ContactId, WorkspaceId
from homing.store import audit_log
from homing.store.database import Database
from homing.store.import_tables import contact_merged, import_, import_before, import_conflict
from homing.store.tables import contact


class Removing:
    """Removals, each one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def remove(self, workspace_id: WorkspaceId, contact_id: ContactId, *, actor: str) -> None:
        """Removes a contact and its memberships; no undo of an import brings it back, and its id is never used again.

        Raises NotFound.
        """
        now = self._db.world.clock.now()
        ours = (contact.c.workspace_id == workspace_id, contact.c.id == contact_id)
        imports = select(import_.c.id).where(import_.c.workspace_id == workspace_id)
        of_import = (import_before.c.import_id.in_(imports), import_before.c.contact_id == contact_id)
        pairs = or_(import_conflict.c.contact_id == contact_id, import_conflict.c.other_contact == contact_id)
        merged = update(contact_merged).where(contact_merged.c.merged_into == contact_id)
        with self._db.write() as tx:
            uid = tx.execute(select(contact.c.uid).where(*ours)).scalar()
            if uid is None:
                raise NotFound("this contact does not exist here")
            tx.execute(delete(import_before).where(*of_import))
            tx.execute(delete(import_conflict).where(import_conflict.c.import_id.in_(imports), pairs))
            tx.execute(merged.values(before="{}"))
            tx.execute(delete(contact).where(*ours))
            audit_log.append(
                tx, workspace_id=workspace_id, at=now, actor=actor, act="contact.removed", subject=f"contact:{uid}"
            )
