"""/contacts, /lists, /suppressions: who messages go to, and who is left out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from homing.api import shapes, told
from homing.api.acting import ActingRoute
from homing.api.guards import Principal, ledger_of, reader, writer
from homing.contacts.columns import key_of
from homing.contacts.normalise import Flaw
from homing.contacts.normalise import address as normal
from homing.contacts.normalise import email as normal_email
from homing.contacts.normalise import phone as normal_phone
from homing.model.errors import HomingError, NotFound
from homing.model.intent import wrong
from homing.model.moment import rfc3339
from homing.model.policy import masked
from homing.store.contacts import Touch
from homing.store.matching import Row
from homing.store.merging import Merging
from homing.store.references import one_line
from homing.store.removing import Removing

router = APIRouter(route_class=ActingRoute)

Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Reads = Annotated[Principal, Depends(reader)]
Writes = Annotated[Principal, Depends(writer)]
Limit = Annotated[int, Query(ge=1, le=1000)]
_LONGEST = 1_000  # characters of a contact's name


def _addresses(body: shapes.ContactBody) -> dict[str, Any]:
    """E-mail and phone in their normal form, where given. Raises Invalid with the pointer."""
    found: dict[str, Any] = {}
    given = body.given()
    for name in ("email", "phone"):
        if name not in given:
            continue
        text = given[name]
        try:
            country = body.default_country
            found[name] = (
                None if text is None else normal_email(text) if name == "email" else normal_phone(text, country)[0]
            )
        except (Flaw, HomingError) as error:
            raise wrong(f"/{name}", error.detail) from error
    return found


def _name(body: shapes.ContactBody) -> str:
    """The name on one line, as an import keeps it. Raises Invalid."""
    line = " ".join((body.name or "").split())
    if len(line) > _LONGEST or not line.isprintable():
        raise wrong("/name", f"a contact's name is one line of at most {_LONGEST} characters")
    return line


def _attributes(body: shapes.ContactBody) -> dict[str, Any]:
    """The attributes, each with a key that a template can name. Raises Invalid."""
    given = body.attributes or {}
    for key, value in given.items():
        if not key_of(key) or not key.isprintable() or len(key) > _LONGEST:
            raise wrong("/attributes", f"'{key[:40]}' is no name of an attribute; write one like favourite_colour")
        if isinstance(value, str) and "\0" in value:
            raise wrong(f"/attributes/{key}", "this has a NUL in it")
    return given


@router.get("/contacts", tags=["contacts"], **told.tells(told.Contacts))
def contacts(
    who: Reads,
    request: Request,
    limit: Limit = 100,
    cursor: str | None = None,
    of_list: Annotated[str | None, Query(alias="list")] = None,
    words: Annotated[str, Query(alias="q", max_length=200)] = "",
) -> Any:
    """Oldest first; `list`: only its members; `q`: only those whose address or name has it."""
    ledger = ledger_of(request)
    of = None if of_list is None else ledger.lists.find(who.workspace_id, of_list).id
    after = shapes.key_of(cursor, (int,))
    found = ledger.contacts.page(
        who.workspace_id, limit=limit, after=after[0] if after else 0, list_id=of, words=words.strip()
    )
    return shapes.page(
        [shapes.contact(each, whole=who.sees_addresses) for each in found],
        limit,
        shapes.cursor_of(found[-1].id) if found else None,
    )


@router.post("/contacts", tags=["contacts"], **told.tells(told.Contact, 201))
def add_contact(body: shapes.ContactBody, who: Writes, request: Request) -> dict[str, Any]:
    """Makes one contact; 409 when its address is known already."""
    ledger = ledger_of(request)
    given = _addresses(body)
    attributes = {key: value for key, value in _attributes(body).items() if value is not None}
    row = Row(given.get("email"), given.get("phone"), _name(body), attributes)
    list_id = ledger.lists.ensure(who.workspace_id, body.list).id if body.list else None
    made = ledger.contacts.add(who.workspace_id, row, list_id=list_id)
    consent = {name: value for name, value in body.given().items() if name.startswith("consent_")}
    return shapes.contact(ledger.contacts.change(who.workspace_id, made.id, consent) if consent else made)


@router.get("/contacts/{id}", tags=["contacts"], **told.tells(told.Contact))
def show_contact(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """By id or address."""
    ledger = ledger_of(request)
    return shapes.contact(ledger.contacts.find(who.workspace_id, ref), whole=who.sees_addresses)


@router.get("/contacts/{id}/timeline", tags=["contacts"])
def contact_timeline(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """ "Did she get it?": every message to a contact, of the newest campaign first; its lists, and what keeps it out."""
    ledger = ledger_of(request)
    of = ledger.contacts.find(who.workspace_id, ref)
    out = ledger.suppressions.covering(who.workspace_id, of.email) if of.email else None
    return {
        "contact": shapes.contact(of, whole=who.sees_addresses),
        "lists": list(ledger.lists.of(who.workspace_id, of.id)),
        "suppressed": None if out is None else {"reason": out.reason, "since": rfc3339(out.since)},
        "items": [_touch(each, whole=who.sees_addresses) for each in ledger.contacts.timeline(who.workspace_id, of.id)],
        "next": None,
    }


def _touch(of: Touch, *, whole: bool) -> dict[str, Any]:
    return {
        "campaign": of.campaign_uid,
        "name": of.campaign_name,
        "channel": of.channel,
        "seq": of.seq,
        "address": of.address if whole else masked(of.address),
        "state": of.state,
        "reason": of.reason,
        "code": of.code,
        "words": of.words if whole else None,
        "at": rfc3339(of.changed_at),
    }


@router.patch("/contacts/{id}", tags=["contacts"], **told.tells(told.Contact))
def change_contact(ref: Ref, body: shapes.ContactBody, who: Writes, request: Request) -> dict[str, Any]:
    """Changes what the body names; attributes are merged, null takes one away."""
    ledger = ledger_of(request)
    found = ledger.contacts.find(who.workspace_id, ref)
    kept = ("name", "attributes", "consent_email", "consent_whatsapp")
    changes = {name: value for name, value in body.given().items() if name in kept} | _addresses(body)
    if "name" in changes:
        changes["name"] = _name(body)
    _attributes(body)
    return shapes.contact(ledger.contacts.change(who.workspace_id, found.id, changes))


@router.delete("/contacts/{id}", status_code=204, tags=["contacts"])
def remove_contact(ref: Ref, who: Writes, request: Request) -> None:
    """Removes a contact for good; what was sent to it stays in the accounts, and so does a suppression of its address."""
    ledger = ledger_of(request)
    found = ledger.contacts.find(who.workspace_id, ref)
    Removing(ledger.database).remove(who.workspace_id, found.id, actor=who.name)


@router.post("/contacts/{id}/merge", tags=["contacts"])
def merge_contact(ref: Ref, body: shapes.MergeBody, who: Writes, request: Request) -> dict[str, Any]:
    """Makes two contacts one: the older stays, differing values go to `other_...`; 409 while a campaign takes its audience."""
    ledger = ledger_of(request)
    one, other = (ledger.contacts.find(who.workspace_id, each).id for each in (ref, body.other))
    return shapes.contact(Merging(ledger.database).merge(who.workspace_id, one, other, actor=who.name))


@router.get("/lists", tags=["lists"], **told.tells(told.ContactLists))
def lists(who: Reads, request: Request) -> Any:
    """All of them, with their number of members."""
    return {
        "items": [shapes.contact_list(each) for each in ledger_of(request).lists.list(who.workspace_id)],
        "next": None,
    }


@router.post("/lists", tags=["lists"], **told.tells(told.ContactList, 201))
def add_list(body: shapes.NameBody, who: Writes, request: Request) -> dict[str, Any]:
    """Makes a list; 409 when the name is in use."""
    return shapes.contact_list(ledger_of(request).lists.add(who.workspace_id, body.name))


@router.get("/lists/{id}", tags=["lists"], **told.tells(told.ContactList))
def show_list(ref: Ref, who: Reads, request: Request) -> dict[str, Any]:
    """By id or name."""
    return shapes.contact_list(ledger_of(request).lists.find(who.workspace_id, ref))


@router.delete("/lists/{id}", status_code=204, tags=["lists"])
def remove_list(ref: Ref, who: Writes, request: Request) -> None:
    """Removes a list, not its contacts."""
    ledger = ledger_of(request)
    ledger.lists.remove(who.workspace_id, ledger.lists.find(who.workspace_id, ref).id)


@router.post("/lists/{id}/members", tags=["lists"])
def put_members(ref: Ref, body: shapes.MembersBody, who: Writes, request: Request) -> dict[str, int]:
    """Puts contacts on a list; returns how many were not on it."""
    ledger = ledger_of(request)
    of = ledger.lists.find(who.workspace_id, ref)
    found = [ledger.contacts.find(who.workspace_id, each).id for each in body.contacts]
    return {"added": ledger.lists.put(who.workspace_id, of.id, found)}


@router.delete("/lists/{id}/members/{contact}", status_code=204, tags=["lists"])
def take_off(ref: Ref, contact: str, who: Writes, request: Request) -> None:
    """Takes a contact off a list."""
    ledger = ledger_of(request)
    of = ledger.lists.find(who.workspace_id, ref)
    if not ledger.lists.take_off(who.workspace_id, of.id, ledger.contacts.find(who.workspace_id, contact).id):
        raise NotFound("this contact is not on this list")


@router.get("/suppressions", tags=["suppressions"])
def suppressions(who: Reads, request: Request, limit: Limit = 100, cursor: str | None = None) -> Any:
    """Who must not get anything, and why."""
    after = shapes.key_of(cursor, (str, str)) or ("", "")
    found = ledger_of(request).suppressions.page(who.workspace_id, limit=limit, after=(after[0], after[1]))
    last = shapes.cursor_of(found[-1].channel, found[-1].address) if found else None
    return shapes.page([shapes.suppression(each, whole=who.sees_addresses) for each in found], limit, last)


@router.post("/suppressions", status_code=201, tags=["suppressions"])
def suppress(body: shapes.SuppressionBody, who: Writes, request: Request) -> dict[str, int]:
    """Suppresses addresses or domains; returns how many were not before. It stops what has not left yet."""
    given = [*(body.addresses or ()), *([body.address] if body.address else ())]
    if not given:
        raise wrong("/address", "name an address, or @domain")
    addresses = [normal(text) for text in given]
    reason = one_line(body.reason, "reason")
    added = ledger_of(request).suppressions.add(who.workspace_id, addresses, reason=reason, channel=body.channel)
    return {"added": added}


@router.delete("/suppressions/{address}", status_code=204, tags=["suppressions"])
def unsuppress(address: str, who: Writes, request: Request, channel: str = "email") -> None:
    """Lets an address be sent to again; written down with who said so."""
    gone = ledger_of(request).suppressions.remove(who.workspace_id, normal(address), channel=channel, actor=who.name)
    if not gone:
        raise NotFound("this address is not suppressed")
