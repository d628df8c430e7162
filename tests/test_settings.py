"""Settings: where each comes from, and what an unset one means."""

from pathlib import Path

import pytest

from homing.model.errors import Misconfigured
from homing.settings import SETTINGS, child_environment, load, shown


def test_flags_win_over_the_environment_over_the_file_over_defaults(tmp_path: Path) -> None:
    (tmp_path / "homing.toml").write_text('workers = 5\nlog = "debug"\nworkspace = "file"\n')
    env = {"HOMING_LOG": "error", "HOMING_WORKSPACE": "env", "HOMING_DATA": str(tmp_path)}
    found = load({"workspace": "flag", "bind": None}, env, tmp_path)
    assert (found.workspace, found.log, found.workers, found.bind) == ("flag", "error", 5, ("127.0.0.1", 8700))
    assert found.origins["workspace"] == "flag --workspace"
    assert found.origins["log"] == "environment HOMING_LOG"
    assert found.origins["workers"] == f"file {tmp_path / 'homing.toml'}"
    assert found.origins["bind"] == "default"


def test_the_database_lives_in_the_data_folder_unless_named(tmp_path: Path) -> None:
    found = load({"data": str(tmp_path / "d")}, {}, tmp_path)
    assert found.database == f"sqlite:///{tmp_path / 'd' / 'homing.db'}"
    assert found.embedded
    other = load({"database": "sqlite:////elsewhere.db"}, {"HOMING_DATA": str(tmp_path)}, tmp_path)
    assert other.database == "sqlite:////elsewhere.db"
    assert not other.embedded


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    found = load({}, {"CRON_SECRET": "", "HOMING_DATA": str(tmp_path), "HOMING_SECRET_KEY": ""}, tmp_path)
    assert found.cron_secret is None
    assert found.secret_key is None


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "cron").write_text("s3cret\n")
    found = load({}, {"CRON_SECRET_FILE": str(tmp_path / "cron"), "HOMING_DATA": str(tmp_path)}, tmp_path)
    assert found.cron_secret == "s3cret"
    assert found.origins["cron_secret"] == "environment CRON_SECRET_FILE"
    with pytest.raises(Misconfigured, match="CRON_SECRET_FILE names"):
        load({}, {"CRON_SECRET_FILE": str(tmp_path / "gone")}, tmp_path)


def test_secrets_are_neither_shown_nor_printed(tmp_path: Path) -> None:
    env = {"CRON_SECRET": "canary", "HOMING_SECRET_KEY": "canary", "HOMING_DATABASE": "postgresql://me:canary@host/db"}
    found = load({"data": str(tmp_path)}, env, tmp_path)
    assert "canary" not in " ".join(str(shown(found, setting)) for setting in SETTINGS)
    assert shown(found, next(s for s in SETTINGS if s.name == "database")) == "postgresql://me@host/db"


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"HOMING_WORKERS": "many"}, r"HOMING_WORKERS \(environment HOMING_WORKERS\): 'many'"),
        ({"HOMING_BIND": "8700"}, "write 127.0.0.1:8700"),
        ({"HOMING_LOG": "loud"}, "choose debug"),
        ({"HOMING_PUBLIC_URL": "mail.example.net"}, "write https://"),
        ({"HOMING_MISSED_START": "soon"}, "no duration"),
        ({"HOMING_STANDBY": "yes"}, "choose synchronous"),
    ],
)
def test_a_wrong_value_names_its_place_and_the_cure(tmp_path: Path, env: dict[str, str], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        load({"data": str(tmp_path)}, env, tmp_path)


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "homing.toml").write_text("worker = 5\n")
    with pytest.raises(Misconfigured, match="no setting 'worker'"):
        load({"data": str(tmp_path)}, {}, tmp_path)


def test_a_worker_process_is_told_what_flags_said(tmp_path: Path) -> None:
    found = load({"data": str(tmp_path), "bind": "[::1]:99"}, {"CRON_SECRET": "x"}, tmp_path)
    env = child_environment(found)
    assert env["HOMING_DATA"] == str(tmp_path)
    assert load({}, env, tmp_path).bind == ("::1", 99)
    assert load({}, env, tmp_path).missed_start == 3600.0
