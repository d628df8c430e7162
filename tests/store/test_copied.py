"""Rows in the text format of COPY come out of PostgreSQL as they went in."""

import pytest

from homing.store.postgresql_text import copied
from tests.store.ledger import Ledger

TEXTS = [
    "",
    "plain",
    "tab\there",
    "line\nbreak",
    "cr\r",
    "back\\slash",
    "\\N",
    "\\.",
    "nul\0byte",
    "\0",
    "ünï 例",
    '{"a":"\\n\\\\"}',
]


def _read_back(ledger: Ledger, texts: list[str]) -> list[tuple[str, str | None]]:
    with ledger.db.write() as tx:
        raw = tx._raw
        raw.execute("CREATE TEMP TABLE copied (id bigint, one text, two text) ON COMMIT DROP")
        rows = [(n, text, None if n % 2 else text) for n, text in enumerate(texts)]
        ledger.db.driver.many(raw, "COPY copied FROM STDIN", rows)
        return [(row[0], row[1]) for row in raw.execute("SELECT one, two FROM copied ORDER BY id").fetchall()]


@pytest.mark.dialect("postgresql")
def test_any_text_comes_back_and_only_what_no_text_may_have_is_replaced(ledger: Ledger) -> None:
    kept = [text.replace("\0", "\ufffd") for text in TEXTS]
    assert _read_back(ledger, TEXTS) == [(text, None if n % 2 else text) for n, text in enumerate(kept)]
    assert _read_back(ledger, ["plain", "\\N", 'a "b"']) == [("plain", "plain"), ("\\N", None), ('a "b"', 'a "b"')]
    assert _read_back(ledger, []) == []
    assert copied([(1, None, "a")]) == "1\t\\N\ta\n"
