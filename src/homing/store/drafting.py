"""From what people say about a campaign (the JSON of the API, the flags of `send`) to a draft, names resolved to rows."""

import base64
import binascii
import mimetypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from homing.model.channel import CHANNELS, EMAIL, MIXED, WHATSAPP, parse_preference
from homing.model.errors import Fault, HomingError, Invalid
from homing.model.ids import WorkspaceId
from homing.model.intent import parse_count, parse_headers, parse_mode, parse_share, parse_time, parse_window, wrong
from homing.model.pacing import parse_duration
from homing.model.sender import Kind
from homing.store.campaigns import Campaign, Campaigns, Draft, check_name
from homing.store.contacts import Contacts
from homing.store.database import Database
from homing.store.library import Library
from homing.store.lists import Lists
from homing.store.segments import Segments
from homing.store.senders import Senders
from homing.store.template_values import check_template
from homing.store.templates import MESSAGE, Templates

_CONTENT = frozenset({"subject", "preheader", "text", "html", "from", "reply_to"})
_TRACKED = ("opens", "clicks")
_AUDIENCE = ("all", "lists", "exclude_lists", "segment", "contacts")


class File(NamedTuple):
    """An attachment."""

    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Wish:
    """What a body asks for, read: only what it names. None inside `content` or `options` takes a value away."""

    plain: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    chat_files: list[File] = field(default_factory=list)  # of the WhatsApp message of a campaign over both channels
    channels: set[str] = field(default_factory=set)  # of the senders that it names
    template_channel: str | None = None  # of the template that it takes over

    @property
    def mixed(self) -> bool:
        """Whether it asks for both channels."""
        told = self.plain.get("channel") == MIXED or bool(self.options.get("prefer"))
        return told or self.content.get("whatsapp") is not None

    @property
    def single(self) -> str | None:
        """The one channel that it asks for."""
        return None if self.mixed or self.plain.get("channel") == MIXED else self.plain.get("channel")


class Drafting:
    """Makes and changes drafts from bodies. Raises Invalid with a fault for each wrong value, by its JSON pointer."""

    def __init__(self, db: Database) -> None:
        self._campaigns = Campaigns(db)
        self._lists = Lists(db)
        self._segments = Segments(db)
        self._contacts = Contacts(db)
        self._library = Library(db)
        self._senders = Senders(db)
        self._templates = Templates(db)

    def create(self, workspace_id: WorkspaceId, body: Mapping[str, Any], files: Iterable[File] = ()) -> Campaign:
        """A new draft with its attachments. `files`: besides those in the body."""
        wish = self.read(workspace_id, body)
        if "channel" not in wish.plain and len(wish.channels) == 1:
            wish.plain["channel"] = wish.channels.copy().pop()
        if wish.template_channel is not None and not wish.mixed:
            wish.plain.setdefault("channel", wish.template_channel)
        if wish.mixed:
            _mix(wish, len(wish.files) + len(files := list(files)))
        else:
            _check_channel(wish, wish.plain.get("channel", "email"))
        content = {name: value for name, value in wish.content.items() if value is not None}
        options = {name: value for name, value in wish.options.items() if value is not None}
        made = self._campaigns.create(
            workspace_id, Draft(**{"name": "", **wish.plain}, content=content, options=options)
        )
        for file in (*wish.files, *files, *wish.chat_files):
            self._campaigns.attach(made.id, file.filename, file.content_type, file.content)
        return made

    def edit(self, old: Campaign, body: Mapping[str, Any], *, if_control: int | None = None) -> Campaign:
        """Changes what the body names and keeps the rest. Raises Conflict (precondition_failed) as Campaigns.edit does."""
        wish = self.read(old.workspace_id, body)
        leaves = old.mixed and wish.single is not None
        if (old.mixed or wish.mixed) and not leaves:
            _check_template(wish, EMAIL)
        else:
            _check_channel(wish, wish.plain.get("channel", old.channel))
        if wish.mixed:
            _mix(wish, None, old)
            _keep_file(wish, old, len(self._campaigns.files(old.id)))
        if leaves:
            wish.options.update(prefer=None, failover_after=None)
            wish.content["whatsapp"] = None
        if wish.files or wish.chat_files:
            raise wrong("/attachments", "attachments are given when a campaign is made")
        changes = dict(wish.plain)
        for name, new in (("content", wish.content), ("options", wish.options)):
            if new:
                merged = {**getattr(old, name), **new}
                changes[name] = {key: value for key, value in merged.items() if value is not None}
        made = self._campaigns.edit(old.id, changes, if_control=if_control)
        if leaves or (old.channel, made.channel) == (WHATSAPP, EMAIL):
            self._leave_behind(old, made)
        return made

    def _leave_behind(self, old: Campaign, made: Campaign) -> None:
        """Takes off the files of the message that the campaign has no more: an e-mail does not carry WhatsApp's unasked."""
        chat = (old.content.get("whatsapp") or {}).get("file")
        for place, (position, *_) in enumerate(self._campaigns.files(old.id)):
            if (place == chat or not old.mixed) == (made.channel == EMAIL):
                self._campaigns.detach(old.id, position)

    def read(self, workspace_id: WorkspaceId, body: Mapping[str, Any]) -> Wish:
        """What the body says; every wrong value is named, not only the first."""
        wish = Wish()
        faults: list[Fault] = []
        readers = self._readers(workspace_id, body.get("zone"))
        for name, value in body.items():
            try:
                if name in _CONTENT:
                    wish.content[name] = _text(value, name)
                elif name in readers:
                    readers[name](wish, value)
                elif name != "zone":
                    raise wrong(f"/{name}", f"there is no '{name}' of a campaign")
            except Invalid as error:
                faults.extend(error.faults or (Fault(f"/{name}", error.detail),))
            except HomingError as error:
                faults.append(Fault(f"/{name}", error.detail))
        if faults:
            raise Invalid("; ".join(fault.detail for fault in faults), faults=tuple(faults))
        return wish

    def _readers(self, workspace_id: WorkspaceId, zone: Any) -> dict[str, Callable[[Wish, Any], None]]:
        """How each value that is not plain text is read."""

        def senders(wish: Wish, value: Any) -> None:
            named = [value] if isinstance(value, str) else list(value or ())
            found = [self._senders.find(workspace_id, each) for each in named]
            wish.plain["senders"] = [each.id for each in found]
            wish.channels = {each.kind.channel for each in found if each.kind is not Kind.SIMULATED}

        def audience(wish: Wish, value: Any) -> None:
            wish.plain["audience"] = self._audience(workspace_id, value)

        def start_at(wish: Wish, value: Any) -> None:
            wish.plain["start_at"] = None if value is None else parse_time(str(value), zone)

        def window(wish: Wish, value: Any) -> None:
            wish.options["window"] = None if value is None else parse_window(value, zone)

        def attachments(wish: Wish, value: Any) -> None:
            for place, each in enumerate(value or ()):
                kept = each.get("media") if isinstance(each, Mapping) else None
                wish.files.append(self._of_library(workspace_id, each) if kept else _read_file(place, each))

        def template(wish: Wish, value: Any) -> None:
            self._take_over(workspace_id, wish, value)

        return {
            "name": _put_name,
            "channel": _put_channel,
            "mode": _put_mode,
            "senders": senders,
            "audience": audience,
            "start_at": start_at,
            "window": window,
            "headers": _put_headers,
            "vars": _put_vars,
            "attachments": attachments,
            "whatsapp_template": _put_template,
            "template": template,
            "canary": _option("canary", lambda value: parse_count(value, "/canary")),
            "stop_if_failed": _option("stop_if_failed", parse_share),
            "require_consent": _option("require_consent", bool),
            "weights": _option("weights", parse_weights),
            "footer": _option("footer", bool),
            "tracking": _option("tracking", parse_tracking),
            "whatsapp": _put_chat,
            "prefer": _option("prefer", parse_preference),
            "failover_after": _option("failover_after", _seconds),
        }

    def _of_library(self, workspace_id: WorkspaceId, each: Mapping[str, Any]) -> File:
        found = self._library.find(workspace_id, str(each["media"]))
        return File(str(each.get("filename") or found.name), found.content_type, self._library.content(found))

    def _take_over(self, workspace_id: WorkspaceId, wish: Wish, value: Any) -> None:
        """Copies a template's newest version; what the body says of the message itself wins, before or behind it."""
        if value is None:
            wish.content["template"] = None
            return
        found = self._templates.find(workspace_id, str(value))
        newest = self._templates.version(found)
        for part in MESSAGE:
            wish.content.setdefault(part, newest.content.get(part))
        wish.content["template"] = {"id": found.uid, "name": found.name, "version": newest.version}
        wish.template_channel = found.channel

    def _audience(self, workspace_id: WorkspaceId, given: Any) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            raise wrong("/audience", 'the audience is an object like {"lists": ["customers"]} or {"all": true}')
        unknown = sorted(set(given) - set(_AUDIENCE))
        if unknown:
            raise wrong(f"/audience/{unknown[0]}", f"an audience has no '{unknown[0]}'; it has {', '.join(_AUDIENCE)}")
        found: dict[str, Any] = {}
        if given.get("all"):
            found["all"] = True
        if given.get("segment"):
            found["segment"] = self._segments.find(workspace_id, str(given["segment"])).id
        for key in ("lists", "exclude_lists"):
            if given.get(key):
                found[key] = [self._lists.find(workspace_id, str(each)).id for each in given[key]]
        if given.get("contacts"):
            found["contacts"] = [self._contacts.find(workspace_id, str(each)).id for each in given["contacts"]]
        return found


def parse_weights(value: Any) -> list[int]:
    """One whole number for each sender, in their order: [3, 1] or "3,1"."""
    given = value.split(",") if isinstance(value, str) else value
    try:
        found = [int(str(each).strip()) for each in given]
    except (TypeError, ValueError):
        found = []
    if not found or any(not 1 <= each <= 16 for each in found):
        raise wrong("/weights", "weights are whole numbers from 1 to 16, one for each sender in their order, as in 3,1")
    return found


def parse_tracking(value: Any) -> list[str] | None:
    """What is counted of what readers do: {"opens": true, "clicks": true}, or "opens,clicks". None: nothing."""
    if isinstance(value, Mapping):
        named = [name for name, on in value.items() if on]
        unknown = set(value) - set(_TRACKED)
    else:
        named = [each.strip() for each in value.split(",")] if isinstance(value, str) else list(value or ())
        unknown = set(map(str, named)) - set(_TRACKED)
    if unknown:
        raise wrong("/tracking", f"'{min(unknown)}' cannot be tracked; there are {' and '.join(_TRACKED)}")
    return [name for name in _TRACKED if name in named] or None


def _check_channel(wish: Wish, channel: str) -> None:
    """Senders of another channel cannot carry a campaign of this one, and a template of another is no message of it."""
    _check_template(wish, channel)
    other = wish.channels - {channel}
    if other:
        raise wrong("/senders", f"this campaign is {channel}, and a sender is for {other.pop()}; choose another sender")


def _check_template(wish: Wish, channel: str) -> None:
    """Of a campaign over both channels a template is the e-mail."""
    if wish.template_channel not in (None, channel):
        raise wrong("/template", f"this message is for {channel}, and the template is for {wish.template_channel}")


def _mix(wish: Wish, files: int | None, old: Campaign | None = None) -> None:
    """Makes it a campaign over both channels. `files`: how many come before that of the WhatsApp message; None: no new ones."""
    if wish.options.get("weights"):
        raise wrong("/weights", "weights share the work of one channel; in a campaign over both leave them out")
    _check_template(wish, EMAIL)
    wish.plain["channel"] = WHATSAPP
    if not wish.options.get("prefer") and not (old is not None and old.mixed):
        wish.options["prefer"] = [WHATSAPP, EMAIL]
    chat = wish.content.get("whatsapp")
    if chat is None:
        return
    if wish.chat_files and files is not None:
        chat["file"] = files
    elif old is not None and "file" in (old.content.get("whatsapp") or {}):
        chat["file"] = old.content["whatsapp"]["file"]


def _keep_file(wish: Wish, old: Campaign, files: int) -> None:
    """The file of a WhatsApp campaign, its template's header too, stays with that message when an e-mail comes to it."""
    chat = wish.content.get("whatsapp")
    if chat is not None and files and not old.mixed and old.channel == WHATSAPP:
        chat["file"] = 0


def _put_chat(wish: Wish, value: Any) -> None:
    """The WhatsApp message of a campaign that has an e-mail, too."""
    if value is None:
        wish.content["whatsapp"] = None
        return
    if not isinstance(value, Mapping):
        raise wrong("/whatsapp", 'write {"text": "Hello {{ name }}"}, or a template or one file')
    unknown = sorted(set(value) - {"text", "whatsapp_template", "attachments"})
    if unknown:
        raise wrong(f"/whatsapp/{unknown[0]}", f"a WhatsApp message has no '{unknown[0]}' here")
    inner = Wish()
    if value.get("whatsapp_template") is not None:
        _put_template(inner, value["whatsapp_template"])
    inner.files += [_read_file(place, each) for place, each in enumerate(value.get("attachments") or ())]
    if len(inner.files) > 1:
        raise wrong("/whatsapp/attachments/1", "a WhatsApp message carries one file")
    wish.chat_files = inner.files
    text = _text(value.get("text"), "text")
    wish.content["whatsapp"] = {**inner.content, **({"text": text} if text is not None else {})}


def _seconds(value: Any) -> float:
    return parse_duration(str(value))


def _text(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise wrong(f"/{name}", f"'{name}' is text")
    return value


def _put_name(wish: Wish, value: Any) -> None:
    name = _text(value, "name") or ""
    check_name(name)
    wish.plain["name"] = name


def _put_channel(wish: Wish, value: Any) -> None:
    if value not in (*CHANNELS, MIXED):
        raise wrong("/channel", f"there is no channel '{value}' here; write email, whatsapp or mixed")
    wish.plain["channel"] = value


def _put_mode(wish: Wish, value: Any) -> None:
    wish.plain["mode"] = parse_mode(value)


def _put_headers(wish: Wish, value: Any) -> None:
    pairs = value.items() if isinstance(value, Mapping) else value or ()
    wish.content["headers"] = parse_headers([(str(name), str(text)) for name, text in pairs])


def _put_vars(wish: Wish, value: Any) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise wrong("/vars", "variables are an object of names and values")
    wish.content["vars"] = None if value is None else dict(value)


def _put_template(wish: Wish, value: Any) -> None:
    """A template that WhatsApp approved: its name, language, and the values of its numbered variables (themselves templates)."""
    if value is None:
        wish.content["whatsapp_template"] = None
        return
    if not isinstance(value, Mapping) or not value.get("name"):
        raise wrong("/whatsapp_template", 'write {"name": "offer", "language": "en", "body": ["{{ name }}"]}')
    check_template(value)
    wish.content["whatsapp_template"] = {name: part for name, part in value.items() if part is not None}


def _read_file(place: int, each: Any) -> File:
    try:
        content = base64.b64decode(each["content"], validate=True)
        filename = str(each["filename"])
    except (KeyError, TypeError, binascii.Error, ValueError) as error:
        detail = "an attachment has a filename and its content in base64, or names a file of the library with `media`"
        raise wrong(f"/attachments/{place}", detail) from error
    return file_of(filename, content, each.get("content_type"))


def file_of(filename: str, content: bytes, content_type: str | None = None) -> File:
    """An attachment; its type by its name when not given."""
    return File(filename, content_type or mimetypes.guess_type(filename)[0] or "application/octet-stream", content)


def _option(name: str, read: Callable[[Any], Any]) -> Callable[[Wish, Any], None]:
    def put(wish: Wish, value: Any) -> None:
        wish.options[name] = None if value is None else read(value)

    return put
