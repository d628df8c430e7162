"""Where this installation was last seen by people: the base of links in messages when no setting names one."""

from urllib.parse import urlsplit

from sqlalchemy import insert, select, update

from homing.store.database import Database
from homing.store.tables import meta

_NAME = "seen_at"


class Whereabouts:
    """One line in the table `meta`. Written when it changes, which is seldom."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def seen_at(self) -> str | None:
        """As https://mail.example.net, without a slash at the end; None when nobody has come by yet."""
        with self._db.read() as tx:
            return tx.execute(select(meta.c.value).where(meta.c.name == _NAME)).scalar()

    def note(self, url: str) -> None:
        """A person used the server at this address. Whoever asks must be known: it ends up in messages."""
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or self.seen_at() == (base := f"{parts.scheme}://{parts.netloc}")
        ):
            return
        with self._db.write() as tx:
            if not tx.execute(update(meta).where(meta.c.name == _NAME).values(value=base)).rowcount:
                tx.execute(insert(meta).values(name=_NAME, value=base))
