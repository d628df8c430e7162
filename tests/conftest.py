"""What every test may rely on: the administrator's tools are found, or named in one line."""

import os
import shutil
import signal
from collections import Counter

import pytest

PACKAGES = {
    "smtp-sink": "postfix",
    "smtp-source": "postfix",
    "spin": "spin",
    "gcc": "gcc",
    "strace": "strace",
    "fiu-run": "fiu-utils",
    "chromium": "chromium",
}
"""Which Debian package brings a program; docs/howto/test.md says the same."""

_NEVER_SKIP = os.environ.get("HOMING_REQUIRE_ALL") == "1"
_missing: Counter[str] = Counter()

# Postfix' tools live where ordinary users do not look.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs("spin", "gcc")`: skipped without them, failed where nothing may be skipped."""
    lacking = [tool for mark in item.iter_markers("needs") for tool in mark.args if shutil.which(tool) is None]
    if not lacking:
        return
    words = "needs " + ", ".join(f"{tool} (Debian: {PACKAGES.get(tool, tool)})" for tool in lacking)
    if _NEVER_SKIP:
        pytest.fail(words + "; HOMING_REQUIRE_ALL=1 allows no skip", pytrace=False)
    pytest.skip(words)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Counts what was left out, also when other processes of xdist left it out."""
    if report.skipped and isinstance(report.longrepr, tuple) and " needs " in f" {report.longrepr[2]}":
        words = str(report.longrepr[2])
        _missing[words[words.index("needs ") + len("needs ") :]] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        lines = "; ".join(f"{what}: {count} test{'s'[: count != 1]}" for what, count in sorted(_missing.items()))
        terminalreporter.write_line(f"Not run, because only an administrator can install it: {lines}", yellow=True)


def pytest_configure() -> None:
    """A shell that runs us in the background ignores SIGINT for us and our children: tests of Ctrl-C need it back."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
