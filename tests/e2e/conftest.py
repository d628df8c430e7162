"""What tests of the page share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.links import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for a file of tests. Not for longer: while one is open nothing in this thread can run a loop of its own."""
    with chromium() as found:
        yield found
