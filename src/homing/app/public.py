"""What the world may see of an installation: the links in its messages, and the pages behind them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from homing.app import House
    from homing.content.links import Links


def links_of(house: "House") -> "Links":
    """How links of recipients are made, and read again. Their base: HOMING_PUBLIC_URL, else where the server was seen."""
    from homing.content.links import Links
    from homing.store.whereabouts import Whereabouts

    host, port = house.settings.bind
    here = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    base = house.settings.public_url or Whereabouts(house.database).seen_at() or here
    return Links((house.seal.derive("links"),), base)


def public_pages(house: "House") -> "APIRouter":
    """The pages behind the links of messages."""
    from homing.app import check_letter
    from homing.store.addressees import Addressees
    from homing.store.campaigns import Campaigns
    from homing.web.public import PublicDoors, router
    from homing.web.viewing import Viewer

    addressees = Addressees(house.database)
    viewer = Viewer(addressees, Campaigns(house.database), lambda campaign: check_letter(house, campaign))
    return router(PublicDoors(addressees, lambda: house.links, viewer.show, house.world.clock.uptime))
