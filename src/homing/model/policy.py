"""Who may do what: the one policy. Roles are bundles of rights, tokens carry rights, routes ask for one right each."""

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """A right. None of them includes another."""

    READ = "read"  # look at everything but secrets
    WRITE = "write"  # contacts, lists, suppressions, drafts
    SEND = "send"  # start, pause and decide about campaigns
    ADMIN = "admin"  # senders, tokens, settings of the workspace
    PEOPLE = "people"  # users and their roles, workspaces


ALL = tuple(Scope)


class Role(StrEnum):
    """What a person is in one workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    SENDER = "sender"
    VIEWER = "viewer"


RIGHTS: dict[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset(ALL),
    Role.ADMIN: frozenset({Scope.READ, Scope.WRITE, Scope.SEND, Scope.ADMIN}),
    Role.SENDER: frozenset({Scope.READ, Scope.WRITE, Scope.SEND}),
    Role.VIEWER: frozenset({Scope.READ}),
}


def may(rights: Collection[Scope], need: Scope) -> bool:
    """Whether somebody with these rights may do what needs this one. Everything else is denied."""
    return need in rights


def of_token(scopes: Collection[Scope], maker: Role | None, *, made_by_person: bool) -> frozenset[Scope]:
    """What a token may do now: never more than the person who made it may do now. `maker`: None when that person is gone
    from the workspace; a token that was made at the shell has nobody above it."""
    if not made_by_person:
        return frozenset(scopes)
    return frozenset(scopes) & (RIGHTS[maker] if maker is not None else frozenset())


def sees_addresses(role: Role | None) -> bool:
    """Viewers see addresses masked."""
    return role is not Role.VIEWER


def masked(address: str | None) -> str | None:
    """An address of which enough is left to recognise it by who knows it: 'n***@example.org', '+94*****67'."""
    if not address:
        return address
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:3]}{'*' * max(len(address) - 5, 3)}{address[-2:]}"
