"""Receipts are heard in the library's own thread: a process that is killed before its event loop turns has them on paper."""

import json
import subprocess
import sys

from tests.whatsapp.rig import linked_real

STORY = """
import ctypes, json
from types import SimpleNamespace
from neonize.aioze import events
from homing.channels.whatsapp_linked.prompt import hear_at_once

client = SimpleNamespace(connected=False)
client.event = events.Event(client)
code_of = {kind: code for code, kind in events.INT_TO_EVENT.items()}
heard = []

def fill(message):
    for field in message.DESCRIPTOR.fields:
        if field.is_required and field.message_type:
            fill(getattr(message, field.name))
        elif field.is_required and not message.HasField(field.name):
            setattr(message, field.name, field.enum_type.values[0].number if field.enum_type else field.default_value)
    message.SetInParent()
    return message

def tell(event):
    fill(event)
    data = event.SerializeToString()
    buffer = ctypes.create_string_buffer(data, len(data) or 1)
    client.event.execute(0, ctypes.addressof(buffer), len(data), code_of[type(event)])

hear_at_once(client, events, events.ReceiptEv, lambda event: heard.extend(event.MessageIDs))
tell(events.ReceiptEv(MessageIDs=["3EB0AA", "3EB0BB"]))
tell(events.ConnectedEv())
asked_for = code_of[events.ReceiptEv] in client.event.list_func
print(json.dumps({"heard": heard, "asked_for": asked_for, "others_pass": client.connected}))
"""


@linked_real
def test_a_receipt_is_heard_before_the_library_goes_on_though_no_event_loop_runs() -> None:
    """In a process of its own, as the library always is; nothing in it ever turns an event loop."""
    done = subprocess.run([sys.executable, "-c", STORY], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == {"heard": ["3EB0AA", "3EB0BB"], "asked_for": True, "others_pass": True}
