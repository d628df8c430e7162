"""DMARC (RFC 9989): the policy of a domain, found by the tree walk, and whether what we sign and where bounces go align."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from homing.domain.names import Names, Silent, tags_of
from homing.model.finding import FAIL, OK, WARN, Finding

LONGEST = 8
"""Labels: of a longer name the walk goes on with its last seven (section 4.10)."""
_POLICIES = ("none", "quarantine", "reject")
_GONE = ("pct", "rf", "ri")
_MAILTO = re.compile(r"mailto:[^@\s,!]+@([^\s,!]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """A policy record, and the domain that it stands at."""

    domain: str
    text: str

    @property
    def tags(self) -> dict[str, str]:
        return tags_of(self.text)


@dataclass(frozen=True, slots=True)
class Walked:
    """What the walk up from a name found: every record on the way, from the name upwards."""

    name: str
    records: Sequence[Record]

    @property
    def organization(self) -> str:
        """The organizational domain (section 4.10.2)."""
        for each in self.records:
            psd = each.tags.get("psd")
            if psd == "n":
                return each.domain
            if psd == "y" and each.domain != self.name:
                below = self.name.split(".")
                return ".".join(below[-(each.domain.count(".") + 2) :])
        return self.records[-1].domain if self.records else self.name

    @property
    def policy(self) -> Record | None:
        """The record whose policy holds for mail from the name: its own, else that of the organization."""
        at = {each.domain: each for each in self.records}
        return at.get(self.name) or at.get(self.organization)


def walk(names: Names, name: str) -> Walked:
    """From the name up to its last label. Raises Silent."""
    labels = name.lower().rstrip(".").split(".")
    found = []
    rest = labels
    while rest:
        record = _record(names, ".".join(rest))
        if record is not None:
            found.append(record)
            if record.tags.get("psd") in ("y", "n"):
                break
        rest = rest[1:] if len(rest) < LONGEST else rest[-(LONGEST - 1) :]
    return Walked(".".join(labels), found)


def _record(names: Names, domain: str) -> Record | None:
    """The one valid record of a domain: of several none is believed."""
    found = [text for text in names.texts(f"_dmarc.{domain}") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
    return Record(domain, found[0]) if len(found) == 1 else None


def look(names: Names, domain: str, bounce_domains: Sequence[str] = ()) -> Iterator[Finding]:
    """The policy of a From domain, where its reports go, and whether bounces come back to the same organization.
    Raises Silent."""
    walked = walk(names, domain)
    record = walked.policy
    if record is None:
        mend = f"add a TXT record to _dmarc.{walked.organization}: v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
        words = f"{domain} has no DMARC record: Gmail, Yahoo and Outlook ask bulk senders for one"
        yield Finding("dmarc", FAIL, words, mend)
        return
    yield _policy(walked, record)
    yield from _reports(names, record)
    old = [tag for tag in _GONE if tag in record.tags]
    if old:
        yield Finding(
            "dmarc", WARN, f"{', '.join(old)} mean nothing any more (RFC 9989)", "take them out of the record"
        )
    for each in bounce_domains:
        yield _aligned(names, walked, record, each)


def _policy(walked: Walked, record: Record) -> Finding:
    tags = record.tags
    said = tags.get("p", "none")
    if record.domain != walked.name:
        said = tags.get("sp", said)
    where = f"{walked.name}: p={said}" + (f", from {record.domain}" if record.domain != walked.name else "")
    if said not in _POLICIES:
        return Finding("dmarc", FAIL, f"{where} is no policy", "write p=none, p=quarantine or p=reject")
    if tags.get("t") == "y":
        return Finding("dmarc", WARN, f"{where}, but t=y: receivers only report", "take t=y out when reports are clean")
    if said == "none":
        mend = "when the reports show only your own mail, go on to p=quarantine"
        return Finding("dmarc", WARN, f"{where}: forged mail is only reported", mend)
    return Finding("dmarc", OK, where)


def _reports(names: Names, record: Record) -> Iterator[Finding]:
    """`rua`; a foreign address has to say that it wants them (RFC 9990 section 4)."""
    rua = record.tags.get("rua", "")
    targets = [found.lower() for found in _MAILTO.findall(rua)]
    if not targets:
        words = "nobody gets the reports (rua): you would not see who sends in your name"
        yield Finding("dmarc rua", WARN, words, f"add rua=mailto:dmarc@{record.domain}")
        return
    own = walk(names, record.domain).organization
    for target in dict.fromkeys(targets):
        if walk(names, target).organization == own:
            continue
        name = f"{record.domain}._report._dmarc.{target}"
        try:
            wanted = any(text.lower().startswith("v=dmarc1") for text in names.texts(name))
        except Silent:
            wanted = False
        if not wanted:
            yield Finding(
                "dmarc rua",
                WARN,
                f"{target} does not say that it takes reports about {record.domain}",
                f"ask for a TXT record at {name}: v=DMARC1",
            )
            return
    yield Finding("dmarc rua", OK, f"reports go to {', '.join(dict.fromkeys(targets))}")


def _aligned(names: Names, walked: Walked, record: Record, bounce_domain: str) -> Finding:
    """Whether SPF of the return path counts for From (section 4.4): the same organization, or the same domain where asked."""
    strict = record.tags.get("aspf") == "s"
    same = bounce_domain == walked.name if strict else walk(names, bounce_domain).organization == walked.organization
    if same:
        return Finding("alignment", OK, f"bounces go to {bounce_domain}, which aligns with {walked.name}")
    words = f"bounces go to {bounce_domain}, which does not align with {walked.name}: only DKIM counts for DMARC"
    return Finding("alignment", WARN, words, f"use a bounce domain below {walked.organization}")
