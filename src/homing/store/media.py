"""Files that messages carry, read by whoever brings them out."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from homing.model.errors import NotFound
from homing.store.database import Database
from homing.store.message_tables import attachment, message


class Media:
    def __init__(self, db: Database) -> None:
        self._db = db

    def content(self, campaign_id: int, media: Mapping[str, Any]) -> bytes:
        """The file of a rendered message: `position` of a campaign's files, `seq` of a single message. Raises NotFound."""
        with self._db.read() as tx:
            if "seq" in media:
                mine = (message.c.campaign_id == campaign_id) & (message.c.seq == int(media["seq"]))
                told = tx.execute(select(message.c.content).where(mine)).scalar()
                files = json.loads(told).get("attachments") if told else None
                found = base64.b64decode(files[0]["content"]) if files else None
            else:
                query = select(attachment.c.content).where(attachment.c.campaign_id == campaign_id)
                query = query.order_by(attachment.c.position).offset(int(media["position"])).limit(1)
                found = tx.execute(query).scalar()
        if found is None:
            raise NotFound("the file of this message is not there any more")
        return bytes(found)
