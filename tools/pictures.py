"""Photographs every screen for docs/explanation/ui.md: a real Chromium before the real server, small WebP pictures.

`make pictures`. The screens are those of tests/e2e/screens.py, where tests/e2e/test_page_access.py fails on any fault of
access on the way, and what tests/e2e/test_page_blocks.py has put together.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "explanation" / "pictures"
TESTS = (
    "tests/e2e/test_page_access.py::test_no_screen_has_a_fault_of_access",
    "tests/e2e/test_page_blocks.py::test_a_message_of_blocks_arrives_as_it_was_put_together",
)
WIDE = ("campaigns", "live", "finished", "composer", "contacts", "media", "recurring", "senders", "notices")
WIDE += (
    "imports",
    "conversation",
    "composer-whatsapp",
    "blocks",
    "home",
    "templates",
    "import-checked",
    "segment",
    "settings",
)
NARROW = ("live",)
WIDTH, NARROW_WIDTH, QUALITY = 900, 300, 62


def main() -> int:
    with tempfile.TemporaryDirectory() as made:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
            cwd=ROOT, env={**os.environ, "HOMING_PICTURES": made}, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            return done.returncode
        for name in WIDE:
            keep(Path(made) / f"{name}-1280-light.png", FOLDER / f"{name}.webp", WIDTH)
        for name in NARROW:
            keep(Path(made) / f"{name}-390-dark.png", FOLDER / f"{name}-phone-dark.webp", NARROW_WIDTH)
    return 0


def keep(taken: Path, to: Path, width: int) -> None:
    """The picture, smaller; one that is not there is a screen that somebody renamed: a KeyError of the file system."""
    with Image.open(taken) as found:
        height = round(found.height * width / found.width)
        found.convert("RGB").resize((width, height), Image.Resampling.LANCZOS).save(
            to, "WEBP", quality=QUALITY, method=6
        )
    print(f"{to.relative_to(ROOT)}: {to.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
