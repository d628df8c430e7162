"""What the frames of /events hold, as the description of the API tells it (live/frames.py makes them)."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class Snapshot(BaseModel):
    """How far a campaign is. Absolute; a higher `v` is newer."""

    v: int
    name: str
    mode: Literal["server", "attended"]
    state: str
    reason: str | None = Field(description="Of paused.")
    activity: str | None
    detail: str | None = Field(description="Why it does not move, in a sentence.")
    sent: int
    failed: int
    skipped: int
    cancelled: int
    uncertain: int
    open: int
    total: int
    planned: bool = Field(description="The audience is sealed: `total` is final.")
    rate: float | None = Field(description="Messages a second over the last 20 s; null while nobody knows.")
    ends_at: str | None
    next_at: str | None
    next_seq: int | None
    stuck: bool
    control: int = Field(description="The ETag of the campaign.")
    attendant: str | None


class HelloFrame(BaseModel):
    epoch: str = Field(description="Another one: fetch everything anew.")
    version: str
    cursor: str
    retained_from: str
    now: str
    ping_s: float


class BatchFrame(BaseModel):
    from_: str = Field(alias="from", description="Equals the cursor before; else come back with your own.")
    facts: list[tuple[str, str, str, dict[str, Any], str]] = Field(description="[cursor, topic, kind, body, at]")
    snap: dict[str, Snapshot] | None = None


class PingFrame(BaseModel):
    n: int
    attend: list[str] = Field(description="Campaigns to acknowledge by POST /attend.")


class ResetFrame(BaseModel):
    retained_from: str


class StorageFrame(BaseModel):
    activity: str | None
    detail: str | None = None
    since: str | None = None
    next_at: str | None = None


class ByeFrame(BaseModel):
    reason: str
    retry_ms: int


class PollFrame(BaseModel):
    event: Literal["hello", "batch", "ping", "reset", "storage", "bye"]
    id: str | None = None
    data: HelloFrame | BatchFrame | PingFrame | ResetFrame | StorageFrame | ByeFrame


class Fact(BaseModel):
    cursor: str
    at: str
    topic: str
    kind: str
    body: dict[str, Any]


class PollAnswer(BaseModel):
    """Frames as the stream has them; `facts` says the same as the batch, spelt out. Come back with `cursor`."""

    from_: str = Field(alias="from")
    cursor: str
    frames: list[PollFrame]
    facts: list[Fact]
    storage: StorageFrame
