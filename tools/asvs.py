"""Checks security/asvs.toml: each requirement of levels 1 and 2 names its tests, why it does not apply, or what it waits for.

Exit 1 on a missing or unknown id, a test that does not exist, a test that was skipped or failed, and, with `--release`,
on anything that still waits.
"""

import ast
import os
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "security" / "asvs.toml"

LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223", "6.7": "33",
    "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
"""The level of each requirement of OWASP ASVS 5.0.0: the n-th digit of section "6.2" is the level of 6.2.n."""
BEYOND = {"1.2.10"}
"""Of level 3, and promised all the same: cells that start a formula."""


def wanted() -> set[str]:
    """The ids of levels 1 and 2, and those promised beyond."""
    low = {f"{section}.{n}" for section, levels in LEVELS.items() for n, level in enumerate(levels, 1) if level in "12"}
    return low | BEYOND


def exists(test: str) -> bool:
    """Whether `tests/room/test_x.py::test_claim` is a function in that file."""
    path, _, name = test.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    last = name.split("::")[-1].partition("[")[0]
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == last for node in ast.walk(tree)
    )


def faults_of(book: dict[str, dict[str, object]]) -> list[str]:
    """What is wrong with the book itself."""
    wrong = [f"{id_}: missing" for id_ in sorted(wanted() - set(book))]
    wrong += [f"{id_}: no such requirement in levels 1 and 2" for id_ in sorted(set(book) - wanted())]
    for id_, entry in book.items():
        if len({"tests", "na", "todo"} & set(entry)) != 1:
            wrong.append(f"{id_}: says exactly one of tests, na, todo")
        wrong += [f"{id_}: no such test: {test}" for test in entry.get("tests", []) if not exists(test)]  # type: ignore[attr-defined]  # a list, or the line above says so
    return wrong


def did_not_hold(tests: list[str]) -> list[str]:
    """Runs the tests and names those that were skipped or failed."""
    if not tests:
        return []
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        code = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junitxml={report}", *tests],
            cwd=ROOT, check=False, env=os.environ,
        ).returncode  # fmt: skip
        cases = ET.parse(report).getroot().iter("testcase")
        wrong = [f"{case.get('name')}: skipped" for case in cases if case.find("skipped") is not None]
    return wrong if code == 0 else [*wrong, f"pytest: exit {code}"]


def main() -> int:
    book = tomllib.loads(BOOK.read_text(encoding="utf-8"))["req"]
    waiting = [id_ for id_, entry in book.items() if "todo" in entry]
    wrong = faults_of(book)
    if "--book" not in sys.argv:
        wrong += did_not_hold(sorted({test for entry in book.values() for test in entry.get("tests", [])}))
    if "--release" in sys.argv:
        wrong += [f"{id_}: still waits" for id_ in waiting]
    for line in wrong:
        print(line, file=sys.stderr)
    tested = sum("tests" in entry for entry in book.values())
    print(
        f"ASVS 5.0.0, levels 1 and 2: {tested} tested, {len(book) - tested - len(waiting)} n/a, {len(waiting)} waiting"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
