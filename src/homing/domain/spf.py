"""SPF (RFC 7208): who may send for a domain. Counts the lookups that a receiver would need, and stops where it would."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from homing.domain.names import Names, Silent
from homing.model.finding import FAIL, OK, WARN, Finding

MOST_LOOKUPS, MOST_VOID = 10, 2
"""Section 4.6.4: with more a receiver answers permerror, whatever the rest says."""
_TERM = re.compile(r"(?P<sign>[+~?-]?)(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?P<rest>[:/=].*)?")
_ASKING = frozenset(("include", "a", "mx", "ptr", "exists", "redirect"))
_KNOWN = _ASKING | {"all", "ip4", "ip6", "exp"}


@dataclass(slots=True)
class _Walk:
    """`ending`: the sign of `all`; "" while none was met."""

    lookups: int = 0
    void: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ptr: bool = False
    ending: str = ""


def look(names: Names, domain: str, what: str = "spf") -> Iterator[Finding]:
    """The SPF record of a domain that is in MAIL FROM. Raises Silent."""
    found = records(names, domain)
    if not found:
        mend = f"add a TXT record to {domain}: v=spf1 include:YOUR-PROVIDER ~all (or ip4:ADDRESS of your own relay)"
        yield Finding(what, FAIL, f"{domain} has no SPF record: any server may claim to send for it", mend)
        return
    if len(found) > 1:
        words = f"{domain} has {len(found)} SPF records: receivers believe none of them"
        yield Finding(what, FAIL, words, "make one record of them")
        return
    walk = _Walk()
    _follow(names, domain, found[0], walk, top=True)
    yield from _told(domain, found[0], walk, what)


def records(names: Names, domain: str) -> list[str]:
    """Section 4.5: those that begin with the version."""
    return [text for text in names.texts(domain) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def _follow(names: Names, domain: str, record: str, walk: _Walk, *, top: bool) -> None:
    redirect = ""
    for term in record.split()[1:]:
        found = _TERM.fullmatch(term)
        name = found["name"].lower() if found is not None else ""
        if found is None or (name not in _KNOWN and not (found["rest"] or "").startswith("=")):
            walk.wrong.append(f"'{term}' is no term of SPF")
            continue
        target = (found["rest"] or "").lstrip(":=").partition("/")[0]
        if name == "all" and top:
            walk.ending = found["sign"] or "+"
        elif name == "redirect":
            redirect = target
        elif name in _ASKING:
            _count(names, name, target or domain, walk)
    if redirect and not walk.ending:
        walk.lookups += 1
        _enter(names, redirect, walk, top=top)


def _count(names: Names, name: str, target: str, walk: _Walk) -> None:
    """One mechanism that makes a receiver ask. Names with macros depend on the message and are only counted."""
    walk.lookups += 1
    walk.ptr = walk.ptr or name == "ptr"
    if walk.lookups > MOST_LOOKUPS or "%" in target or name == "ptr":
        return
    if name == "include":
        _enter(names, target, walk, top=False)
    elif name == "mx":
        if not names.mail_servers(target):
            walk.void.append(f"mx:{target}")
    elif not names.addresses(target):
        walk.void.append(f"{name}:{target}")


def _enter(names: Names, domain: str, walk: _Walk, *, top: bool) -> None:
    try:
        found = records(names, domain)
    except Silent as error:
        walk.wrong.append(str(error))
        return
    if len(found) == 1:
        if walk.lookups <= MOST_LOOKUPS:
            _follow(names, domain, found[0], walk, top=top)
    else:
        walk.wrong.append(f"{domain}, which it includes, has {len(found) or 'no'} SPF record{'s' * (len(found) > 1)}")


def _told(domain: str, record: str, walk: _Walk, what: str) -> Iterator[Finding]:
    faults = [*walk.wrong]
    if walk.lookups > MOST_LOOKUPS:
        faults.append(f"it needs more than {MOST_LOOKUPS} lookups, and receivers stop there")
    if len(walk.void) > MOST_VOID:
        faults.append(
            f"{len(walk.void)} of its names are not there ({', '.join(walk.void[:3])}); {MOST_VOID} are allowed"
        )
    if walk.ending == "+":
        faults.append("it ends in +all: everybody may send for it")
    if faults:
        yield Finding(what, FAIL, f"the SPF record of {domain} does not hold: {'; '.join(faults)}", "mend the record")
        return
    words = f"{domain}: {record} ({walk.lookups} of {MOST_LOOKUPS} lookups)"
    if walk.ending in ("", "?"):
        yield Finding(what, WARN, f"{words} says nothing about other servers", "end it with ~all or -all")
    elif walk.void:
        yield Finding(what, WARN, f"{words}; not there: {', '.join(walk.void)}", "take them out")
    elif walk.ptr:
        yield Finding(what, WARN, f"{words} uses ptr, which receivers pass over (section 5.5)", "take ptr out")
    else:
        yield Finding(what, OK, words)
