"""The shape of a message of blocks, as bodies name it; what stands in it is checked where it becomes MJML."""

from typing import Annotated, Literal

from pydantic import Field

from homing.api.bodies import Body
from homing.content.blocks import LOOK, WIDTH

MOST_BLOCKS = 200
_LONGEST_LINE = 2_000
_LONGEST_TEXT = 20_000
Align = Literal["left", "center", "right"]
Id = Annotated[str | None, Field(max_length=40, description="Anything; kept as it is.")]
Line = Annotated[str, Field(max_length=_LONGEST_LINE)]
Colour = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$", examples=[LOOK["accent"]])]


class LookBody(Body):
    accent: Colour = Field(LOOK["accent"], description="Of buttons and links.")
    background: Colour = LOOK["background"]
    paper: Colour = Field(LOOK["paper"], description="Behind the blocks.")
    ink: Colour = LOOK["ink"]
    font: Literal["sans", "serif"] = "sans"


class HeadingBlock(Body):
    kind: Literal["heading"]
    id: Id = None
    text: Line
    level: Literal[1, 2] = 1
    align: Align = "left"


class TextBlock(Body):
    kind: Literal["text"]
    id: Id = None
    text: str = Field(
        max_length=_LONGEST_TEXT,
        description="A blank line begins a paragraph, `- ` an item; `**strong**`, `*leaning*`, `[words](https://...)`.",
    )
    align: Align = "left"


class ButtonBlock(Body):
    kind: Literal["button"]
    id: Id = None
    text: Line
    href: Line
    align: Align = "left"


class PictureBlock(Body):
    kind: Literal["picture"]
    id: Id = None
    src: Line = Field(description="A public address, as the media library gives.")
    alt: Line = ""
    width: int = Field(WIDTH, ge=16, le=WIDTH)
    href: Line | None = None
    align: Align = "center"


class DividerBlock(Body):
    kind: Literal["divider"]
    id: Id = None


class SpaceBlock(Body):
    kind: Literal["space"]
    id: Id = None
    height: int = Field(24, ge=4, le=200)


Simple = Annotated[
    HeadingBlock | TextBlock | ButtonBlock | PictureBlock | DividerBlock | SpaceBlock, Field(discriminator="kind")
]


class ColumnsBlock(Body):
    """Two beside each other; under each other where the screen is narrow."""

    kind: Literal["columns"]
    id: Id = None
    share: Literal[33, 50, 67] = Field(50, description="Of the width, of the left one, in percent.")
    left: list[Simple] = Field(max_length=MOST_BLOCKS)
    right: list[Simple] = Field(max_length=MOST_BLOCKS)


class FooterBlock(Body):
    """Small words with the recipient's own link to unsubscribe."""

    kind: Literal["footer"]
    id: Id = None
    text: Line = ""
    link: Line = "Unsubscribe"


class DesignBody(Body):
    look: LookBody | None = None
    blocks: list[Annotated[Simple | ColumnsBlock | FooterBlock, Field(discriminator="kind")]] = Field(
        max_length=MOST_BLOCKS
    )
