"""/campaigns/{id}/attachments: files of a draft, one by one and as they are, so that a picture is no JSON."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from homing.api.guards import Principal, ledger_of, writer
from homing.model.channel import WHATSAPP
from homing.model.intent import wrong
from homing.store.drafting import file_of

router = APIRouter(tags=["campaigns"])
Ref = Annotated[str, Path(alias="id", description="Its id, the beginning of it, or its name.")]
Which = Annotated[
    Literal["email", "whatsapp"] | None,
    Query(description="With which message of a campaign over both channels it goes; the e-mail when not given."),
]
Writes = Annotated[Principal, Depends(writer)]


@router.post("/campaigns/{id}/attachments", status_code=201)
async def attach(
    ref: Ref, who: Writes, request: Request, filename: Annotated[str, Query(max_length=200)], channel: Which = None
) -> Any:
    """Adds a file to a draft: the body is its bytes, its kind by Content-Type, else by its name. At most 17 MB."""
    content = await request.body()
    if not content:
        raise wrong("/body", "the file is empty; send its bytes as the body")
    if not filename.isprintable() or "/" in filename or "\\" in filename:
        raise wrong("/query/filename", "a file's name has no path and no control characters")
    given = request.headers.get("content-type")
    file = file_of(filename, content, None if given in (None, "application/octet-stream") else given)

    def keep() -> list[tuple[int, str, str, int]]:
        campaigns = ledger_of(request).campaigns
        found = campaigns.find(who.workspace_id, ref)
        chat = channel == WHATSAPP
        campaigns.attach(found.id, file.filename, file.content_type, file.content, chat=chat)
        return campaigns.files(found.id)

    position, name, content_type, size = (await asyncio.to_thread(keep))[-1]
    return {"position": position, "filename": name, "content_type": content_type, "size_bytes": size}


@router.delete("/campaigns/{id}/attachments/{position}", status_code=204)
def detach(ref: Ref, position: Annotated[int, Path(ge=0, le=2**31)], who: Writes, request: Request) -> None:
    """Takes a file off a draft."""
    campaigns = ledger_of(request).campaigns
    campaigns.detach(campaigns.find(who.workspace_id, ref).id, position)
