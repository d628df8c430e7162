"""The bench measures what it says, counts every message, and keeps its page in step with its figures."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import page
from bench.__main__ import left_out, parse, report
from bench.campaign import content, prepare
from bench.email import build, cases, planning, turns
from bench.machine import flush_us, machine_in_words
from bench.postfix import Broken, anchor, lacking, sink
from bench.postgresql import send as send_on_postgresql
from bench.product import send
from bench.scale import measure as scale
from bench.targets import SPINE, missed

ROOT = Path(__file__).resolve().parents[2]
POSTFIX = pytest.mark.needs("smtp-sink", "smtp-source")


def bench(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )


@POSTFIX
@pytest.mark.slow
def test_the_spine_counts_every_recipient_in_the_ledger_and_at_the_sink() -> None:
    done = bench("--recipients", "300", "--repeat", "1", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (row,) = told["rows"]
    assert (row["recipients"], row["sent"], row["at_sink"]) == (300, 300, 300)
    assert row["rate"] > 0
    assert row["anchor_rate"] == pytest.approx((row["anchor_before"] + row["anchor_after"]) / 2, rel=0.01)
    assert row["ratio"] == pytest.approx(row["rate"] / row["anchor_rate"], rel=0.01)
    assert row["peak_mb"] > 10
    assert row["message_bytes"] > 5120
    assert told["missed"] == [f"300 recipients: {line}" for line in missed(SPINE, row)]


def test_a_target_that_postgresql_misses_is_told_and_ends_in_1(capsys: pytest.CaptureFixture[str]) -> None:
    good = {"case": "one", "recipients": 300, "workers": 1, "ratio": 0.6, "cpu_ratio": 3.0}
    more = {**good, "case": "two", "workers": 2, "ratio": 0.4}  # on a machine whose cores are all taken: no target
    rows = [{"case": "idle", "idle_cpu": 0.7, "idle_transactions": 2.0}, {**good, "ratio": 0.4}, more]
    given = parse(["postgresql", "--json", "--assert"])
    assert report(given, rows, {}, print) == 1
    assert json.loads(capsys.readouterr().out)["missed"] == [
        "idle: idle CPU % <= 0.5, not 0.7",
        "one, 300 recipients: x smtp-source >= 0.5, not 0.4",
    ]
    assert report(given, [good, more], {}, print) == 0


@POSTFIX
def test_a_sink_that_refuses_gives_no_figure() -> None:
    with pytest.raises(Broken):
        anchor(5, "-f", "RCPT")


@POSTFIX
@pytest.mark.slow
def test_a_campaign_that_not_everybody_got_gives_no_figure(tmp_path: Path) -> None:
    with sink("-f", "RCPT") as to:
        prepared = prepare(tmp_path / "data", 20, to.port)
        with pytest.raises(Broken, match="the campaign is"):
            send(prepared, to)


@POSTFIX
@pytest.mark.slow
def test_every_case_of_a_part_gives_a_figure() -> None:
    for name, run in cases(200).items():
        found = run()
        assert found["cpu_us"] > 0, name
        assert found["rate"] > 0, name


def test_building_planning_and_turns_need_no_server() -> None:
    assert build(50, 5120, 3)["message_bytes"] > 5120
    assert planning(120)["rate"] > 0
    assert turns(120)["rate"] > 0


def test_the_letter_is_as_long_as_asked_and_has_its_links() -> None:
    said = content(8700, 17)
    assert 8500 <= len(said["html"]) <= 8700
    assert said["html"].count("<a href=") == 17


def test_a_target_is_missed_on_the_wrong_side_only() -> None:
    good = {"ratio": 0.5, "cpu_ratio": 3.0, "peak_mb": 150.0}
    assert missed(SPINE, good) == []
    assert len(missed(SPINE, {"ratio": 0.49, "cpu_ratio": 3.1, "peak_mb": 151.0})) == 3


def test_without_postfix_the_bench_is_left_out_in_one_line_or_fails_where_it_may_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = lacking("/nowhere")
    assert why == "skipped: smtp-sink is missing (Debian: apt install postfix)"
    assert left_out(why, {}) == 0
    assert left_out(why, {"HOMING_REQUIRE_ALL": "1"}) == 1
    assert capsys.readouterr().out == f"{why}\n" * 2


def test_the_machine_is_described_and_its_disk_measured(tmp_path: Path) -> None:
    assert "SQLite" in machine_in_words()
    assert flush_us(tmp_path, 5) > 0


def test_the_page_is_what_the_kept_figures_say() -> None:
    assert page.PAGE.read_text("utf-8") == page.page(page.kept()), "run: python -m bench page"


@POSTFIX
@pytest.mark.slow
def test_a_campaign_on_postgresql_is_counted_in_the_ledger_and_at_the_sink_with_the_cpu_of_both() -> None:
    """Two workers: it raises Broken when a count is another one."""
    found = send_on_postgresql(200, 2)
    assert found["cpu_us"] == pytest.approx(found["worker_us"] + found["database_us"], rel=0.01)
    assert min(found["worker_us"], found["database_us"], found["rate"], found["peak_mb"]) > 0
    assert 1 <= found["senders"] <= 2


@POSTFIX
@pytest.mark.slow
def test_a_part_of_a_large_campaign_is_sent_in_windows() -> None:
    rows = scale(600, 300)
    assert rows[0]["case"] == "planning, sending beside it"
    assert sum(row["messages"] for row in rows) >= 300


@POSTFIX
@pytest.mark.slow
def test_a_bench_that_is_asked_to_end_leaves_nothing_behind() -> None:
    one = subprocess.Popen([sys.executable, "-m", "bench", "postgresql", "--recipients", "100000"], cwd=ROOT)
    children: set[int] = set()
    try:
        while not any("postgres" in name_of(child) for child in children):
            assert one.poll() is None
            children = descendants(one.pid)
            time.sleep(0.05)
        one.terminate()
        assert one.wait(60) == 128 + signal.SIGTERM
    finally:
        one.kill()
        one.wait()
    deadline = time.monotonic() + 60
    while left := [child for child in children if name_of(child)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def descendants(pid: int) -> set[int]:
    try:
        found = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()}
    except FileNotFoundError:
        return set()
    return found.union(*(descendants(child) for child in found))


def name_of(pid: int) -> str:
    """Of a process that runs; "" when it has ended."""
    try:
        name, state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").split("(", 1)[1].rsplit(")", 1)
    except FileNotFoundError:
        return ""
    return "" if state.split()[0] in "ZX" else name
