"""What the DNS says about a domain, asked of a real name server on this machine by UDP and TCP."""

import base64
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homing.domain import dmarc
from homing.domain.dkim import Key
from homing.domain.look import Asked, Relay, look
from homing.domain.names import Names, Silent
from homing.model.finding import FAIL, OK, WARN
from tests.faults.dns_server import SERVFAIL, SILENT, Zone, name_server

DOMAIN = "garden.example"


def public(bits: int) -> str:
    der = generate_private_key(65537, bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


OURS = f"v=DKIM1; k=rsa; p={public(2048)}"


def txt(record: str) -> str:
    """As a zone file has it: strings of at most 255 bytes."""
    return " ".join(f'"{record[at : at + 255]}"' for at in range(0, len(record), 255))


GOOD: dict[tuple[str, str], Sequence[str] | str] = {
    (DOMAIN, "MX"): ["10 mx.garden.example."],
    ("mx.garden.example", "A"): ["192.0.2.1"],
    (DOMAIN, "TXT"): [txt("v=spf1 include:_spf.relay.example -all"), txt("other=1")],
    ("_spf.relay.example", "TXT"): [txt("v=spf1 ip4:192.0.2.0/24 ~all")],
    (f"s1._domainkey.{DOMAIN}", "TXT"): [txt(OURS)],
    (f"_dmarc.{DOMAIN}", "TXT"): [txt(f"v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}")],
}


def looked(zone: Zone, **more: Any) -> dict[str, tuple[str, str]]:
    """The worst line of each check."""
    asked = Asked(**{"domain": DOMAIN, "keys": [Key("s1", OURS)], **more})
    with name_server(zone) as server:
        found = list(look(Names(("127.0.0.1", server.port), 2.0), asked))
    assert all(each.mend for each in found if each.verdict != OK), found
    worst: dict[str, tuple[str, str]] = {}
    for each in sorted(found, key=lambda one: (OK, WARN, FAIL).index(one.verdict)):
        worst[each.check] = (each.verdict, f"{each.words}. {each.mend}")
    return worst


def test_a_domain_in_order_is_all_ok_and_a_long_key_is_fetched_by_tcp() -> None:
    big = f"v=DKIM1; k=rsa; p={public(4096)}"
    zone = GOOD | {(f"s1._domainkey.{DOMAIN}", "TXT"): [txt(big)]}
    with name_server(zone) as server:
        found = list(look(Names(("127.0.0.1", server.port)), Asked(DOMAIN, [Key("s1", big)])))
        assert {each.verdict for each in found} == {OK}, found
        assert {each.check for each in found} >= {"mx", "spf", "dkim", "dmarc", "dmarc rua", "ptr"}
        asked = [how for how, name, _ in server.asked if name.startswith("s1.")]
        assert asked == ["udp", "tcp"], "an answer that does not fit is asked for again by TCP"


CHAIN = {(f"i{n}.example", "TXT"): [txt(f"v=spf1 include:i{n + 1}.example ~all")] for n in range(12)}
VOID = "v=spf1 a:gone1.example a:gone2.example a:gone3.example -all"


@pytest.mark.parametrize(
    ("change", "check", "verdict", "words"),
    [
        ({(DOMAIN, "MX"): ["0 ."]}, "mx", FAIL, "null MX"),
        ({(DOMAIN, "MX"): []}, "mx", FAIL, "neither"),
        ({(DOMAIN, "MX"): [], (DOMAIN, "A"): ["192.0.2.3"]}, "mx", WARN, "no MX"),
        ({("mx.garden.example", "A"): []}, "mx", FAIL, "no mail server"),
        ({(DOMAIN, "TXT"): []}, "spf", FAIL, "no SPF record"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 -all"), txt("v=spf1 ~all")]}, "spf", FAIL, "2 SPF records"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 +all")]}, "spf", FAIL, "everybody"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 includes:x -all")]}, "spf", FAIL, "no term"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 include:i0.example -all")], **CHAIN}, "spf", FAIL, "more than 10"),
        ({(DOMAIN, "TXT"): [txt(VOID)]}, "spf", FAIL, "3 of its names"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 include:none.example -all")]}, "spf", FAIL, "none.example"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 mx ?all")]}, "spf", WARN, "other servers"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 ptr -all")]}, "spf", WARN, "ptr"),
        ({(DOMAIN, "TXT"): [txt("v=spf1 redirect=_spf.relay.example")]}, "spf", OK, "1 of 10"),
        ({(f"s1._domainkey.{DOMAIN}", "TXT"): []}, "dkim", FAIL, OURS[:40]),
        ({(f"s1._domainkey.{DOMAIN}", "TXT"): [txt("v=DKIM1; p=")]}, "dkim", FAIL, "revoked"),
        ({(f"s1._domainkey.{DOMAIN}", "TXT"): [txt(f"v=DKIM1; p={public(2048)}")]}, "dkim", FAIL, "another key"),
        ({(f"s1._domainkey.{DOMAIN}", "TXT"): [txt(OURS.replace("p=", "t=y; p="))]}, "dkim", WARN, "t=y"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): []}, "dmarc", FAIL, "no DMARC"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=none")]}, "dmarc", WARN, "only reported"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=none")]}, "dmarc rua", WARN, "rua=mailto"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=maybe")]}, "dmarc", FAIL, "no policy"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=reject; t=y")]}, "dmarc", WARN, "t=y"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=reject; pct=50; ri=1")]}, "dmarc", WARN, "pct, ri"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=reject; rua=mailto:a@x.other")]}, "dmarc rua", WARN, "_report"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): SERVFAIL}, "dmarc", FAIL, "SERVFAIL"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): SILENT}, "dmarc", FAIL, "in time"),
    ],
)  # fmt: skip
def test_a_fault_of_the_dns_is_named_with_its_mend(change: Zone, check: str, verdict: str, words: str) -> None:
    found = looked(GOOD | dict(change))[check]
    assert found[0] == verdict, found
    assert words in found[1]


def test_a_weak_key_of_a_provider_is_told() -> None:
    zone = GOOD | {(f"p1._domainkey.{DOMAIN}", "TXT"): [txt(f"v=DKIM1; p={public(1024)}")]}
    assert looked(zone, keys=[Key("p1")])["dkim"] == (
        WARN,
        f"the key at p1._domainkey.{DOMAIN} has 1024 bits. make a new one: 2048 bits are asked for",
    )
    assert looked(GOOD, keys=[])["dkim"][0] == WARN


def walked(name: str, zone: Zone) -> dmarc.Walked:
    with name_server(zone) as server:
        found = dmarc.walk(Names(("127.0.0.1", server.port)), name)
        assert len([1 for _, asked, _ in server.asked if asked.startswith("_dmarc.")]) <= dmarc.LONGEST
        return found


def test_the_policy_is_found_by_walking_up() -> None:
    """RFC 9989 section 4.10: from the name upwards; of a name of more than eight labels the last seven."""
    zone = {("_dmarc.example.org", "TXT"): [txt("v=DMARC1; p=reject; sp=quarantine")]}
    found = walked("mail.news.example.org", zone)
    assert (found.organization, found.policy) == ("example.org", found.records[0])
    assert looked(zone, domain="news.example.org", keys=[])["dmarc"][1].startswith(
        "news.example.org: p=quarantine, from example.org"
    )
    deep = walked("a.b.c.d.e.f.g.h.i.example.org", zone)
    assert deep.organization == "example.org"
    assert walked("a.other.example", zone).policy is None


def test_a_public_suffix_ends_the_walk_and_a_psd_n_makes_an_organization() -> None:
    """RFC 9989 section 4.10.2."""
    registry = {("_dmarc.bank.example", "TXT"): [txt("v=DMARC1; p=none; psd=y")]}
    assert walked("a.giant.bank.example", registry).organization == "giant.bank.example"
    own = {
        ("_dmarc.dep.example.org", "TXT"): [txt("v=DMARC1; p=reject; psd=n")],
        ("_dmarc.example.org", "TXT"): [txt("v=DMARC1; p=none")],
    }
    assert walked("a.dep.example.org", own).organization == "dep.example.org"
    two = {("_dmarc.example.org", "TXT"): [txt("v=DMARC1; p=none"), txt("v=DMARC1; p=reject")]}
    assert walked("example.org", two).policy is None, "of two records none is believed"


def test_the_domain_of_bounces_aligns_when_it_is_of_the_same_organization() -> None:
    zone = GOOD | {
        ("b.garden.example", "MX"): ["10 mx.garden.example."],
        ("b.garden.example", "TXT"): [txt("v=spf1 mx -all")],
    }
    assert looked(zone, bounce_domains=["b.garden.example"])["alignment"][0] == OK
    foreign = looked(zone, bounce_domains=["b.elsewhere.example"])
    assert (foreign["alignment"][0], foreign["spf"][0], foreign["mx"][0]) == (WARN, FAIL, FAIL)
    strict = zone | {(f"_dmarc.{DOMAIN}", "TXT"): [txt("v=DMARC1; p=reject; aspf=s")]}
    assert looked(strict, bounce_domains=["b.garden.example"])["alignment"][0] == WARN


def test_the_own_relay_has_a_name_that_leads_back() -> None:
    reverse = "7.2.0.192.in-addr.arpa"
    zone = GOOD | {(reverse, "PTR"): ["out.garden.example."], ("out.garden.example", "A"): ["192.0.2.7"]}
    assert looked(zone, addresses=["192.0.2.7"])["ptr"] == (OK, "192.0.2.7 is out.garden.example, both ways. ")
    assert looked(GOOD, addresses=["192.0.2.7"])["ptr"][0] == FAIL
    lost = zone | {("out.garden.example", "A"): ["192.0.2.8"]}
    assert "does not lead back" in looked(lost, addresses=["192.0.2.7"])["ptr"][1]
    found = GOOD | {("out.garden.example", "A"): ["8.8.8.8"]}
    assert looked(found, relays=[Relay("main", "out.garden.example", "starttls")])["ptr"][0] == FAIL


def test_a_relay_elsewhere_wants_tls_and_one_here_does_not() -> None:
    zone = GOOD | {("relay.example", "A"): ["192.0.2.9"]}
    assert looked(zone, relays=[Relay("main", "relay.example", "none")])["tls"][0] == WARN
    assert looked(zone, relays=[Relay("main", "relay.example", "implicit")])["tls"][0] == OK
    assert looked(zone, relays=[Relay("main", "127.0.0.1", "none")])["tls"][0] == OK
    assert looked(zone, public_url="http://x.example")["links"][0] == FAIL


def test_a_resolver_that_is_not_there_is_said_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:  # held, so that nobody else's server stands there
        mute.bind(("127.0.0.1", 0))
        with pytest.raises(Silent):
            Names(("127.0.0.1", mute.getsockname()[1]), 1.0).texts("example.org")
