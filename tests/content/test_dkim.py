"""Signatures, with dkimpy as the oracle, on letters as they leave."""

import base64
import email
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dkim.canonicalization import Relaxed

from homing.content.dkim import DkimKey, Signer
from homing.content.letter import Attachment, LetterSource, Recipient, compile_letter
from homing.content.links import Links
from homing.model.errors import Conflict, Invalid, NotFound
from homing.store.dkim_keys import DkimKeys, SigningKey
from homing.store.seal import Seal
from tests.store.conftest import clock, dice, ledger, pytest_generate_tests, saboteur, world
from tests.store.ledger import Ledger

__all__ = ["clock", "dice", "ledger", "pytest_generate_tests", "saboteur", "world"]
pytestmark = pytest.mark.dialect("sqlite")
UID = "0192f0c1-aaaa-7bbb-8ccc-0123456789ab"
ADA = Recipient(7, "ada@example.net", "Ada Łovelace, the “first”", {"city": "Köln"})
NOW = 1_700_000_000_123


def keys(of: Ledger) -> DkimKeys:
    return DkimKeys(of.db, Seal("the key of this test"))


def pairs(of: Ledger) -> list[tuple[SigningKey, bytes]]:
    """The keys that sign, with their secrets."""
    store = keys(of)
    return [(key, store.opened(key, sealed)) for key, sealed in store.signing(of.workspace)]


def signed(of: Ledger, **more: Any) -> tuple[bytes, list[SigningKey]]:
    found = pairs(of)
    signers = tuple(Signer(DkimKey(key.domain, key.selector, secret)) for key, secret in found)
    given = {
        "subject": "News for {{ city }} " + "and more words to fold " * 4,
        "text": "Dear {{ name }},\nnews.\n\n\n",
        "html": "<p>ü {{ city }}</p>",
        "from_": "Shop <shop@example.org>",
        "reply_to": "help@example.org",
        "campaign_uid": UID,
        "list_id": "l1.example.org",
        "feedback_id": "c1:w1:bulk:homing1",
        "links": Links((b"k" * 32,), "https://mail.example.net").of(1, UID),
        "bounce_domain": "b.example.org",
        "signers": signers,
    }
    return compile_letter(LetterSource(**(given | more))).build(ADA, NOW), [key for key, _ in found]


def resolver(known: list[SigningKey]) -> Any:
    table = {f"{key.name}.".encode(): key.record.encode() for key in known}
    return lambda name, timeout=5: table[name]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"html": None},
        {"text": None},
        {"html": None, "text": "one\n\n\n\n"},
        {"html": None, "text": "one"},
        {"reply_to": None, "list_id": None, "feedback_id": None, "links": None, "bounce_domain": ""},
        {"from_": "Läden  und   mehr <shop@example.org>", "subject": "  wide   " + "ü" * 200},
        {"headers": (("Feedback-ID", "own:{{ city }}"), ("List-Unsubscribe", "<mailto:a@example.org>"), ("X-A", "b"))},
        {"attachments": (Attachment("a.bin", "application/octet-stream", bytes(range(256)) * 40),)},
        {"text": None, "html": "<p>" + "x" * 100_000 + "</p>"},
    ],
)
def test_signed_mail_passes_dkimpys_verification(ledger: Ledger, body: dict[str, Any]) -> None:
    keys(ledger).add(ledger.workspace, "example.org")
    raw, known = signed(ledger, **body)
    assert raw.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.org;")
    assert dkim.verify(raw, dnsfunc=resolver(known))
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Subject: ", b"Subject: x"),
        (b"To: ", b"To: x"),
        (b"News", b"Olds"),
        (b"List-Unsubscribe: <https://mail", b"List-Unsubscribe: <https://evil"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: last"),
        (b"Feedback-ID: c1", b"Feedback-ID: c2"),
        (b"From: Shop", b"From: Evil <evil@example.org>\r\nFrom: Shop"),
        (b"</p>", b"</b>"),
    ],
)
def test_what_is_changed_on_the_way_is_noticed(ledger: Ledger, was: bytes, becomes: bytes) -> None:
    keys(ledger).add(ledger.workspace, "example.org")
    raw, known = signed(ledger, html="<p>News ü</p>")
    head, tail = raw.split(b"\r\nFrom: ", 1)
    changed = head + (b"\r\nFrom: " + tail).replace(was, becomes, 1)
    assert changed != raw
    assert not dkim.verify(changed, dnsfunc=resolver(known))


def test_the_plan_of_a_letter_signs_as_the_plain_signer_does(ledger: Ledger) -> None:
    """Whatever is hashed once gives what hashing all of it gives, for every reader, from several threads at once."""
    keys(ledger).add(ledger.workspace, "example.org")
    known = signed(ledger)[1]
    (pair,) = pairs(ledger)
    signer = Signer(DkimKey("example.org", pair[0].selector, pair[1]))
    of = compile_letter(
        LetterSource(
            "{{ name | default('x') }}", "Dear {{ email }}", from_="s@example.org", campaign_uid=UID, signers=(signer,)
        )
    )
    people = [
        Recipient(n, f"a{n}@example.net", name) for n, name in enumerate(("Ada", "", "Łukasz  the\tfirst", "x" * 90))
    ]
    drafts = [of.draft(person, NOW)[0] for person in people for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        whole = list(pool.map(lambda draft: of.sign(draft, NOW), drafts))
    for draft, message in zip(drafts, whole, strict=True):
        assert dkim.verify(message, dnsfunc=resolver(known))
        assert dkim.verify(signer.header(draft, NOW) + draft, dnsfunc=resolver(known))


def test_both_headers_of_one_click_are_signed(ledger: Ledger) -> None:
    """RFC 8058 section 4: List-Unsubscribe and List-Unsubscribe-Post are covered by h=; From twice (RFC 6376 section 8.15)."""
    keys(ledger).add(ledger.workspace, "example.org")
    listed = re.sub(r"\s", "", str(email.message_from_bytes(signed(ledger)[0])["DKIM-Signature"]))
    named = re.search(r"h=([^;]+);", listed)
    assert named is not None
    assert {"list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "reply-to"} <= set(
        named[1].split(":")
    )
    assert named[1].split(":").count("from") == 2


def test_ed25519_signs_beside_rsa(ledger: Ledger) -> None:
    """RFC 8463. dkimpy verifies it only with a library that is not here, so the library that signs is asked the other way."""
    keys(ledger).add(ledger.workspace, "example.org", algorithm="ed25519")
    keys(ledger).add(ledger.workspace, "example.org")
    raw, known = signed(ledger)
    assert [key.algorithm for key in known] == ["rsa", "ed25519"]
    message = email.message_from_bytes(raw)
    assert ["ed25519-sha256" in each for each in message.get_all("DKIM-Signature", [])] == [True, False]
    rsa_only = raw[raw.index(b"DKIM-Signature", 1) :]
    assert dkim.verify(rsa_only, dnsfunc=resolver(known))
    field, rest = raw[: -len(rsa_only)].decode(), rsa_only
    signature = base64.b64decode(re.sub(r"\s", "", field.rpartition("b=")[2]))
    told = canonical(field, rest)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(known[1].public))
    public.verify(signature, sha256(told).digest())
    with pytest.raises(InvalidSignature):
        public.verify(signature, sha256(told + b" ").digest())


def canonical(field: str, message: bytes) -> bytes:
    """What was signed, made by dkimpy's own canonicalisation."""
    fields, _ = dkim.rfc822_parse(field.encode() + message)
    fields = fields[1:]
    named = re.search(r"h=([^;]+);", field)
    assert named is not None
    include = [name.strip().encode() for name in named[1].split(":")]
    relaxed = Relaxed.canonicalize_headers(fields)
    chosen = dkim.select_headers(relaxed, include)
    bare = field[: field.rindex("b=") + 2].encode()
    own = Relaxed.canonicalize_headers([(b"DKIM-Signature", bare.partition(b":")[2])])[0]
    return b"".join(name + b":" + value for name, value in chosen) + (own[0] + b":" + own[1]).rstrip(b"\r\n")


def test_a_key_is_made_once_shown_as_a_record_and_retired(ledger: Ledger) -> None:
    store = keys(ledger)
    made = store.add(ledger.workspace, "Example.ORG", selector="s1")
    assert made.name == "s1._domainkey.example.org"
    assert made.record.startswith("v=DKIM1; k=rsa; p=MII")
    with pytest.raises(Conflict):
        store.add(ledger.workspace, "example.org", selector="s1")
    for wrong in (
        {"domain": "no domain"},
        {"domain": "a.b", "algorithm": "rot13"},
        {"domain": "a.b", "selector": "a.b"},
    ):
        with pytest.raises(Invalid):
            store.add(ledger.workspace, **wrong)
    store.retire(ledger.workspace, "example.org", "s1")
    assert not store.signing(ledger.workspace)
    with pytest.raises(NotFound):
        store.retire(ledger.workspace, "example.org", "s1")
