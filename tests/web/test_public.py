"""What a reader's link does, and what it does not do."""

import re

import pytest

from homing.content.links import Page
from homing.model.ids import CampaignId
from homing.store.suppressions import Suppressions
from tests.store.ledger import Ledger, unclear
from tests.web.conftest import Visitor

HTML = "<body><h1>Hi {{ name }}</h1><script>alert(1)</script></body>"


def campaign(of: Ledger, count: int = 3) -> CampaignId:
    people = of.contacts(count, name="Ada")
    news = of.list_of("News", people)
    content = {"subject": "Hello", "html": HTML, "from": "b@sender.test"}
    return of.started(audience={"lists": [news]}, content=content)


def kept_out(of: Ledger) -> list[str]:
    return [each.address for each in Suppressions(of.db).export(of.workspace)]


@pytest.mark.parametrize("page", [Page.UNSUBSCRIBE, Page.PREFERENCES, Page.VIEW])
def test_looking_at_a_link_changes_nothing(ledger: Ledger, visitor: Visitor, page: Page) -> None:
    id_ = campaign(ledger)
    answer = visitor.ask("GET", visitor.link(page, id_, 1))
    assert answer.status_code == 200
    assert not kept_out(ledger)
    assert len(answer.content) < 15_000
    assert "no-referrer" in answer.headers["referrer-policy"]
    assert "noindex" in answer.headers["x-robots-tag"]
    if page is not Page.VIEW:
        assert "<script" not in answer.text
        assert "@a.test" not in answer.text


def test_one_click_during_a_running_campaign_stops_that_recipient(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger)
    hand = ledger.hand()
    claimed = [(row.seq, row.attempt) for row in hand.claim(id_)]
    answer = visitor.ask("POST", visitor.link(Page.UNSUBSCRIBE, id_, 2), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert kept_out(ledger) == [ledger.rows(id_)[2]["address"]]
    assert sorted(hand.turn(id_, intend=claimed).go) == [(1, 1), (3, 1)]
    assert ledger.rows(id_)[2]["reason"] == "suppressed"
    ledger.check_books(id_)


def test_leaving_twice_is_leaving_once_and_can_be_undone(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger)
    url = visitor.link(Page.UNSUBSCRIBE, id_, 1)
    visitor.ask("POST", url)
    assert "unsubscribed" in visitor.ask("POST", url).text
    assert ledger.events("contact.unsubscribed") == 1
    assert "subscribed again" in visitor.ask("POST", url, data={"act": "undo"}).text
    assert not kept_out(ledger)


def test_undo_takes_nothing_back_that_the_reader_did_not_do(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger)
    Suppressions(ledger.db).add(ledger.workspace, [ledger.rows(id_)[1]["address"]], reason="complained")
    visitor.ask("POST", visitor.link(Page.UNSUBSCRIBE, id_, 1), data={"act": "undo"})
    assert len(kept_out(ledger)) == 1


def test_a_changed_byte_or_another_page_is_a_404_that_names_nobody(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger)
    url = visitor.link(Page.UNSUBSCRIBE, id_, 1)
    view = visitor.link(Page.VIEW, id_, 1).replace("/v/", "/u/")
    other = [url[:-1] + ("A" if url[-1] != "A" else "B"), url[:-3], url + "A", view, url.replace("/u/", "/u/%00")]
    for wrong in other:
        answer = visitor.ask("POST", wrong)
        assert answer.status_code == 404, wrong
        assert "@" not in re.sub(r"@media", "", answer.text)
    assert not kept_out(ledger)


def test_who_tries_links_is_slowed_down(visitor: Visitor) -> None:
    answers = [visitor.ask("GET", "/u/" + "A" * 28).status_code for _ in range(61)]
    assert answers == [404] * 60 + [429]


def test_preferences_keep_what_is_ticked(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger, 2)
    first = ledger.rows(id_)[1]["contact_id"]
    foreign = ledger.list_of("Not theirs", [])
    offers = ledger.list_of("Offers", [first])
    url = visitor.link(Page.PREFERENCES, id_, 1)
    shown = visitor.ask("GET", url).text
    assert "News" in shown
    assert "Offers" in shown
    assert "Not theirs" not in shown
    visitor.ask("POST", url, data={"act": "save", "list": [str(offers), str(foreign)]})
    ticked = re.findall(r'value="(\d+)" checked', visitor.ask("GET", url).text)
    assert ticked == [str(offers)]
    visitor.ask("POST", url, data={"act": "none"})
    assert len(kept_out(ledger)) == 1


def test_the_view_is_the_recipients_own_mail_in_a_sandbox(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger)
    answer = visitor.ask("GET", visitor.link(Page.VIEW, id_, 1))
    assert "<h1>Hi Ada</h1>" in answer.text
    assert visitor.link(Page.UNSUBSCRIBE, id_, 1) in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; sandbox")
    assert "script" not in policy.replace("default-src", "")


def test_a_message_whose_contact_is_gone_is_not_made_up(ledger: Ledger, visitor: Visitor) -> None:
    people = ledger.contacts(1, name="Ada")
    content = {"subject": "s", "html": "<p>{{ name }}</p>", "from": "b@sender.test"}
    id_ = ledger.started(audience={"contacts": people}, content=content)
    ledger.set_delivery(id_, 1, contact_id=999)
    assert visitor.ask("GET", visitor.link(Page.VIEW, id_, 1)).status_code == 410


def test_L11_who_unsubscribes_by_a_message_has_got_it(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger, 1)
    hand = ledger.hand()
    (key,) = hand.going(id_)
    hand.settle(id_, unclear(*key))
    visitor.ask("POST", visitor.link(Page.UNSUBSCRIBE, id_, 1))
    assert ledger.states(id_) == {1: "sent"}
    assert ledger.get(id_).state == "completed"
    ledger.check_books(id_)


def test_a_test_message_changes_nothing(ledger: Ledger, visitor: Visitor) -> None:
    id_ = campaign(ledger)
    assert "test message" in visitor.ask("POST", visitor.link(Page.UNSUBSCRIBE, id_, 0)).text
    assert not kept_out(ledger)


def test_a_page_speaks_the_readers_language(ledger: Ledger, visitor: Visitor) -> None:
    url = visitor.link(Page.UNSUBSCRIBE, campaign(ledger), 1)
    answer = visitor.ask("GET", url, headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"})
    assert '<html lang="de">' in answer.text
    assert "Abmelden" in answer.text


def test_the_catalogue_has_every_word_in_every_language() -> None:
    from homing.web.words import words

    assert words("de").keys() == words("en").keys()
