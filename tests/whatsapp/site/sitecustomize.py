"""Loaded by every Python process of a test that has this folder in PYTHONPATH: a device's child trusts the loopback server.

The client library pins the key that signs the servers' certificates. It lies in writable memory of the loaded library; here
the loopback server's key is put over it. Product code cannot do this: it never knows of another key.
"""

import os
import sys

PINNED = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
ROOT = os.environ.get("LOOPBACK_ROOT", "")
SLOW = float(os.environ.get("LOOPBACK_SLOW_NOTES", "0"))


def trust(root: bytes) -> None:
    """Exactly one copy is expected: none is another build of the library, and the test must fail loudly."""
    import ctypes

    found = 0
    with open("/proc/self/maps") as maps:  # noqa: PTH123
        lines = maps.read().splitlines()
    for line in lines:
        span, rights, *rest = line.split()
        if not rights.startswith("rw") or not rest or "neonize" not in rest[-1]:
            continue
        low, high = (int(end, 16) for end in span.split("-"))
        at = ctypes.string_at(low, high - low).find(PINNED)
        if at >= 0:
            ctypes.memmove(low + at, root, len(root))
            found += 1
    if found != 1:
        os.write(2, f"the pinned key was found {found} times: another build of neonize?\n".encode())
        os._exit(97)


def slow_notes(seconds: float) -> None:
    """A process that is told something takes so long until it is on paper: the moment in which a test kills it."""
    import time

    child = sys.modules["homing.channels.whatsapp_linked.child"].Child
    note = child._note

    def slowly(self, news):
        if news["event"] != "sent":
            time.sleep(seconds)
        note(self, news)

    child._note = slowly


class AfterNeonize:
    """Runs `trust` when the library has been loaded."""

    def find_spec(self, name, path=None, target=None):
        if name != "neonize.aioze.events":  # imported behind the library, before anything is dialled
            return
        sys.meta_path.remove(self)
        trust(bytes.fromhex(ROOT))
        if SLOW:
            slow_notes(SLOW)
        return


if ROOT and any("whatsapp_linked.child" in word for word in sys.orig_argv):
    sys.meta_path.insert(0, AfterNeonize())
