"""Somebody who is removed for good is in no table any more but the accounts of what was sent, and no undo brings them back."""

import pytest
from sqlalchemy import insert, select

from homing.model.errors import NotFound
from homing.store import audit_log
from homing.store.import_undo import ImportUndo
from homing.store.merging import Merging
from homing.store.removing import Removing
from homing.store.tables import metadata, suppression
from tests.contacts.bench import Bench

HERS = ("+94771234567", "hers@x.test", "second@x.test", "Hermione", "Hogsmeade", "Oldtown")


def _where_she_is(bench: Bench) -> set[str]:
    """Tables in which one of her values stands, in any column."""
    found = set()
    with bench.database.read() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(select(table)):
                if any(value in str(cell) for cell in row for value in HERS):
                    found.add(table.name)
    return found


def test_a_contact_that_is_removed_is_gone_with_every_copy_and_stays_gone(bench: Bench) -> None:
    bench.run("phone,name,city\n+94771234567,Hermione,Oldtown\n", list_name="News")
    changing = bench.begin("phone,email,city\n+94771234567,hers@x.test,Hogsmeade\n+94770000001,other@x.test,\n")
    bench.go_on(changing)
    bench.run("phone,email\n+94770000009,second@x.test\n")
    her, double = (bench.contacts.find(bench.here, address) for address in ("hers@x.test", "second@x.test"))
    Merging(bench.database).merge(bench.here, her.id, double.id, actor="cli:tester")
    with bench.database.write() as tx:
        gone = {
            "workspace_id": bench.here,
            "channel": "email",
            "address": "hers@x.test",
            "reason": "unsubscribed",
            "since": 1,
        }
        tx.execute(insert(suppression).values(**gone))
    assert {"contact", "import_before", "contact_merged"} <= _where_she_is(bench)
    Removing(bench.database).remove(bench.here, her.id, actor="cli:tester")
    assert _where_she_is(bench) == {"suppression"}
    assert audit_log.verify(bench.database) is None
    with bench.database.read() as tx:
        acts = tx.execute(select(audit_log.audit_log.c.act, audit_log.audit_log.c.subject)).all()
    assert acts[-1] == ("contact.removed", f"contact:{her.uid}")
    undo = ImportUndo(bench.database)
    undone = undo.run(undo.begin(bench.intake.imports.get(changing.id), "cli:tester"))
    assert (undone.undo or {})["restored"] == 0
    assert _where_she_is(bench) == {"suppression"}
    for reference in (her.uid, double.uid, "hers@x.test"):
        with pytest.raises(NotFound):
            bench.contacts.find(bench.here, reference)
    with pytest.raises(NotFound):
        Removing(bench.database).remove(bench.here, her.id, actor="cli:tester")
