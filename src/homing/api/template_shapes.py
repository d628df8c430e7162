"""What a campaign or a message gives to a template that WhatsApp approved, as JSON."""

from typing import Literal

from pydantic import Field

from homing.api.bodies import Body


class ButtonBody(Body):
    """The value of a button of an approved template."""

    place: int = Field(ge=1, le=10, description="Which button, from 1.")
    kind: Literal["url", "quick_reply", "copy_code"] = Field(
        description="url: the end of its address; quick_reply: what comes back when it is tapped; copy_code: the code."
    )
    value: str = Field(examples=["{{ code }}"])


class LocationBody(Body):
    """The place in the header of an approved template. Degrees, as texts, for they may come from the contact."""

    latitude: str = Field(examples=["6.9271"])
    longitude: str = Field(examples=["79.8612"])
    name: str | None = None
    address: str | None = None


class TemplateBody(Body):
    """A template that WhatsApp approved, and the values of its variables (themselves templates of the contact): a list where they
    are numbered, an object where they have names."""

    name: str = Field(examples=["offer"])
    language: str | None = Field(None, examples=["en"])
    header: list[str] | dict[str, str] | None = None
    body: list[str] | dict[str, str] | None = Field(None, examples=[["{{ first_name }}"]])
    location: LocationBody | None = None
    buttons: list[ButtonBody] | None = None
