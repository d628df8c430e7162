"""Every screen of the page, and a site that has something to show on each of them."""

import contextlib
import hashlib
import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.links import LONG, Site, site, wait_for
from tests.whatsapp.cloud import APP_SECRET, NUMBER, TOKEN, VERIFY, Cloud

NIMAL = "94711000501"


@contextlib.contextmanager
def one_of_each(folder: Path) -> Iterator[Site]:
    """One campaign of each kind: running with failures, paused, scheduled, draft, completed."""
    faults = ("--refuse-share", "0.2", "--fault", "rcpt=550 5.2.2 mailbox full*3")
    with Cloud().running() as cloud, site(folder, *faults) as made:
        made.invite(60, "--rate", "60/s")
        made.start()  # from here on by its API: a command is a process of its own, and there were a dozen
        made.done = written(made, "Welcome letter", send=True)
        made.chat = chat_of(made, cloud)
        made.imports = {stage: brought(made, stage) for stage in ("mapped", "checked", "asked", "done")}
        wait_for(lambda: made.campaign(made.done)["state"] == "completed", seconds=120)
        made.server.order(faults=["rcpt=550 5.2.2 mailbox full*3", "dot=accept-close*1"])
        ask(made, "PATCH", "/senders/out", {"rate": "10/s"})
        made.going = written(made, "Diwali offer", send=True)
        wait_for(lambda: made.campaign(made.going)["counts"]["sent"] > 12, seconds=60)
        ask(made, "PATCH", "/senders/out", {"rate": "6/m"})
        written(made, "Newsletter 12", send=True, start_at="2031-05-01T08:00:00Z")
        made.draft = written(made, "Price list")
        letter = {"name": "Welcome", "subject": "Hello {{ name }}", "html": "<p>Dear {{ name }}</p>"}
        made.template = made.post("/templates", letter)[1]["id"]
        made.post("/templates", {"name": "Blocks", "subject": "Hello {{ name }}", "design": {"blocks": BLOCKS}})
        made.post("/segments", {"name": "Everybody", "filter": "email is set"})
        yield made


BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "text": "Hello {{ name }}"},
    {"kind": "text", "text": "**Good** to have [you](https://example.org/).\n\n- one\n- two"},
    {"kind": "columns", "left": [{"kind": "text", "text": "Left"}], "right": [{"kind": "space"}, {"kind": "divider"}]},
    {"kind": "button", "text": "Look", "href": "https://example.org/"},
    {"kind": "footer", "text": "You get this because you signed up."},
]
"""Each kind of block that needs no picture."""


def ask(of: Site, method: str, path: str, body: Any) -> Any:
    """A request to the API."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{of.url}/api/v1{path}", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=LONG) as answer:
        return json.loads(answer.read())


def written(of: Site, name: str, *, send: bool = False, **more: Any) -> str:
    """A campaign to everybody, by `out`; its id."""
    letter = {"subject": "For {{ name }}", "text": "Hello {{ name }}, dear {{ email }}.\n" * 20, "stop_if_failed": 0}
    whom = {"audience": {"lists": ["all"]}, "senders": ["out"]}
    id_ = str(of.post("/campaigns", {"name": name, **letter, **whom, **more})[1]["id"])
    if send:
        of.post(f"/campaigns/{id_}/send")
    return id_


def chat_of(of: Site, cloud: Cloud) -> str:
    """A WhatsApp sender to whom somebody has written, and a draft to be sent by it; the draft's id."""
    account = {"api_key": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY, "phone_number_id": NUMBER}
    where = {"endpoint_url": cloud.url, "probe": [cloud.url.rpartition("/")[2]]}
    of.post("/senders", {"name": "phone", "kind": "whatsapp_cloud", **account, **where})
    of.post("/contacts", {"phone": f"+{NIMAL}", "name": "Nimal P."})
    cloud.hook = f"{of.url}/api/v1/hooks/whatsapp_cloud/phone"
    said = {"id": "wamid.1", "from": NIMAL, "timestamp": str(int(time.time())), "type": "text"}
    heard = {"metadata": {"phone_number_id": NUMBER}, "messages": [{**said, "text": {"body": "Is it still there?"}}]}
    assert cloud.say({"field": "messages", "value": heard}) == 200
    wait_for(lambda: seen(f"{of.url}/api/v1/conversations")["items"], seconds=60)
    draft = {"name": "Evening offer", "channel": "whatsapp", "senders": ["phone"], "text": "Hello {{ name }}, tonight."}
    return str(of.post("/campaigns", draft)[1]["id"])


def brought(of: Site, stage: str) -> str:
    """An import of one file that has come as far as that; its id."""
    rows = (
        "email,name,city\n" + "".join(f"{stage}{n}@example.org,Guest {n},Colombo\n" for n in range(8)) + "nobody,X,Y\n"
    )
    content = rows.encode()
    body = {"fileName": f"{stage}.csv", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    id_ = str(of.post("/imports", body)[1]["importId"])
    url, headers = f"{of.url}/api/v1/imports/{id_}", {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/file", content, headers, method="PUT"), timeout=LONG).close()
    if stage == "mapped":
        return id_
    of.post(f"/imports/{id_}/mapping", {"list": stage, "replaceAll": stage == "asked"})
    wait_for(lambda: seen(url)["stage"] == "checked", seconds=60)
    if stage != "checked":
        of.post(f"/imports/{id_}/start")
        wait_for(lambda: seen(url)["state"] in ("completed", "paused"), seconds=60)
    return id_


def seen(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=LONG) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def screens(here: Site) -> dict[str, tuple[str, str]]:
    """Each screen by a name: its path, and what its heading says once it is there."""
    return {
        "home": ("/", "Home"),
        "campaigns": ("/campaigns", "Campaigns"),
        "live": (f"/campaigns/{here.going}", "Diwali offer"),
        "uncertain": (f"/campaigns/{here.going}?show=uncertain", "Diwali offer"),
        "finished": (f"/campaigns/{here.done}", "Welcome letter"),
        "log": (f"/campaigns/{here.done}?show=log", "Welcome letter"),
        "composer": (f"/campaigns/{here.draft}/edit", "Edit campaign"),
        "composer-whatsapp": (f"/campaigns/{here.chat}/edit", "Edit campaign"),
        "conversations": ("/conversations", "Conversations"),
        "conversation": (f"/conversations/+{NIMAL}", "Nimal P."),
        "contacts": ("/contacts", "Contacts"),
        "contact": ("/contacts/guest1@example.org", "Guest 1"),
        "recurring": ("/campaigns/recurring", "Recurring campaigns"),
        "imports": ("/imports", "Imports"),
        "import": ("/imports/new", "Import contacts"),
        **{f"import-{stage}": (f"/imports/{id_}", f"{stage}.csv") for stage, id_ in here.imports.items()},
        "segments": ("/contacts/segments", "Segments"),
        "segment": ("/contacts/segments/new", "New segment"),
        "templates": ("/templates", "Templates"),
        "template": (f"/templates/{here.template}", "Welcome"),
        "template-new": ("/templates/new", "New template"),
        "template-blocks": ("/templates/Blocks", "Blocks"),
        "media": ("/media", "Media"),
        "senders": ("/senders", "Senders"),
        "settings": ("/settings", "Settings"),
        "notices": ("/settings?part=notices", "Settings"),
        "tokens": ("/settings?part=tokens", "Settings"),
        "workspaces": ("/settings?part=workspaces", "Settings"),
        "nowhere": ("/nowhere", "There is no such page"),
    }


QUIET = """(still = 120) => new Promise((done) => {
    const end = setTimeout(finish, 3000);  // what never rests (a rate, a countdown) is looked at as it is
    let calm = setTimeout(finish, still);
    const watch = new MutationObserver(() => { clearTimeout(calm); calm = setTimeout(finish, still); });
    function finish() {
        if (document.querySelector('[aria-busy=true]') && performance.now() < limit) { calm = setTimeout(finish, 50); return; }
        watch.disconnect(); clearTimeout(end); clearTimeout(calm); done();
    }
    const limit = performance.now() + 20000;
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
})"""
"""Until nothing is loaded any more and the page has stood still for so many milliseconds."""
