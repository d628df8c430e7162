"""`homing sender pair` and what `homing send` says before it begins, over a device that leads nowhere."""

import json
import threading
import time
from pathlib import Path

from tests.cli.conftest import Run

SCAN = '{"scan": "94700000001"}\n'


def scan_later(store: Path) -> threading.Thread:
    """The phone scans once a code is shown; the driver reads its script while it runs."""

    def scan() -> None:
        deadline = time.monotonic() + 60
        while not store.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        store.with_name("device.db.script").write_text(SCAN, encoding="utf-8")

    made = threading.Thread(target=scan)
    made.start()
    return made


def test_R43_a_device_is_paired_and_told_as_one_document(homing: Run, data: Path) -> None:
    """CONTRACT's device on standard output, the codes beside it; and how long a campaign takes stands there before it starts,
    with the flags that change it, ready to be pasted."""
    assert (
        homing("sender", "pair", "nothing", "--json", code=3).err.strip().endswith("Connection not found in database")
    )
    homing("sender", "add", "whatsapp_linked", "--name", "Primary Device", "--driver", "sim")
    (listed,) = homing("sender", "list", "--json").json["senders"]
    phone = scan_later(data / "whatsapp" / listed["id"] / "device.db")
    told = homing("sender", "pair", "Primary Device", "--json")
    phone.join()
    (line,) = told.out.splitlines()
    assert json.loads(line) == {
        "id": listed["id"], "name": "Primary Device", "phoneNumber": "+94700000001", "status": "connected",
        "reason": "steady", "words": "Connected.", "attempt": 0, "of": 5, "nextAt": None,
    }  # fmt: skip
    assert "Code 1." in told.err
    assert "Meta may restrict or ban this number" in told.err
    people, text = data.parent / "people.csv", data.parent / "text"
    people.write_text("phone\n" + "".join(f"+94711{n:06}\n" for n in range(1, 501)), encoding="utf-8")
    text.write_text("Hi", encoding="utf-8")
    homing("contacts", "import", people, "--list", "all")
    said = homing("send", "--sender", "Primary Device", "--list", "all", "--name", "Offer", "--text", text).err
    assert "500 messages at the limits of 'Primary Device': about 6 days, ends " in said
    cure = "`homing sender set 'Primary Device' --daily-new N --hours 08:00-20:00|off`"
    assert cure in said
    homing("sender", "set", "Primary Device", "--daily-new", 400, "--hours", "off")
    said = homing("send", "--sender", "Primary Device", "--list", "all", "--name", "Two", "--text", text).err
    assert "500 messages at the limits of 'Primary Device': about 25 h, ends " in said
