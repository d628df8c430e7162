"""The log of processes."""

import json
import logging

from homing.cli.journal import JsonLines, TextLines

SECRET = "hm_live_" + "a" * 38


def _record(message: str, **fields: object) -> logging.LogRecord:
    record = logging.makeLogRecord({"name": "x", "levelno": 20, "levelname": "INFO", "msg": message, **fields})
    record.created = 0.0
    return record


def test_fields_are_told_and_secrets_are_not() -> None:
    record = _record("a thing", sender=5, password="canary", note=f"Bearer {SECRET} ann@example.org")
    told = json.loads(JsonLines().format(record))
    assert (told["message"], told["sender"], told["password"]) == ("a thing", 5, "[hidden]")
    for text in (JsonLines().format(record), TextLines().format(record)):
        assert "canary" not in text
        assert SECRET not in text
        assert "ann@example.org" not in text


def test_an_exception_is_told_by_class_and_place_only() -> None:
    try:
        raise ValueError("ann@example.org was wrong")
    except ValueError as error:
        record = _record("it failed")
        record.exc_info = (type(error), error, error.__traceback__)
    told = json.loads(JsonLines().format(record))
    assert told["error"].startswith("ValueError at test_journal.py:")
    assert "ann" not in JsonLines().format(record)
