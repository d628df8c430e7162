"""`homing contacts`: people; `import` is in cli/contacts_import.py."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homing.cli.contacts_import import app as import_app
from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_pairs, print_table, rfc3339, say
from homing.model.errors import Invalid

if TYPE_CHECKING:
    from homing.app import House
    from homing.store.contacts import Contact
    from homing.store.lists import ListId

app = typer.Typer(no_args_is_help=True)
app.registered_commands.extend(import_app.registered_commands)

Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="E-mail address, phone number, or beginning of the id.")]
OfList = Annotated[str | None, typer.Option("--list", metavar="L", help="Only members of this list.")]
Pairs = Annotated[list[str] | None, typer.Option("--attribute", "-a", metavar="KEY=VALUE", help="May be repeated.")]
Country = Annotated[
    str | None, typer.Option("--default-country", metavar="CC", help="Where numbers without + are from, like LK.")
]


@app.callback()
def contacts() -> None:
    """The people that messages go to."""


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many at most.")] = 100,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Go on behind this one.")] = None,
    of_list: OfList = None,
    as_json: Json = False,
) -> None:
    """Show contacts, oldest first."""
    house = open_house()
    print_page(house, limit, cursor, list_id=_list_id(house, of_list), as_json=as_json)


@app.command()
def export(
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    of_list: OfList = None,
    as_json: Json = False,
) -> None:
    """Write all contacts to standard output: phone, email, name and attributes, one contact a line."""
    from homing.contacts.exporting import write_csv, write_json, write_jsonl
    from homing.store.contacts import Contacts

    if form not in ("csv", "jsonl"):
        raise Invalid("--format is csv or jsonl")
    form = "json" if as_json else form
    house = open_house()
    store, here, list_id = Contacts(house.database), house.workspace.id, _list_id(house, of_list)
    store.note_export(here, actor=house.actor, form=form)
    everybody = store.export(here, list_id=list_id)
    match form:
        case "csv":
            count = write_csv(everybody, store.attribute_names(here), sys.stdout)
        case "json":
            count = write_json(everybody, sys.stdout)
        case _:
            count = write_jsonl(everybody, sys.stdout)
    say(f"{count} contacts")


@app.command()
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="E-mail address or phone number.")],
    name: Annotated[str, typer.Option("--name", help="The full name.")] = "",
    email: Annotated[str | None, typer.Option("--email", help="The e-mail address beside a number.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="The number beside an e-mail address.")] = None,
    attribute: Pairs = None,
    to_list: Annotated[
        str | None, typer.Option("--list", metavar="L", help="Put it on this list, made when absent.")
    ] = None,
    country: Country = None,
    as_json: Json = False,
) -> None:
    """Make one contact; its id goes to standard output."""
    from homing.contacts.normalise import address as normal
    from homing.store.contacts import Contacts
    from homing.store.lists import Lists
    from homing.store.matching import Row

    given = [normal(text, _country(country)) for text in (address, email, phone) if text]
    emails, phones = ([text for text in given if ("@" in text) is kind] for kind in (True, False))
    if len(emails) > 1 or len(phones) > 1 or any(text.startswith("@") for text in emails):
        raise Invalid("a contact has one e-mail address and one phone number")
    row = Row(emails[0] if emails else None, phones[0] if phones else None, _line(name), _pairs(attribute))
    house = open_house()
    list_id = Lists(house.database).ensure(house.workspace.id, to_list).id if to_list else None
    made = Contacts(house.database).add(house.workspace.id, row, list_id=list_id)
    if as_json:
        print_json(told(made))
        return
    print(made.uid)
    say("the contact is made")


@app.command()
def show(who: Who, as_json: Json = False) -> None:
    """Show a contact, its lists, what keeps it out, and every message to it: "did she get it?"."""
    from homing.store.contacts import Contacts
    from homing.store.lists import Lists
    from homing.store.suppressions import Suppressions

    house = open_house()
    here = house.workspace.id
    found = find(house, who)
    lists = Lists(house.database).of(here, found.id)
    suppressed = Suppressions(house.database).covering(here, found.email) if found.email else None
    messages = Contacts(house.database).timeline(here, found.id)
    timeline = [
        {
            "campaign": one.campaign_uid,
            "name": one.campaign_name,
            "channel": one.channel,
            "seq": one.seq,
            "address": one.address,
            "state": one.state,
            "attempts": one.attempts,
            "reason": one.reason,
            "code": one.code,
            "words": one.words,
            "at": rfc3339(one.changed_at),
        }
        for one in messages
    ]
    left_out = {"address": suppressed.address, "reason": suppressed.reason} if suppressed else None
    if as_json:
        print_json({**told(found), "lists": list(lists), "suppressed": left_out, "messages": timeline})
        return
    keeps_out = f"{suppressed.address} ({suppressed.reason})" if suppressed else "no"
    pairs: list[tuple[str, Any]] = [
        ("id", found.uid),
        ("email", found.email),
        ("phone", found.phone),
        ("name", found.name),
    ]
    pairs += [*found.attributes.items(), ("lists", ", ".join(lists)), ("suppressed", keeps_out)]
    print_pairs(pairs)
    heads = ["campaign", "seq", "state", "attempts", "reason", "at"]
    print_table(
        heads, [[m["name"], m["seq"], m["state"], m["attempts"], m["reason"] or m["words"], m["at"]] for m in timeline]
    )


@app.command("set")
def set_(
    who: Who,
    name: Annotated[str | None, typer.Option("--name", help="The full name.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="Another e-mail address; empty takes it away.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="Another number; empty takes it away.")] = None,
    attribute: Pairs = None,
    consent_email: Annotated[str | None, typer.Option("--consent-email", help="unknown, given or refused.")] = None,
    country: Country = None,
    as_json: Json = False,
) -> None:
    """Change a contact; `--attribute KEY=` takes an attribute away."""
    from homing.contacts.normalise import address as normal
    from homing.store.contacts import Contacts

    changes: dict[str, Any] = {}
    for field, text in (("email", email), ("phone", phone)):
        if text is not None:
            changes[field] = _of_kind(field, normal(text, _country(country))) if text else None
    if name is not None:
        changes["name"] = _line(name)
    if attribute:
        changes["attributes"] = {key: value or None for key, value in _pairs(attribute).items()}
    if consent_email is not None:
        changes["consent_email"] = consent_email
    if not changes:
        raise Invalid("say what to change")
    house = open_house()
    after = Contacts(house.database).change(house.workspace.id, find(house, who).id, changes)
    if as_json:
        print_json(told(after))
    else:
        say("the contact is changed")


@app.command()
def merge(
    who: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", help="One of the two.")] = None,
    other: Annotated[str | None, typer.Argument(metavar="[OTHER]", help="The other.")] = None,
    as_json: Json = False,
) -> None:
    """Make two contacts one: the older stays, nothing is lost. Without addresses: show pairs that imports have met."""
    from homing.store.merging import Merging

    house = open_house()
    here = house.workspace.id
    merging = Merging(house.database)
    if who is None or other is None:
        pairs = merging.noted(here)
        if as_json:
            print_json({"pairs": [[told(one), told(two)] for one, two in pairs]})
            return
        rows = [[one.email or one.phone, one.name, two.email or two.phone, two.name] for one, two in pairs]
        print_table(["one", "name", "other", "name"], rows)
        return
    after = merging.merge(here, find(house, who).id, find(house, other).id, actor=house.actor)
    if as_json:
        print_json(told(after))
    else:
        say("the two are one; what differed is in its attributes other_...")


@app.command()
def remove(who: Who, as_json: Json = False) -> None:
    """Remove a contact for good; what was sent to it stays in the books, and so does a suppression of its address."""
    from homing.store.removing import Removing

    house = open_house()
    found = find(house, who)
    Removing(house.database).remove(house.workspace.id, found.id, actor=house.actor)
    if as_json:
        print_json({"id": found.uid})
    else:
        say("the contact is removed for good")


def find(house: "House", reference: str) -> "Contact":
    """A contact by any spelling of its address, or by the beginning of its id. Raises NotFound."""
    from homing.contacts.normalise import address as normal
    from homing.store.contacts import Contacts

    is_address = "@" in reference or reference.startswith(("+", "00"))
    return Contacts(house.database).find(house.workspace.id, normal(reference) if is_address else reference)


def told(of: "Contact") -> dict[str, Any]:
    """A contact as JSON."""
    return {
        "id": of.uid,
        "phone": of.phone,
        "email": of.email,
        "name": of.name,
        "attributes": dict(of.attributes),
        "consent": {"email": of.consent_email, "whatsapp": of.consent_whatsapp},
        "created_at": rfc3339(of.created_at),
        "updated_at": rfc3339(of.updated_at),
    }


def print_page(house: "House", limit: int, cursor: str | None, *, list_id: "ListId | None", as_json: bool) -> None:
    """One page of contacts, and the cursor of the next."""
    from homing.store.contacts import Contacts

    after = find(house, cursor).id if cursor else 0
    page = Contacts(house.database).page(house.workspace.id, limit=limit, after=after, list_id=list_id)
    following = page[-1].uid if len(page) == limit else None
    if as_json:
        print_json({"contacts": [told(one) for one in page], "next_cursor": following})
        return
    print_table(["email", "phone", "name", "id"], [[one.email, one.phone, one.name, one.uid] for one in page])
    if following:
        say(f"there are more: --cursor {following}")


def _list_id(house: "House", name: str | None) -> "ListId | None":
    from homing.store.lists import Lists

    return Lists(house.database).find(house.workspace.id, name).id if name else None


def _country(code: str | None) -> str | None:
    from homing.contacts.normalise import check_country

    return check_country(code)


def _of_kind(field: str, address: str) -> str:
    if ("@" in address) is not (field == "email") or address.startswith("@"):
        raise Invalid(f"this is no {'e-mail address' if field == 'email' else 'phone number'}")
    return address


def _line(text: str) -> str:
    line = " ".join(text.split())
    if not line.isprintable():
        raise Invalid("this has characters that cannot be printed")
    return line


def _pairs(given: list[str] | None) -> dict[str, str]:
    """KEY=VALUE, with keys spelt as an import spells them."""
    from homing.contacts.columns import key_of

    pairs = {}
    for text in given or ():
        key, separator, value = text.partition("=")
        if not separator or not key_of(key):
            raise Invalid(f"'{text}' is not KEY=VALUE")
        pairs[key_of(key)] = value.strip()
    return pairs
