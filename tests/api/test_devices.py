"""/devices: how a linked device stands, orders, and codes that only an administrator sees."""

from tests.api.conftest import Api


def linked(api: Api) -> str:
    made = api.post("/senders", {"name": "Primary Device", "kind": "whatsapp_linked"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_device_is_shown_ordered_and_its_code_is_a_picture(api: Api) -> None:
    """R43: the QR code as SVG, while it lives; each order changes what the page sees at once."""
    uid = linked(api)
    listed = api.get("/devices").json()["items"]
    assert [(each["id"], each["status"], each["reason"]) for each in listed] == [(uid, "disconnected", "new")]
    assert api.get(f"/devices/{uid}/qr.svg").status_code == 404
    told = api.post(f"/devices/{uid}/pair", {"method": "qr"}).json()
    assert (told["status"], told["reason"], told["of"]) == ("qr_pending", "waiting_scan", 5)
    ledger = api.app.state.ledger
    sender = ledger.devices.find(ledger.workspaces.ensure_default().id, uid).sender_id
    ledger.devices.show_code(sender, 0, "2@abc,def", 1, 60.0, typed=False)
    picture = api.get(f"/devices/{uid}/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["cache-control"] == "no-store"
    assert b"<svg" in picture.content
    assert b"#fff" in picture.content, "the quiet zone is white in dark mode too"
    assert api.get(f"/devices/{uid}").json()["code"] == "2@abc,def"


def test_who_may_only_read_sees_no_code(api: Api) -> None:
    """The code links a phone's messages to whoever has it."""
    uid = linked(api)
    token = api.post("/tokens", {"name": "look", "scopes": ["read"]}).json()["token"]
    api.token = token
    assert api.get(f"/devices/{uid}").json()["code"] is None
    assert api.get(f"/devices/{uid}/qr.svg").status_code == 403
    assert api.post(f"/devices/{uid}/pair", {"method": "qr"}).status_code == 403


def test_pairing_by_code_needs_the_number_and_an_unknown_device_is_told_so(api: Api) -> None:
    """R41: the founding words, byte for byte."""
    uid = linked(api)
    assert api.post(f"/devices/{uid}/pair", {"method": "code"}).status_code == 422
    assert api.post(f"/devices/{uid}/pair", {"method": "code", "phone": "+94711234567"}).status_code == 200
    missing = api.post("/devices/0192/reconnect")
    assert missing.status_code == 404
    assert missing.json()["detail"] == "Connection not found in database"


def test_a_campaign_over_a_device_is_one_of_whatsapp(api: Api) -> None:
    """The channel follows from the sender; one of another channel is refused with its place."""
    linked(api)
    api.post("/senders", {"name": "post", "kind": "smtp", "host": "127.0.0.1", "from": "a@b.example"})
    body = {"name": "Chat", "text": "Hi", "senders": ["Primary Device"], "audience": {"all": True}}
    assert api.post("/campaigns", body).json()["channel"] == "whatsapp"
    wrong = api.post("/campaigns", {**body, "channel": "email"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/senders"


def test_R41_each_of_the_three_errors_keeps_its_words(api: Api) -> None:
    """Never linked; being restored and not there in time; unknown: byte for byte, each with what can be done."""
    from sqlalchemy import update

    from homing.api import devices as room
    from homing.store.device_tables import device

    linked(api)
    api.post("/contacts", {"phone": "+94711234567", "list": "all"})
    body = {"name": "Chat", "text": "Hi", "senders": ["Primary Device"], "audience": {"all": True}}
    uid = api.post("/campaigns", body).json()["id"]
    never = api.post(f"/campaigns/{uid}/send")
    assert (never.status_code, never.json()["code"]) == (409, "no_connection")
    assert never.json()["detail"] == "No active WhatsApp connection found. Please connect a device first."
    with api.house.database.write() as tx:
        tx.execute(update(device).values(phone="+94700000001", status="reconnecting", reason="restart"))
    waited, room.WAIT_FOR = room.WAIT_FOR, 0.5
    try:
        restoring = api.post(f"/campaigns/{uid}/test", {"to": "+94711234567"})
    finally:
        room.WAIT_FOR = waited
    assert (restoring.status_code, restoring.json()["code"]) == (409, "restoring")
    assert restoring.json()["detail"] == (
        "WhatsApp socket not initialized. The connection is being restored. Please try again in a moment."
    )
    assert api.post("/devices/none/logout").json()["detail"] == "Connection not found in database"
    assert api.post(f"/campaigns/{uid}/send").status_code == 202, "a start waits for the restoration by itself"
