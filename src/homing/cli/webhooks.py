"""`homing webhook`: endpoints that are told what happens."""

import json
from typing import Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import Json, print_json, print_table, rfc3339, say

app = typer.Typer(no_args_is_help=True)

Ref = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its name, or the beginning of its id.")]


@app.callback()
def webhook() -> None:
    """Endpoints that are told what happens, signed by Standard Webhooks and retried over a day."""


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to post: https, on the public Internet.")],
    name: Annotated[str, typer.Option("--name", help="What it is called.")] = "",
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Of what it is told, like campaign.*; repeatable; all otherwise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make an endpoint and print the secret that signs its calls; it is shown this once."""
    from homing.store.webhooks import Webhooks

    house = open_house()
    made, secret = Webhooks(house.database, house.seal).add(
        house.workspace.id, url, name=name, kinds=kind or (), actor=house.actor
    )
    if as_json:
        print_json({"id": made.uid, "name": made.name, "url": made.url, "kinds": list(made.kinds), "secret": secret})
    else:
        print(secret)
        say("keep it now: it cannot be shown again; the other side checks the header webhook-signature with it")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the endpoints of this workspace."""
    from homing.store.webhooks import Webhooks

    house = open_house()
    found = Webhooks(house.database).list(house.workspace.id)
    told = [
        {
            "id": each.uid,
            "name": each.name,
            "url": each.url,
            "kinds": list(each.kinds),
            "enabled": each.disabled_at is None,
            "disabled_why": each.disabled_why,
        }
        for each in found
    ]
    if as_json:
        print_json({"webhooks": told})
        return
    rows = [
        [w.name, w.uid, w.url, " ".join(w.kinds) or "all", "on" if w.disabled_at is None else f"off: {w.disabled_why}"]
        for w in found
    ]
    print_table(["name", "id", "url", "kinds", "state"], rows)


@app.command()
def show(
    ref: Ref,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="So many calls at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Show its newest calls with their tries: what was told, and what the other side answered."""
    from homing.store.webhook_calls import Calls
    from homing.store.webhooks import Webhooks

    house = open_house()
    found = Webhooks(house.database).find(house.workspace.id, ref)
    calls = Calls(house.database).of(found.id, limit=limit)
    told = [
        {
            "id": call.event_id,
            "kind": call.kind,
            "at": rfc3339(call.at),
            "state": call.state,
            "due_at": rfc3339(call.due_at),
            "tries": [
                {"at": rfc3339(t.at), "took_ms": t.took_ms, "status": t.status, "words": t.words} for t in call.tries
            ],
        }
        for call in calls
    ]
    if as_json:
        print_json({"id": found.uid, "name": found.name, "calls": told})
        return
    rows = []
    for call in calls:
        last = call.tries[-1] if call.tries else None
        came = "" if last is None else f"{last.status or 'no answer'} {last.words or ''}".strip()
        next_at = f"again {rfc3339(call.due_at)}" if call.due_at and call.tries else ""
        rows.append([rfc3339(call.at), call.kind, call.state, str(len(call.tries)), came, next_at])
    print_table(["at", "kind", "state", "tries", "last answer", "next"], rows)


@app.command("test")
def try_out(ref: Ref, as_json: Json = False) -> None:
    """Owe it one call of the kind webhook.test; a running worker makes it, and `show` tells what came of it."""
    from homing.model.ids import new_uid
    from homing.store.webhook_calls import Calls
    from homing.store.webhooks import Webhooks

    house = open_house()
    found = Webhooks(house.database).find(house.workspace.id, ref)
    now = house.world.clock.now()
    event_id = f"test_{new_uid(now)}"
    body = json.dumps({"type": "webhook.test", "timestamp": rfc3339(now), "data": {"webhook": found.uid}})
    Calls(house.database).tell_test(found.id, event_id, body)
    if as_json:
        print_json({"id": event_id})
    else:
        say(f"a worker calls '{found.name}' now; `homing webhook show {found.name}` tells what came of it")


@app.command()
def rotate(ref: Ref, as_json: Json = False) -> None:
    """Make a new secret and print it; calls carry the signatures of both until the next rotation."""
    from homing.store.webhooks import Webhooks

    house = open_house()
    store = Webhooks(house.database, house.seal)
    found = store.find(house.workspace.id, ref)
    secret = store.rotate(found, actor=house.actor)
    if as_json:
        print_json({"id": found.uid, "secret": secret})
    else:
        print(secret)


@app.command()
def remove(ref: Ref, as_json: Json = False) -> None:
    """End an endpoint; nothing more is sent to it."""
    from homing.store.webhooks import Webhooks

    house = open_house()
    store = Webhooks(house.database, house.seal)
    found = store.find(house.workspace.id, ref)
    store.remove(found, actor=house.actor)
    if as_json:
        print_json({"id": found.uid, "removed": True})
    else:
        say(f"'{found.name}' is told nothing more")
