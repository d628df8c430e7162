"""What signing in and users look like over HTTP."""

from typing import Any, Literal

from pydantic import Field

from homing.api.shapes import Body
from homing.model.moment import rfc3339
from homing.store.people import Member
from homing.store.sessions import Session

_LONGEST = 1_000
RoleName = Literal["owner", "admin", "sender", "viewer"]


class LoginBody(Body):
    email: str = Field(max_length=_LONGEST)
    password: str = Field(max_length=_LONGEST)
    code: str | None = Field(None, max_length=_LONGEST, description="One-time or recovery code.")


class PasswordAgain(Body):
    password: str = Field(max_length=_LONGEST)


class PasswordChange(Body):
    password: str = Field(max_length=_LONGEST, description="The one until now.")
    new: str = Field(max_length=_LONGEST, description="12 to 128 characters.")


class CodeBody(Body):
    code: str = Field(max_length=_LONGEST)


class LinkBody(Body):
    link: str = Field(max_length=_LONGEST, description="What stands behind the # of the link.")


class LinkUse(LinkBody):
    password: str = Field(max_length=_LONGEST, description="12 to 128 characters.")
    email: str | None = Field(None, max_length=_LONGEST, description="Of the owner, at the first run.")
    name: str | None = Field(None, max_length=_LONGEST)
    zone: str | None = Field(None, max_length=_LONGEST, description="Of the workspace, at the first run.")


class UserBody(Body):
    email: str = Field(max_length=_LONGEST)
    name: str = Field("", max_length=_LONGEST)
    role: RoleName = "sender"


class UserChange(Body):
    role: RoleName | None = None
    disabled: bool | None = None


def member(of: Member) -> dict[str, Any]:
    """Somebody of a workspace."""
    return {
        "id": of.person.uid,
        "email": of.person.email,
        "name": of.person.name,
        "role": of.role,
        "codes": of.person.codes,
        "invited": not of.person.has_password,
        "created_at": rfc3339(of.person.created_at),
        "disabled_at": rfc3339(of.person.disabled_at),
    }


def session(of: Session, *, here: bool) -> dict[str, Any]:
    """A session; `here`: the one that asks."""
    return {
        "id": of.uid,
        "here": here,
        "agent": of.agent,
        "address": of.address,
        "created_at": rfc3339(of.created_at),
        "seen_at": rfc3339(of.seen_at),
    }
