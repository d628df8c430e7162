"""The built-in catch-all mail server with its page and its Chaos switches, for trying things out and for the show."""

from homing.inbox.chaos import Chaos
from homing.inbox.process import InboxProcess, serve
from homing.inbox.server import Inbox
from homing.inbox.tally import Counts, Part

__all__ = ["Chaos", "Counts", "Inbox", "InboxProcess", "Part", "serve"]
