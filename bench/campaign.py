"""A fresh installation with a campaign to N contacts, ready to be sent: what every figure starts from."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homing.app import House, check_letter
from homing.content.recipient import Recipient
from homing.model.ids import CampaignId, SenderId, WorkspaceId
from homing.settings import load
from homing.store.campaigns import Campaigns, Draft
from homing.store.control import By, Control

FROM = "The Garden Post <post@garden.example>"
_PEOPLE = """
INSERT INTO contact (uid, workspace_id, email, name, attributes, created_at, updated_at)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :count)
SELECT 'c' || n, :workspace, 'reader' || n || '@d' || (n % 997) || '.example', 'Reader ' || n,
       json_object('city', 'Town ' || (n % 97), 'n', n), :now, :now
FROM number
"""
"""Loading contacts is not what is measured here, so they come by one statement."""


def content(html_bytes: int = 5120, links: int = 3) -> dict[str, str]:
    """A letter: HTML of about `html_bytes` with `links` links, and a text; both use name, city and n."""
    head = (
        "<!doctype html><html><head><title>The Garden Post</title></head><body>\n"
        "<h1>Good morning, {{ name }}</h1>\n<p>News for you in {{ city }}, our reader number {{ n }}.</p>\n"
    )
    anchors = "".join(
        f'<p><a href="https://garden.example/articles/{k}?reader={{{{ n }}}}">Read article {k} of this week</a></p>\n'
        for k in range(1, links + 1)
    )
    line = "<p>Tomatoes want warmth, water in the morning and a stick to climb; basil likes their company.</p>\n"
    tail = "</body></html>\n"
    room = max(0, html_bytes - len(head) - len(anchors) - len(tail))
    text = (
        "Good morning, {{ name }}\n\nNews for you in {{ city }}, our reader number {{ n }}.\n\n"
        + "Tomatoes want warmth, water in the morning and a stick to climb.\n" * 10
    )
    subject = "The week in {{ city }}, {{ name }}"
    return {"subject": subject, "html": head + anchors + line * (room // len(line)) + tail, "text": text, "from": FROM}


def sender_options(port: int, connections: int) -> dict[str, Any]:
    """A sender that hurries. The monitor looks at a closed door of this machine, never outside."""
    return {
        "host": "127.0.0.1", "port": port, "tls": "none", "pacing": "off", "connections": connections,
        "high_volume": True, "helo": "garden.example", "probe": ["127.0.0.1:9"],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """An installation on disk. `message_bytes`: how long the message to the first reader is."""

    folder: Path
    workspace: WorkspaceId
    campaign: CampaignId
    sender: SenderId
    recipients: int
    message_bytes: int

    @property
    def path(self) -> Path:
        return self.folder / "homing.db"


def prepare(
    folder: Path,
    recipients: int,
    port: int = 9,
    connections: int = 50,
    sender: tuple[str, dict[str, Any], dict[str, str]] | None = None,
) -> Prepared:
    """Makes a ledger in `folder` with a started campaign to `recipients` contacts; nothing is planned yet.

    `sender`: kind, options and credentials; SMTP to `port` when not given.
    """
    house = House(load({"data": str(folder)}, environment={}, folder=folder))
    try:
        workspace = house.workspace
        kind, options, secret = sender or ("smtp", sender_options(port, connections), {})
        way = house.senders.add(workspace.id, "sink", kind, options, secret)
        with closing(sqlite3.connect(folder / "homing.db", timeout=30)) as raw, raw:
            now = house.world.clock.now()
            raw.execute(_PEOPLE, {"count": recipients, "workspace": workspace.id, "now": now})
        draft = Draft("bench", content(), {"all": True}, senders=(way.id,))
        made = Campaigns(house.database).create(workspace.id, draft)
        first = Recipient(1, "reader1@d1.example", "Reader 1", {"city": "Town 1", "n": 1})
        size = len(check_letter(house, made).build(first, house.world.clock.now()))
        Control(house.database).start(made.id, By("bench"))
    finally:
        house.close()
    return Prepared(folder, workspace.id, made.id, way.id, recipients, size)
