"""A loopback WhatsApp server that real, unmodified linked-device clients pair with, log in to and send through.

Prints READY {"root": hex, "port": n, "folder": path}, then one SAID line per event. Orders of the admin:

    {"op": "scan", "qr": QR, "phone": "94..."}   the phone scans a code shown by a client -> {"device": n}
    {"op": "type", "code": "ABCD-EFGH", "phone": "94..."}   its owner types a code that a client shows on that phone
    {"op": "mode", "set": {...}}                 how the server behaves from now on:
        msg            "ack" | "silent" | "drop" (accept, close) | "abort" (accept, RST) | "lose" (not accepted, no answer)
                       | "late0.5" | "nack463", or a list of these, one for each message
        receipts       true | false: delivered and read receipts after an ack
        login          null | {"reason": "401", ...}: refuse logins with these attributes; login_once: only the next
        register_fail  null | {"reason": "405"}: refuse new pairings; refs: number of codes offered (6)
        no_codes       null | {"code": "429", "text": "rate-overlimit"}: no code to type is given
        want_keys      true: ask devices for hundreds of one-time keys, as the real server does (takes them seconds)
        no515          true: never restart the stream after pairing; iq false: leave every query unanswered
        silent_on      null | "media_conn" | "usync" | "key": leave queries about this unanswered; upload_hangs true: uploads, too
        accept         false: abort new connections (network down); freeze true: stop moving bytes (half-open link)
    {"op": "stream", "attrs": {...}, "kids": [[tag, attrs]], "close": true}   a stream error to every live device
    {"op": "unlink", "phone": "94..."}           the phone unlinks its devices
    {"op": "kill"}  abort every live device's socket        {"op": "cut"}  abort every connection
    {"op": "say", "from": "94...", "to": "94...", "text": "..."}   somebody writes to a device of that phone
    {"op": "seen"}  message id -> recipients                {"op": "live"}  devices logged in
"""

import argparse
import asyncio
import contextlib
import json
import sys
from pathlib import Path

from tests.whatsapp.door import Door
from tests.whatsapp.server import Server


async def serve(folder: Path, port: int, ledger: Path | None) -> None:
    """Until cancelled."""
    server = Server(ledger)
    at = await Door(server).listen(folder, port=port)
    print("READY " + json.dumps({"root": server.root[1].hex(), "port": at, "folder": str(folder)}), flush=True)
    await asyncio.Event().wait()


def main() -> int:
    parser = argparse.ArgumentParser(description="Loopback WhatsApp server.", epilog=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--ledger", type=Path)
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.folder, chosen.port, chosen.ledger))
    return 0


if __name__ == "__main__":
    sys.exit(main())
