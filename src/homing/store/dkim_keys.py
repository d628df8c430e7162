"""Keys that mail is signed with: made here, sealed, and told to the world only by the record to paste into the DNS."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import WorkspaceId
from homing.store import audit_log
from homing.store.database import Database
from homing.store.dkim_tables import dkim_key
from homing.store.receipt_options import domain as domain_of
from homing.store.seal import Seal

ALGORITHMS = ("rsa", "ed25519")
RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key without its secret. `record`: what stands at `name` in the DNS as TXT."""

    id: int
    domain: str
    selector: str
    algorithm: str
    public: str
    created_at: int

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        return f"v=DKIM1; k={self.algorithm}; p={self.public}"


_COLUMNS = tuple(dkim_key.c[name] for name in ("id", "domain", "selector", "algorithm", "public", "created_at"))


class DkimKeys:
    """Each method is one transaction. `seal` may be None for those who only look."""

    def __init__(self, db: Database, seal: Seal | None = None) -> None:
        self._db = db
        self._seal = seal

    def add(
        self, workspace_id: WorkspaceId, domain: str, *, algorithm: str = "rsa", selector: str = "", actor: str = "cli"
    ) -> SigningKey:
        """Makes a key. Mail from the domain is signed with it from the next letter on, so paste the record first.

        Raises Invalid; Conflict when the domain has a key of that selector.
        """
        if algorithm not in ALGORITHMS:
            raise Invalid(f"'{algorithm}' is no algorithm here; choose {', '.join(ALGORITHMS)}")
        of = domain_of(domain)
        now = self._db.world.clock.now()
        chosen = selector.strip().lower() or f"homing{datetime.fromtimestamp(now / 1000, UTC):%Y%m}{algorithm[0]}"
        if not chosen.replace("-", "").isalnum() or not chosen.isascii() or len(chosen) > 63:
            raise Invalid(f"'{selector}' is no selector; write letters, digits and hyphens")
        private, public = _made(algorithm)
        values = {
            "workspace_id": workspace_id,
            "domain": of,
            "selector": chosen,
            "algorithm": algorithm,
            "public": public,
        }
        try:
            with self._db.write() as tx:
                made = tx.execute(insert(dkim_key).values(**values, created_at=now).returning(*_COLUMNS)).one()
                assert self._seal is not None  # noqa: S101 - who makes keys was given the key to seal them
                sealed = self._seal.seal(private, table="dkim_key", column="sealed", row=made.id)
                tx.execute(update(dkim_key).where(dkim_key.c.id == made.id).values(sealed=sealed))
                audit_log.append(
                    tx,
                    workspace_id=workspace_id,
                    at=now,
                    actor=actor,
                    act="dkim.added",
                    subject=f"domain:{of}",
                    body={"selector": chosen, "algorithm": algorithm},
                )
        except IntegrityError as error:
            raise Conflict(
                f"{of} has a key with the selector {chosen} already; choose another with --selector"
            ) from error
        return SigningKey(*made)

    def list(self, workspace_id: WorkspaceId) -> Sequence[SigningKey]:
        """Those in use, by domain."""
        query = select(*_COLUMNS).where(dkim_key.c.workspace_id == workspace_id, dkim_key.c.retired_at.is_(None))
        with self._db.read() as tx:
            return [SigningKey(*row) for row in tx.execute(query.order_by(dkim_key.c.domain, dkim_key.c.id))]

    def retire(self, workspace_id: WorkspaceId, domain: str, selector: str, *, actor: str = "cli") -> None:
        """Signs no more with a key, and erases its secret. Leave its record in the DNS for some days: mail is under way."""
        now = self._db.world.clock.now()
        where = (
            (dkim_key.c.workspace_id == workspace_id)
            & (dkim_key.c.domain == domain.lower())
            & (dkim_key.c.selector == selector.lower())
            & dkim_key.c.retired_at.is_(None)
        )
        with self._db.write() as tx:
            if not tx.execute(update(dkim_key).where(where).values(retired_at=now, sealed=None)).rowcount:
                raise NotFound(f"{domain} has no key with the selector {selector}; `homing dkim list` shows them")
            audit_log.append(
                tx,
                workspace_id=workspace_id,
                at=now,
                actor=actor,
                act="dkim.retired",
                subject=f"domain:{domain}",
                body={"selector": selector},
            )

    def signing(self, workspace_id: WorkspaceId) -> Sequence[tuple[SigningKey, bytes]]:
        """The keys that sign, with their sealed secrets: of each domain the newest of each algorithm, RSA first."""
        where = (dkim_key.c.workspace_id == workspace_id) & dkim_key.c.retired_at.is_(None)
        order = (dkim_key.c.domain, dkim_key.c.algorithm.desc(), dkim_key.c.id.desc())
        with self._db.read() as tx:
            rows = tx.execute(select(*_COLUMNS, dkim_key.c.sealed).where(where).order_by(*order)).all()
        found: dict[tuple[str, str], tuple[SigningKey, bytes]] = {}
        for row in rows:
            found.setdefault((row.domain, row.algorithm), (SigningKey(*row[:-1]), row.sealed))
        return tuple(found.values())

    def opened(self, key: SigningKey, sealed: bytes) -> bytes:
        """The secret of a key (PKCS #8, DER)."""
        assert self._seal is not None  # noqa: S101 - who signs was given the key
        return self._seal.open(sealed, table="dkim_key", column="sealed", row=key.id)


def _made(algorithm: str) -> tuple[bytes, str]:
    """A new private key (PKCS #8, DER), and its public half as p= wants it (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
    if algorithm == "ed25519":
        small = Ed25519PrivateKey.generate()
        raw = small.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return small.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), base64.b64encode(raw).decode()
    large = generate_private_key(65537, RSA_BITS)
    der = large.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return large.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), base64.b64encode(der).decode()
