"""The house rules that no linter knows: laws and requirements have tests, fault points are struck, pages keep up.

Where a rule waits for work that is under way, an explicit set names what is missing. Such a set can only shrink: an
entry that is no longer true fails as well.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "homing"
DOCS = ROOT / "docs"

LAWS = {f"L{n:02d}" for n in range(1, 25)}
"""The laws of delivery: docs/explanation/laws.md."""
LAWS_NOT_CITED_YET: set[str] = set()

REQUIREMENTS = {f"R{n}" for n in range(1, 47)}
"""Of what is built: docs/reference/requirements.md."""
REQUIREMENTS_NOT_CITED_YET: set[str] = set()

DEPENDENCIES_NOT_USED_YET: set[str] = set()
"""Pinned for what is being built; taken off by whoever imports it first."""

LONGEST_MODULE = 400
NAMELESS_ROOMS = {"utils", "util", "common", "helpers", "helper", "services", "manager", "base", "misc"}


@cache
def tracked() -> tuple[Path, ...]:
    """The project's own files: what git knows, or what lies here when it is no clone."""
    try:
        found = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        paths = [ROOT / name for name in found if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for room in ("src", "tests", "docs", "requirements") for path in (ROOT / room).rglob("*")]
    return tuple(path for path in paths if path.is_file() and "__pycache__" not in path.parts)


def python_files(*rooms: str) -> Iterator[Path]:
    for path in tracked():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in rooms:
            yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def strings_in(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def claims() -> str:
    """Names and docstrings of every test: where laws and requirements are cited."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return "\n".join(
        f"{node.name}\n{ast.get_docstring(node) or ''}"
        for path in python_files("tests")
        if path != Path(__file__)
        for node in ast.walk(tree_of(path))
        if isinstance(node, kinds) and node.name.lower().startswith("test")
    )


# ------------------------------------------------------------------------------------------------ citations


def test_every_law_has_a_test_that_carries_its_number() -> None:
    cited = {f"L{number}" for number in re.findall(r"^test_(?:\w*_)?L(\d\d)_", claims(), re.MULTILINE)}
    assert cited <= LAWS, f"no such law: {sorted(cited - LAWS)}"
    assert not LAWS - cited - LAWS_NOT_CITED_YET, f"no test cites {sorted(LAWS - cited - LAWS_NOT_CITED_YET)}"
    assert not LAWS_NOT_CITED_YET & cited, f"take off the list: {sorted(LAWS_NOT_CITED_YET & cited)}"


def test_every_requirement_of_what_is_built_is_cited_by_a_test() -> None:
    cited = {
        f"R{int(number)}"
        for number in re.findall(r"(?<![A-Za-z0-9])R0?(\d{1,2})(?![0-9A-Za-z])", claims().replace("_", " "))
    }
    missing = REQUIREMENTS - cited - REQUIREMENTS_NOT_CITED_YET
    assert not missing, f"no test cites {sorted(missing)}"
    over = REQUIREMENTS_NOT_CITED_YET & cited
    assert not over, f"take off the list: {sorted(over)}"


def fault_points() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in python_files("src"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] == "reach":
                point = node.args[0]
                assert isinstance(point, ast.Constant), f"{name_of(path)}:{node.lineno}: a fault point is a literal"
                found[str(point.value)] = f"{name_of(path)}:{node.lineno}"
    return found


def test_every_fault_point_is_struck_by_a_test_or_a_proof() -> None:
    struck = {text for path in python_files("tests", "proofs") for text in strings_in(path)}
    idle = {point: place for point, place in fault_points().items() if point not in struck}
    assert not idle, f"nothing strikes {idle}"


def test_the_lock_of_the_page_names_no_registry() -> None:
    """Where packages come from is the installer's business; the hashes say what they are."""
    for path in (ROOT / "ui" / "package-lock.json",):
        text = path.read_text(encoding="utf-8")
        assert '"resolved"' not in text, f"{name_of(path)}: install with the .npmrc beside it"
        assert text.count('"integrity"') > 20


def test_every_sql_file_is_used() -> None:
    named = {text for path in python_files("src") for text in strings_in(path)}
    idle = [
        name_of(path) for path in tracked() if path.suffix == ".sql" and SRC in path.parents and path.stem not in named
    ]
    assert not idle, f"nothing names {idle}"


def test_every_statement_is_there_for_both_databases() -> None:
    """Twins: the same name, the same named values. Only what holds rows (lock_*) has no twin: SQLite has one writer."""
    folders = {
        name: {file.stem: file for file in (SRC / "store" / "sql" / name).iterdir()}
        for name in ("sqlite", "postgresql")
    }
    ours, theirs = folders["sqlite"].keys(), folders["postgresql"].keys()
    assert not ours - theirs, f"PostgreSQL lacks {sorted(ours - theirs)}"
    assert not {name for name in theirs - ours if not name.startswith("lock_")}, f"SQLite lacks {sorted(theirs - ours)}"


# ------------------------------------------------------------------------------------------------ rooms


def test_migrations_are_numbered_without_a_gap_and_none_twice() -> None:
    found = sorted(int(path.name[:4]) for path in (SRC / "store" / "migrations" / "versions").glob("[0-9]*.py"))
    assert found == list(range(1, len(found) + 1)), "two branches took one number: no ledger can be migrated"


def test_no_module_is_overgrown() -> None:
    """When one grows past the limit, a noun is missing. Migrations are history and may be long."""
    long = {
        name_of(path): lines
        for path in python_files("src")
        if "versions" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long, f"over {LONGEST_MODULE} lines: {long}"


def test_no_room_is_nameless() -> None:
    found = [
        name_of(path)
        for path in python_files("src")
        if NAMELESS_ROOMS & {path.stem, *path.parent.relative_to(ROOT).parts}
    ]
    assert not found, f"name it by a product noun: {found}"


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [
        name_of(path) for path in python_files("src") if tree_of(path).body and not ast.get_docstring(tree_of(path))
    ]
    assert not silent, f"no opening sentence: {silent}"


def test_only_app_cli_and_demo_see_settings() -> None:
    """Everybody else gets narrow values."""
    allowed = {"app", "app.py", "cli", "demo", "demo.py", "settings", "settings.py", "__main__.py"}
    found = []
    for path in python_files("src"):
        if path.relative_to(SRC).parts[0] in allowed:
            continue
        for node in ast.walk(tree_of(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            if any(name == "homing.settings" or name.startswith("homing.settings.") for name in names):
                found.append(f"{name_of(path)}:{node.lineno}")
    assert not found


def test_every_silenced_check_names_its_code_and_reason() -> None:
    silent = []
    for path in python_files("src"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if "# noqa" in line and not re.search(r"# noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* +(- |-- |# )\S+", line):
                silent.append(f"{name_of(path)}:{number}")
            if "# type: ignore" in line and not re.search(r"# type: ignore\[[\w, -]+\] +# *\S+", line):
                silent.append(f"{name_of(path)}:{number}")
    assert not silent, f"say `# noqa: CODE - reason` or `# type: ignore[code]  # reason`: {silent}"


def test_tests_swap_a_seam_and_patch_nothing() -> None:
    found = []
    for path in python_files("tests"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = {getattr(node, "module", "") or "", *(alias.name for alias in node.names)}
                if "unittest.mock" in names or "mock" in names:
                    found.append(f"{name_of(path)}:{node.lineno}")
            if isinstance(node, ast.arg) and node.arg == "monkeypatch":
                found.append(f"{name_of(path)}:{node.lineno}")
    assert not found, f"swap `world` or a seam instead: {found}"


# ------------------------------------------------------------------------------------------------ pages


def test_every_setting_is_documented_and_no_other() -> None:
    from homing.settings import SETTINGS

    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    shape = r"\b(?:HOMING_[A-Z][A-Z_]*[A-Z]|CRON_SECRET(?:_FILE)?)\b"
    known = {setting.variable for setting in SETTINGS}
    known |= {f"{setting.variable}_FILE" for setting in SETTINGS if setting.secret}
    named = {word for path in python_files("src") for text in strings_in(path) for word in re.findall(shape, text)}
    told = set(re.findall(rf"`({shape})", page))
    assert not (known | named) - told, f"docs/reference/settings.md does not tell of {(known | named) - told}"
    assert not told - known - named - {"HOMING_REQUIRE_ALL"}, f"no such setting: {told - known - named}"


def test_generated_pages_are_fresh() -> None:
    """States and commands are described from the code itself: `make docs` writes them again."""
    done = subprocess.run(
        [sys.executable, "tools/pages.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_link_of_the_docs_leads_somewhere() -> None:
    done = subprocess.run([sys.executable, "tools/links.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_dependency_says_why_it_is_here() -> None:
    page = (DOCS / "reference" / "dependencies.md").read_text(encoding="utf-8").lower()
    missing = [
        name for name in names_in("run.in") | names_in("test.in") | names_in("build.in") if f"| {name} |" not in page
    ]
    assert not missing, f"docs/reference/dependencies.md has no row for {missing}"


# ------------------------------------------------------------------------------------------------ supply chain


def names_in(page: str) -> set[str]:
    lines = (ROOT / "requirements" / page).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0].lower() for line in lines if re.match(r"[A-Za-z]", line)}


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_pins_carry_hashes_and_no_address(path: Path) -> None:
    """The installer's own configuration decides where packages come from; the hashes decide what they are."""
    logical = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    for line in logical:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        assert re.match(r"[a-z0-9][a-z0-9._-]*==[^\s;]+( ; [^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+$", bare), bare[:80]
    assert "://" not in path.read_text(encoding="utf-8")


def test_every_requirement_file_is_resolved() -> None:
    pages = {path.stem for path in (ROOT / "requirements").glob("*.in")}
    assert pages == {path.stem for path in (ROOT / "requirements").glob("*.txt")}


def test_the_package_asks_for_what_is_pinned() -> None:
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0].lower() for line in asked} == names_in("run.in")


def test_every_dependency_is_used() -> None:
    """What running needs is imported somewhere, or loaded by a library for us; the second set shrinks to nothing."""
    loaded_by_others = {"python-multipart", "tzdata"}
    module = {
        "prometheus-client": "prometheus_client",
        "email-validator": "email_validator",
        "python-socketio": "socketio",
        "argon2-cffi": "argon2",
        "dnspython": "dns",
        "pillow": "PIL",
        "mjml-python": "mjml",
        "flufl.bounce": "flufl",
    }
    imported = {
        name.partition(".")[0]
        for path in python_files("src")
        for node in ast.walk(tree_of(path))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    idle = {name for name in names_in("run.in") - loaded_by_others if module.get(name, name) not in imported}
    assert not idle - DEPENDENCIES_NOT_USED_YET, f"nothing imports {sorted(idle - DEPENDENCIES_NOT_USED_YET)}"
    assert idle >= DEPENDENCIES_NOT_USED_YET, f"take off the list: {sorted(DEPENDENCIES_NOT_USED_YET - idle)}"


def test_no_file_knows_a_machine_or_leaves_a_note_for_later() -> None:
    machine = re.compile(
        "|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + r"me/\w", "/Us" + "ers/", r"[A-Z]:\\Us" + "ers"))
    )
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if machine.search(line) or later.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:80]}")
    assert not found, "\n".join(found)
