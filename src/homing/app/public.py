"""What the world may see of an installation: the links in its messages, and the pages behind them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from fastapi import APIRouter

    from homing.app import House
    from homing.content.dkim import Signer
    from homing.content.letter import Letter
    from homing.content.links import Links
    from homing.store.campaigns import Campaign


def links_of(house: "House") -> "Links":
    """How links of recipients are made, and read again. Their base: HOMING_PUBLIC_URL, else where the server was seen."""
    from homing.content.links import Links
    from homing.store.whereabouts import Whereabouts

    host, port = house.settings.bind
    here = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    base = house.settings.public_url or Whereabouts(house.database).seen_at() or here
    return Links((house.seal.derive("links"),), base)


def signers_of(house: "House", workspace_id: int) -> "dict[str, tuple[Signer, ...]]":
    """Who sign the mail of a workspace, by domain: one for each algorithm that has a key. The same signer each time."""
    from homing.content.dkim import DkimKey, Signer
    from homing.model.ids import WorkspaceId
    from homing.store.dkim_keys import DkimKeys

    keys, found = DkimKeys(house.database, house.seal), dict[str, tuple[Signer, ...]]()
    for key, sealed in keys.signing(WorkspaceId(workspace_id)):
        signer = house.signers.get(key.id)
        if signer is None:
            signer = house.signers[key.id] = Signer(DkimKey(key.domain, key.selector, keys.opened(key, sealed)))
        found[key.domain] = (*found.get(key.domain, ()), signer)
    return found


def public_pages(house: "House") -> "APIRouter":
    """The pages behind the links of messages."""
    from homing.app import check_letter
    from homing.content.letter import Letter
    from homing.model.errors import NotFound
    from homing.store.addressees import Addressees
    from homing.store.campaigns import Campaigns
    from homing.store.forms import Forms
    from homing.store.library import Library
    from homing.web.media import router as media
    from homing.web.public import PublicDoors, router
    from homing.web.signup import SignupDoors
    from homing.web.signup import router as signup
    from homing.web.viewing import Viewer

    addressees = Addressees(house.database)

    def letter_of(campaign: "Campaign") -> "Letter":
        letter = check_letter(house, campaign)
        if not isinstance(letter, Letter):
            raise NotFound("this message cannot be viewed in a browser")
        return letter

    viewer = Viewer(addressees, Campaigns(house.database), letter_of)
    uptime = house.world.clock.uptime
    pages = router(PublicDoors(addressees, lambda: house.links, viewer.show, uptime))
    pages.include_router(signup(SignupDoors(Forms(house.database), lambda: house.links.base, uptime)))
    pages.include_router(media(Library(house.database), uptime))
    return pages


async def open_mailroom(house: "House") -> "asyncio.Server | None":
    """Listens for mail that comes back, where HOMING_BOUNCE_BIND says; None when it says nothing. Raises Conflict."""
    import asyncio

    from homing.model.errors import Conflict
    from homing.store.addressees import Addressees
    from homing.store.receipts import Receipts
    from homing.web.mailroom import Mailroom

    place = house.settings.bounce_bind
    if place is None:
        return None
    host, _, port = place.removeprefix("lmtp:").rpartition(":")
    room = Mailroom(Addressees(house.database), Receipts(house.database), lambda: house.links)
    lmtp = place.startswith("lmtp:")
    try:
        return await asyncio.get_running_loop().create_server(
            lambda: room.protocol(lmtp=lmtp), host.strip("[]"), int(port)
        )
    except OSError as error:
        raise Conflict(f"cannot listen on {place} for bounces: {error.strerror}; see HOMING_BOUNCE_BIND") from error
