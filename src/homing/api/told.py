"""What routes answer, for the description of the API; the page's types are made of it.

Nothing is checked or filtered by these while the server runs. That they are true is checked by every test of the API: an answer
that does not fit its shape, or has a field more, fails the test that asked (tests/api/conftest.py).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from homing.api.designs import DesignBody


class Told(BaseModel):
    """An answer with these fields and no other."""

    model_config = ConfigDict(extra="forbid")


def tells(answer: type[Told], status: int = 200) -> dict[str, Any]:
    """For the decorator of a route: it answers this."""
    described = {"model": answer, "description": "Successful Response"}
    return {"response_model": None, "status_code": status, "responses": {status: described}}


class Contact(Told):
    id: str
    email: str | None
    phone: str | None
    name: str
    attributes: dict[str, Any]
    consent_email: str
    consent_whatsapp: str
    created_at: str | None
    updated_at: str | None


class Contacts(Told):
    items: list[Contact]
    next: str | None


class ContactList(Told):
    id: str
    name: str
    members: int
    created_at: str | None


class ContactLists(Told):
    items: list[ContactList]
    next: str | None


class Segment(Told):
    id: str
    name: str
    filter: str
    created_at: str | None
    changed_at: str | None


class Segments(Told):
    items: list[Segment]
    next: str | None


class SegmentAnswer(Told):
    """What a filter means and finds."""

    explained: str
    count: int
    sample: list[Contact]


class FullSegment(Segment, SegmentAnswer):
    """A segment with what it means and finds."""


class Sender(Told):
    """`settings`: every setting with the value that is in force, set or not."""

    id: str
    name: str
    kind: str
    health: str
    detail: str | None
    options: dict[str, Any]
    settings: dict[str, Any]
    credentials_set_at: str | None
    version: int
    created_at: str | None


class Senders(Told):
    items: list[Sender]
    next: str | None


class Token(Told):
    """Without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: str | None
    last_used_at: str | None
    revoked_at: str | None
    expires_at: str | None


class NewToken(Token):
    """Its secret is told this once."""

    token: str


class Tokens(Told):
    items: list[Token]
    next: str | None


class Workspace(Told):
    id: str
    name: str
    zone: str | None = Field(description="The time zone of its people; null: nobody said.")
    created_at: str | None


class Workspaces(Told):
    items: list[Workspace]
    next: str | None


class Medium(Told):
    """A file of the media library; `width` and `height` null: it is no picture."""

    id: str
    name: str
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    url: str
    path: str
    created_at: str | None


class Media(Told):
    items: list[Medium]
    next: str | None


class _Parts(Told):
    subject: str | None
    preheader: str | None
    text: str | None
    html: str | None
    mjml: str | None
    design: DesignBody | None


class Template(_Parts):
    id: str
    name: str
    channel: Literal["email", "whatsapp"]
    version: int
    by: str
    created_at: str | None
    changed_at: str | None


class Templates(Told):
    items: list[Template]
    next: str | None


class OldVersion(Told):
    version: int
    subject: str | None
    by: str
    at: str | None


class Named(Told):
    id: str
    name: str


class FullTemplate(Template):
    versions: list[OldVersion]
    used_in: list[Named]


class TemplateVersion(_Parts):
    version: int
    by: str
    at: str | None


class TemplatePreview(Told):
    """`page`: where a frame finds the HTML; `mjml`: what was made of blocks, or written."""

    to: str
    subject: str
    text: str | None
    has_html: bool
    page: str | None
    size_bytes: int
    mjml: str | None
