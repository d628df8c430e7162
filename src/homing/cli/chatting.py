"""What `homing send` says by WhatsApp: a campaign's own message, or the one beside its e-mail."""

import base64
from pathlib import Path
from typing import Any


def chat_of(subject: str | None, text: Path | None, attach: Path | None, approved: Path | None) -> dict[str, Any]:
    """The part of a campaign's body that the flags --whatsapp-... ask for. Raises Invalid."""
    from homing.cli.sending import read_bytes, read_json, read_text

    template = None if approved is None else read_json(approved, "--whatsapp-template")
    if subject is None and text is None and attach is None:
        return {"whatsapp_template": template}
    if text is None and attach is None and template is None:
        return {}
    told: dict[str, Any] = {"text": read_text(text, "--whatsapp-text"), "whatsapp_template": template}
    if attach is not None:
        content = base64.b64encode(read_bytes(attach, "--whatsapp-attach")).decode()
        told["attachments"] = [{"filename": attach.name, "content": content}]
    return {"whatsapp": {name: value for name, value in told.items() if value is not None}}
