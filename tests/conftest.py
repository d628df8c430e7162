"""What every test may rely on: the administrator's tools are found, or named in one line."""

import os
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

PACKAGES = {
    "smtp-sink": "postfix",
    "smtp-source": "postfix",
    "spin": "spin",
    "gcc": "gcc",
    "strace": "strace",
    "fiu-run": "fiu-utils",
    "chromium": "chromium",
    "pgbouncer": "pgbouncer",
}
"""Which Debian package brings a program; docs/howto/test.md says the same."""

PAGE = "the built page"
_PAGE_FILE = Path(__file__).resolve().parents[1] / "src" / "homing" / "web" / "static" / "index.html"

_NEVER_SKIP = os.environ.get("HOMING_REQUIRE_ALL") == "1"
_missing: Counter[str] = Counter()

# Postfix' tools live where ordinary users do not look.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs("spin", "gcc")`: skipped without them, failed where nothing may be skipped."""
    lacking = [tool for mark in item.iter_markers("needs") for tool in mark.args if not _is_there(tool)]
    if not lacking:
        return
    words = "needs " + ", ".join(f"{tool} ({_source(tool)})" for tool in lacking)
    if _NEVER_SKIP:
        pytest.fail(words + "; HOMING_REQUIRE_ALL=1 allows no skip", pytrace=False)
    pytest.skip(words)


def _is_there(tool: str) -> bool:
    return _PAGE_FILE.is_file() if tool == PAGE else shutil.which(tool) is not None


def _source(tool: str) -> str:
    return "make ui" if tool == PAGE else f"Debian: {PACKAGES.get(tool, tool)}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Counts what was left out, also when other processes of xdist left it out."""
    if report.skipped and isinstance(report.longrepr, tuple) and " needs " in f" {report.longrepr[2]}":
        words = str(report.longrepr[2])
        _missing[words[words.index("needs ") + len("needs ") :]] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        lines = "; ".join(f"{what}: {count} test{'s'[: count != 1]}" for what, count in sorted(_missing.items()))
        terminalreporter.write_line(f"Not run, because it is not on this machine: {lines}", yellow=True)


def pytest_configure() -> None:
    """A shell that runs us in the background ignores SIGINT for us and our children: tests of Ctrl-C need it back."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
