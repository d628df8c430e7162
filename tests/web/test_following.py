"""Opens and clicks as they come in: counted once, led nowhere else, forgotten after 90 days but for their number."""

from collections.abc import Mapping

from homing.content.links import Page
from homing.model.ids import CampaignId
from homing.store.reports import Reports
from homing.store.tables import receipt
from homing.store.tracking import KEPT_MS, Tracking
from tests.store.ledger import HandClock, Ledger, sent, unclear
from tests.web.conftest import BASE, LINKS, Visitor

TARGET = "https://shop.example/a?x=1&y=2#z"


def going(of: Ledger, count: int = 4) -> CampaignId:
    id_ = of.started(count)
    hand = of.hand()
    keys = hand.going(id_)
    hand.settle(id_, unclear(*keys[0]), *(sent(*key) for key in keys[1:]))
    return id_


def pixel(of: Ledger, id_: CampaignId, seq: int) -> str:
    return f"{BASE}/t/{LINKS.of(id_, of.get(id_).uid).token(Page.TRACK, seq)}"


def link(of: Ledger, id_: CampaignId, seq: int, target: str = TARGET) -> str:
    return f"{pixel(of, id_, seq)}/{LINKS.of(id_, of.get(id_).uid).signed(target)}"


def told(of: Ledger, id_: CampaignId) -> Mapping[str, int]:
    return {name: Reports(of.db).of(id_).totals[name] for name in ("opened", "clicked")}


def test_a_click_goes_on_to_its_target_and_counts_its_reader_once(ledger: Ledger, visitor: Visitor) -> None:
    id_ = going(ledger)
    for url in (link(ledger, id_, 2), link(ledger, id_, 2), link(ledger, id_, 2, "https://other.example/")):
        answer = visitor.ask("GET", url)
        assert answer.status_code == 302
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert visitor.ask("GET", link(ledger, id_, 3)).headers["location"] == TARGET
    assert told(ledger, id_) == {"opened": 0, "clicked": 2}
    found = Reports(ledger.db).of(id_)
    assert found.links == [{"url": TARGET, "clicked": 2}, {"url": "https://other.example/", "clicked": 1}]
    assert [(each["domain"], each["clicked"]) for each in found.domains] == [("a.test", 2)]
    assert sum(hour.get("clicked", 0) for hour in found.hours) == 2


def test_an_open_counts_once_and_settles_what_was_in_doubt(ledger: Ledger, visitor: Visitor) -> None:
    """L11: who opened a message has it."""
    id_ = going(ledger)
    assert ledger.states(id_)[1] == "uncertain"
    for _ in range(3):
        answer = visitor.ask("GET", pixel(ledger, id_, 1))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert ledger.states(id_)[1] == "sent"
    assert told(ledger, id_) == {"opened": 1, "clicked": 0}
    ledger.check_books(id_)


def test_nobody_is_led_where_no_letter_led(ledger: Ledger, visitor: Visitor) -> None:
    id_ = going(ledger)
    good, other = link(ledger, id_, 2), ledger.draft()
    head, _, signed = good.rpartition("/")
    foreign = LINKS.of(other, ledger.get(other).uid).signed("https://evil.example/")
    token = head.rpartition("/")[2]
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (
        f"{head}/{foreign}",
        f"{head}/x",
        f"{head}/{signed}A",
        f"{BASE}/t/{changed}/{signed}",
        f"{BASE}/t/x/{signed}",
    ):
        answer = visitor.ask("GET", wrong)
        assert answer.status_code == 404, wrong
        assert "location" not in answer.headers
    assert visitor.ask("GET", f"{BASE}/t/nobody").status_code == 200
    assert told(ledger, id_) == {"opened": 0, "clicked": 0}


def test_a_program_that_only_looks_at_the_head_counts_nothing_and_neither_does_a_test_message(
    ledger: Ledger, visitor: Visitor
) -> None:
    id_ = going(ledger)
    assert visitor.ask("HEAD", link(ledger, id_, 2)).status_code == 302
    assert visitor.ask("GET", link(ledger, id_, 0)).status_code == 302
    assert told(ledger, id_) == {"opened": 0, "clicked": 0}


def test_after_90_days_only_how_many_they_were_is_left(ledger: Ledger, visitor: Visitor, clock: HandClock) -> None:
    id_ = going(ledger)
    for seq in (2, 3):
        visitor.ask("GET", pixel(ledger, id_, seq))
        visitor.ask("GET", link(ledger, id_, seq))
    visitor.ask("GET", link(ledger, id_, 2, "https://other.example/"))
    before = Reports(ledger.db).of(id_)
    tracking = Tracking(ledger.db)
    assert tracking.tidy() == 0
    clock.pass_(KEPT_MS / 1000 + 1)
    assert [tracking.tidy(limit=2), tracking.tidy(limit=2), tracking.tidy(limit=2), tracking.tidy()] == [2, 2, 1, 0]
    after = Reports(ledger.db).of(id_)
    assert after.totals == before.totals
    assert after.domains == before.domains
    assert after.hours == before.hours
    assert after.links == []
    with ledger.db.read() as tx:
        assert not tx.execute(receipt.select()).all(), "nothing tells any more who it was"
