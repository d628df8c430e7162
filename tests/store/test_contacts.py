"""Contacts in the ledger: chunks, conflicts, pages, and what stays when one is removed."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from homing.model.errors import Conflict, Invalid, NotFound
from homing.model.ids import ContactId, WorkspaceId
from homing.store import migrate
from homing.store.contacts import Contacts
from homing.store.database import Database
from homing.store.lists import Lists
from homing.store.matching import By, Row
from homing.store.removing import Removing
from homing.store.tables import attempt, campaign, delivery
from homing.store.workspaces import Workspaces
from homing.world import World


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'homing.db'}", World())
    migrate.upgrade(made)
    return made


@pytest.fixture
def here(database: Database) -> WorkspaceId:
    return Workspaces(database).ensure_default().id


def _everybody(database: Database, workspace: WorkspaceId) -> list[tuple[str | None, str | None, str, dict[str, str]]]:
    return [(c.email, c.phone, c.name, dict(c.attributes)) for c in Contacts(database).export(workspace)]


def test_a_chunk_creates_and_the_same_chunk_again_changes_nothing(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    rows = [Row(f"p{n}@example.com", None, f"P{n}", {"city": "Köln"}) for n in range(1500)]
    first = contacts.upsert_chunk(here, rows)
    assert (first.created, first.updated, first.unchanged, first.refused) == (1500, 0, 0, ())
    before = list(contacts.export(here))
    again = contacts.upsert_chunk(here, rows)
    assert (again.created, again.updated, again.unchanged, again.refused) == (0, 1500, 1500, ())
    assert list(contacts.export(here)) == before
    assert contacts.count(here) == 1500


def test_an_empty_value_never_erases_and_attributes_are_merged_by_key(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row("a@x.test", "+491701234567", "Ann", {"city": "Bonn", "pet": "cat"})])
    done = contacts.upsert_chunk(here, [Row("a@x.test", None, "", {"city": "", "pet": "dog", "age": "7"})])
    assert (done.created, done.updated, done.unchanged) == (0, 1, 0)
    assert _everybody(database, here) == [
        ("a@x.test", "+491701234567", "Ann", {"city": "Bonn", "pet": "dog", "age": "7"})
    ]


def test_a_row_known_by_its_phone_brings_the_email(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row(None, "+491701234567", "Ann")])
    assert contacts.upsert_chunk(here, [Row("a@x.test", "+491701234567")]).updated == 1
    assert _everybody(database, here) == [("a@x.test", "+491701234567", "Ann", {})]


def test_a_row_that_names_two_contacts_keeps_its_phone_and_merges_nobody(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row("a@x.test", None, "Ann"), Row(None, "+491701234567", "Bob")])
    done = contacts.upsert_chunk(here, [Row("a@x.test", "+491701234567", "Both"), Row("c@x.test", None)])
    assert (done.refused, done.doubts) == ((), 1)
    assert [(r.number, r.type, r.field, r.value) for r in done.warned] == [(0, "taken", "email", "a@x.test")]
    assert (done.created, done.updated) == (1, 1)
    assert _everybody(database, here)[:2] == [("a@x.test", None, "Ann", {}), (None, "+491701234567", "Both", {})]


def test_a_key_that_repeats_in_the_chunk_is_refused_with_the_row_that_it_repeats(
    database: Database, here: WorkspaceId
) -> None:
    rows = [Row("a@x.test", None, "first"), Row("b@x.test", None), Row("a@x.test", None, "second")]
    done = Contacts(database).upsert_chunk(here, rows)
    assert [(r.number, r.type, r.field, r.other) for r in done.refused] == [(2, "duplicate_in_file", "email", 0)]
    assert Contacts(database).find(here, "a@x.test").name == "first"


@pytest.mark.parametrize(("by", "field"), [(By.EMAIL, "phone"), (By.PHONE, "email")])
def test_with_one_key_chosen_the_other_address_of_somebody_else_is_left_out(
    database: Database, here: WorkspaceId, by: By, field: str
) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row("a@x.test", "+491701234567", "Ann"), Row("b@x.test", "+491701234568", "Bob")])
    row = Row("a@x.test", "+491701234568", "Annabel") if by is By.EMAIL else Row("b@x.test", "+491701234567", "Annabel")
    done = contacts.upsert_chunk(here, [row], by=by)
    assert [(w.type, w.field) for w in done.warned] == [("taken", field)]
    assert (done.updated, done.refused) == (1, ())
    assert _everybody(database, here) == [
        ("a@x.test", "+491701234567", "Annabel", {}),
        ("b@x.test", "+491701234568", "Bob", {}),
    ]


def test_a_row_without_the_key_is_refused_as_missing(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    assert [r.type for r in contacts.upsert_chunk(here, [Row(None, None, "Nobody")]).refused] == ["missing"]
    by_phone = contacts.upsert_chunk(here, [Row("a@x.test", None)], by=By.PHONE)
    assert [(r.type, r.field) for r in by_phone.refused] == [("missing", "phone")]


def test_a_preview_answers_like_the_import_and_writes_nothing(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row("a@x.test", None)])
    rows = [Row("a@x.test", None, "Ann"), Row("b@x.test", None), Row("b@x.test", None)]
    preview = contacts.preview_chunk(here, rows)
    assert contacts.count(here) == 1
    assert contacts.upsert_chunk(here, rows) == preview


def test_everybody_of_a_chunk_is_on_the_list_also_those_who_were_there(database: Database, here: WorkspaceId) -> None:
    contacts, lists = Contacts(database), Lists(database)
    contacts.upsert_chunk(here, [Row("a@x.test", None), Row("b@x.test", None, "Bob")])
    target = lists.ensure(here, "News")
    rows = [Row("a@x.test", None), Row("b@x.test", None, "Bobby"), Row("c@x.test", None)]
    for _ in range(2):
        contacts.upsert_chunk(here, rows, list_id=target.id)
    assert lists.find(here, "News").members == 3
    assert [c.email for c in contacts.export(here, list_id=target.id)] == ["a@x.test", "b@x.test", "c@x.test"]


def test_nothing_of_a_chunk_is_written_when_it_breaks(database: Database, here: WorkspaceId) -> None:
    with pytest.raises(UnicodeEncodeError):
        Contacts(database).upsert_chunk(here, [Row("a@x.test", None), Row("b@x.test", None, "\ud800")])
    assert Contacts(database).count(here) == 0


def test_r46_no_read_or_write_reaches_into_another_workspace(database: Database, here: WorkspaceId) -> None:
    """R46: several business profiles, each with its own contacts: the same address lives in both and never meets."""
    there = Workspaces(database).add("Other").id
    contacts, lists = Contacts(database), Lists(database)
    contacts.upsert_chunk(here, [Row("a@x.test", "+491701234567", "Ours")])
    contacts.upsert_chunk(there, [Row("a@x.test", "+491701234567", "Theirs", {"secret": "1"})])
    theirs = contacts.find(there, "a@x.test")
    ours = contacts.find(here, "a@x.test")
    assert (ours.name, theirs.name) == ("Ours", "Theirs")
    assert [c.name for c in contacts.page(here)] == ["Ours"]
    assert contacts.count(here) == 1
    assert contacts.attribute_names(here) == ()
    for act in (
        lambda: contacts.get(here, theirs.id),
        lambda: contacts.find(here, theirs.uid),
        lambda: contacts.change(here, theirs.id, {"name": "Stolen"}),
        lambda: Removing(database).remove(here, theirs.id, actor="cli:tester"),
    ):
        with pytest.raises(NotFound):
            act()
    foreign = lists.ensure(there, "Theirs")
    with pytest.raises(NotFound):
        contacts.upsert_chunk(here, [Row("b@x.test", None)], list_id=foreign.id)
    assert lists.put(there, foreign.id, [ours.id]) == 0
    assert contacts.page(here, list_id=foreign.id) == ()
    assert contacts.count(here) == 1
    assert contacts.get(there, theirs.id) == theirs


def test_a_change_merges_attributes_and_none_removes_a_key(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    made = contacts.add(here, Row("a@x.test", None, "Ann", {"city": "Bonn", "pet": "cat"}))
    after = contacts.change(
        here, made.id, {"attributes": {"pet": None, "age": "7"}, "consent_email": "refused", "phone": "+491701234567"}
    )
    assert after.attributes == {"city": "Bonn", "age": "7"}
    assert (after.consent_email, after.phone, after.email) == ("refused", "+491701234567", "a@x.test")


def test_a_contact_cannot_lose_its_last_address_nor_take_anothers(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    made = contacts.add(here, Row("a@x.test", None))
    contacts.add(here, Row("b@x.test", None))
    with pytest.raises(Invalid):
        contacts.change(here, made.id, {"email": None})
    with pytest.raises(Conflict):
        contacts.change(here, made.id, {"email": "b@x.test"})
    with pytest.raises(Conflict):
        contacts.add(here, Row("b@x.test", None))
    with pytest.raises(Invalid):
        contacts.change(here, made.id, {"workspace_id": 7})
    with pytest.raises(Invalid):
        contacts.change(here, made.id, {"consent_email": "perhaps"})


def _sent_campaign(database: Database, workspace: WorkspaceId, contact_id: ContactId) -> None:
    with database.write() as tx:
        tx.execute(
            insert(campaign).values(
                id=1,
                uid="c1",
                workspace_id=workspace,
                name="Spring",
                state="sending",
                audience="{}",
                content="{}",
                created_at=1,
            )
        )
        tx.execute(
            insert(delivery).values(
                campaign_id=1, seq=1, contact_id=contact_id, address="a@x.test", shard=1, state="queued"
            )
        )


def test_removing_a_contact_keeps_its_deliveries_and_its_id_is_never_given_out_again(
    database: Database, here: WorkspaceId
) -> None:
    contacts = Contacts(database)
    gone = contacts.add(here, Row("a@x.test", None))
    _sent_campaign(database, here, gone.id)
    Removing(database).remove(here, gone.id, actor="cli:tester")
    with database.read() as tx:
        assert tx.execute(select(delivery.c.contact_id, delivery.c.address)).all() == [(gone.id, "a@x.test")]
    assert contacts.add(here, Row("b@x.test", None)).id > gone.id


def test_the_timeline_tells_every_message_and_reads_cancelled_for_a_waiting_row_of_a_cancelled_campaign(
    database: Database, here: WorkspaceId
) -> None:
    contacts = Contacts(database)
    made = contacts.add(here, Row("a@x.test", None))
    _sent_campaign(database, here, made.id)
    assert [(t.campaign_name, t.seq, t.state) for t in contacts.timeline(here, made.id)] == [("Spring", 1, "queued")]
    with database.write() as tx:
        tx.execute(campaign.update().values(state="cancelled"))
    assert [t.state for t in contacts.timeline(here, made.id)] == ["cancelled"]
    assert contacts.timeline(Workspaces(database).add("Other").id, made.id) == ()


def test_the_timeline_counts_the_attempts_that_were_under_way_and_not_what_patience_charged(
    database: Database, here: WorkspaceId
) -> None:
    contacts = Contacts(database)
    made = contacts.add(here, Row("a@x.test", None))
    _sent_campaign(database, here, made.id)
    assert [t.attempts for t in contacts.timeline(here, made.id)] == [0]
    states = ("deferred", "withdrawn", "withdrawn", "uncertain")
    of = {"campaign_id": 1, "seq": 1, "sender_id": 1, "worker_id": 1, "epoch": 1, "intended_at": 1}
    with database.write() as tx:
        tx.execute(insert(attempt), [{**of, "attempt": n, "state": state} for n, state in enumerate(states, 3)])
        tx.execute(delivery.update().values(state="uncertain", tries=1, attempt=6))
    assert [t.attempts for t in contacts.timeline(here, made.id)] == [2]


def test_pages_follow_each_other_without_gap_or_repeat(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row(f"p{n}@x.test", None) for n in range(25)])
    seen, after = [], 0
    while page := contacts.page(here, limit=7, after=after):
        seen += [c.email for c in page]
        after = page[-1].id
    assert seen == [f"p{n}@x.test" for n in range(25)]


def test_a_contact_is_found_by_address_and_by_the_beginning_of_its_id(database: Database, here: WorkspaceId) -> None:
    contacts = Contacts(database)
    made = contacts.add(here, Row("a@x.test", "+491701234567"))
    for reference in ("a@x.test", "+491701234567", made.uid, made.uid[:9].upper()):
        assert contacts.find(here, reference) == made
    with pytest.raises(NotFound):
        contacts.find(here, "nobody@x.test")


@pytest.mark.parametrize("name", ["contacts_by_email", "contacts_by_phone", "contacts_update", "members_insert"])
def test_the_chunk_statements_probe_an_index_for_each_row(database: Database, here: WorkspaceId, name: str) -> None:
    contacts = Contacts(database)
    contacts.upsert_chunk(here, [Row(f"p{n}@x.test", f"+49170{n:07}") for n in range(3000)])
    values = {"w": here, "addresses": "[]", "rows": "[]", "ids": "[]", "now": 1, "list": 1, "import": None, "hidden": 0}
    text = database.statement(name)
    wanted = {key: value for key, value in values.items() if f":{key}" in text}
    with contextlib.closing(sqlite3.connect(database.path)) as raw:
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {text}", wanted)]
    assert any("SEARCH c" in step for step in plan), plan
    assert not any(step.startswith(("SCAN c ", "SCAN contact")) for step in plan), plan


_ADDRESS = st.sampled_from([None, "a@x.test", "b@x.test", "c@x.test"])
_NUMBER = st.sampled_from([None, "+491701234567", "+491701234568", "+491701234569"])
_ROWS = st.lists(st.builds(Row, _ADDRESS, _NUMBER, st.sampled_from(["", "Ann", "Bob"]), st.just({})), max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(_ROWS, max_size=5), by=st.sampled_from(By))
def test_whatever_comes_every_row_is_counted_once_and_no_address_is_owned_twice(
    database: Database, chunks: list[list[Row]], by: By
) -> None:
    workspaces = Workspaces(database)
    here = workspaces.add(f"w{len(workspaces.list())}").id
    contacts = Contacts(database)
    for rows in chunks:
        done = contacts.upsert_chunk(here, rows, by=by)
        assert done.created + done.updated + len(done.refused) == len(rows)
        assert done.unchanged <= done.updated
        assert all(row.name in ("", "Ann", "Bob") for row in contacts.export(here))
    everybody = list(contacts.export(here))
    for addresses in ([c.email for c in everybody if c.email], [c.phone for c in everybody if c.phone]):
        assert len(addresses) == len(set(addresses))
