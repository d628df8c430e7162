"""`make audit`: looks everything that is pinned up in the public lists of known faults, and names what could not be looked up.

Exit code 0: all looked up, no fault known. 1: a fault is known. 2: no fault is known, but some packages could not be looked up.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FILES = ("run", "test", "build")


def look_up(auditor: Path, pins: Path) -> list[dict[str, Any]]:
    """What pip-audit says of each package in a file. Without --strict, which would end at the first it cannot find."""
    command = [
        str(auditor),
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "-f",
        "json",
        "-r",
        str(pins),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        sys.stderr.write(done.stderr)
        return [{"name": pins.name, "skip_reason": "pip-audit gave no answer; its words are above"}]
    return found


def verdict(found: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit code and a line for each package with a fault, or without an answer."""
    faulty = [
        f"{each['name']} {each['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version yet'}"
        for each in found
        for fault in each.get("vulns", ())
    ]
    unseen = [f"{each['name']}: not looked up. {each['skip_reason']}" for each in found if each.get("skip_reason")]
    lines = list(dict.fromkeys(faulty + unseen))  # a package may be pinned in several files
    return (1 if faulty else 2 if unseen else 0), lines


def main() -> int:
    auditor = Path(sys.argv[1])
    found = [each for name in FILES for each in look_up(auditor, Path("requirements") / f"{name}.txt")]
    code, lines = verdict(found)
    seen = {each["name"] for each in found if "vulns" in each}
    print(f"audit: {len(seen)} packages looked up")
    for line in lines:
        print(f"audit: {line}")
    return code


if __name__ == "__main__":
    sys.exit(main())
