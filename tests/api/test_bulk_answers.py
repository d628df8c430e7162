"""The page of bulk uploads says what the API answers."""

import json
import re
import shutil
from pathlib import Path

from tests.api.bulk_answers import CASES, PAGE, page


def test_r26_each_answer_of_the_page_is_the_one_that_the_api_gives(tmp_path: Path, blank: Path) -> None:
    """R26, R28: `python -m tests.api.bulk_answers` writes it anew."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(blank, folder / "homing.db")
    assert page(folder) == PAGE.read_text(encoding="utf-8")


def test_every_report_of_the_page_adds_up() -> None:
    answers = [
        json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ]
    reports = [answer["report"] for answer in answers if "report" in answer]
    assert len(answers) == len(CASES)
    assert len(reports) >= 11
    for report in reports:
        assert report["total"] == report["created"] + report["updated"] + report["failed"]
        assert report["total"] == report["processedContacts"] + report["notProcessedContacts"]
        assert report["failed"] == sum(report["errorsByType"].values())
