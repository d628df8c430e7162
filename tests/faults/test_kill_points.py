"""The kill matrix: a worker dies by SIGKILL at each fault point, at its nth arrival; the receiving server is the witness."""

import subprocess
import sys

import pytest

from proofs.fleet import ROOT
from proofs.rig import rig
from proofs.worker import POINTS
from tests.test_house import fault_points

MATRIX = {
    "while planning and taking over": ["plan.page:1", "plan.page:1", "lanes.taken:1", "lanes.taken:1", "lanes.taken:1"],
    "around the commit": ["turn.begin:1", "turn.commit:1", "turn.begin:2", "turn.commit:2", "turn.begin:5", "turn.commit:5"],
    "after the commit": ["turn.committed:1", "intend.returned:1", "turn.committed:2", "intend.returned:2", "turn.committed:5"],
    "on the wire": ["send.write:1", "send.finished:1", "send.write:2", "send.finished:2", "send.write:20", "send.finished:20"],
}  # fmt: skip


def test_the_matrix_strikes_every_fault_point() -> None:
    # tests/channels/test_simulated.py, tests/contacts/test_kills.py, tests/store/test_recurrences.py
    elsewhere = {at for at in fault_points() if at.startswith(("simulated.", "import.", "recurrence."))}
    struck = {strike.partition(":")[0] for row in MATRIX.values() for strike in row}
    assert struck == set(POINTS) == set(fault_points()) - elsewhere


@pytest.mark.parametrize("where", MATRIX)
def test_L07_workers_that_die_at_any_point_lose_nobody_and_repeat_nobody(where: str) -> None:
    """R10, R11: one after the other they die there; a clean one finishes; the sink and the ledger agree on everybody."""
    with rig(200) as stand:
        strikes = [f"--strike={strike}" for strike in MATRIX[where]]
        command = [sys.executable, "-m", "proofs.worker", "--data", str(stand.ledger.folder), *strikes]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.stdout.splitlines() == [f"struck {strike}" for strike in MATRIX[where]], done.stderr[-2000:]
        stand.fleet.start()
        stand.ledger.finished(60)
        verdict = stand.judge()
    assert verdict.clean, verdict
    assert verdict.open == 0
    assert verdict.uncertain <= 20 * len(strikes), verdict
