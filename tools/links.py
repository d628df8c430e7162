"""Checks the pages: every relative link leads to a file, every anchor to a heading. Exit 1 names those that do not."""

import re
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:")


def pages() -> list[Path]:
    """The pages at the root and all of docs."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def prose(page: Path) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The names under which a forge shows a page's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        name, again = slug, 0
        while name in found:
            again += 1
            name = f"{slug}-{again}"
        found.add(name)
    return frozenset(found)


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    wrong = []
    for match in LINK.finditer(prose(page)):
        link = match[1] or match[2]
        if OUTSIDE.match(link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(f"{page.relative_to(ROOT)}: {link}: no such file")
        elif ROOT not in target.parents and target != ROOT:
            wrong.append(f"{page.relative_to(ROOT)}: {link}: outside the project")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            wrong.append(f"{page.relative_to(ROOT)}: {link}: no such heading")
    return wrong


def unreachable(found: list[Path]) -> list[str]:
    """Pages under docs that no other page links to: nobody would find them."""
    linked = set()
    for page in found:
        for match in LINK.finditer(prose(page)):
            path = unquote(match[1] or match[2]).partition("#")[0]
            if path and not OUTSIDE.match(path):
                linked.add((page.parent / path).resolve())
    docs = ROOT / "docs"
    return [
        f"{page.relative_to(ROOT)}: no page links to it"
        for page in found
        if docs in page.parents and page not in linked and page != docs / "README.md"
    ]


def main() -> int:
    found = pages()
    wrong = [line for page in found for line in broken(page)] + unreachable(found)
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print(f"{len(found)} pages, every link leads somewhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
