"""What deploy/ says: a compose file whose commands are run here without containers, and a Dockerfile that is built from ours."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from proofs.patience import until
from tests.postgres import QUICK, Server

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("migrate", "web", "worker")
LONG = 120.0


def instructions() -> list[tuple[str, str]]:
    """The lines of the Dockerfile: the word and what follows it."""
    lines = (line for line in DOCKERFILE.replace("\\\n", " ").splitlines() if line and not line.startswith("#"))
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


# ---- the Dockerfile


def test_the_image_is_built_apart_from_what_runs_and_nobody_in_particular_runs_it() -> None:
    words = [word for word, _ in instructions()]
    known = {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
    assert set(words) <= known
    stages = [rest for word, rest in instructions() if word == "FROM"]
    assert len(stages) == 2
    assert all(re.fullmatch(r"[\w./-]+:\d[\w.-]*( AS \w+)?", stage) for stage in stages), "a tag that names a version"
    last = instructions()[len(words) - 1 - words[::-1].index("FROM") :]
    assert [rest for word, rest in last if word == "USER"] == ["10001:10001"], (
        "a number, so that nobody needs to look it up"
    )
    assert [rest for word, rest in last if word == "COPY"] == ["--from=build /srv/homing /srv/homing"]
    for word, rest in last:
        if word in ("ENTRYPOINT", "CMD"):
            assert json.loads(rest), "a list of words: no shell stands between a signal and Homing"
    assert not re.search(r"(KEY|PASSWORD|SECRET|TOKEN)\w*=", DOCKERFILE), "no secret in a layer"


def test_what_the_image_is_built_with_is_what_continuous_integration_runs_outside() -> None:
    """Each RUN is one of .ci/run's own, or only prepares the place for it."""
    integration = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    prepares = (
        r"apt-get update && apt-get install -y --no-install-recommends [\w ]+ && rm -rf /var/lib/apt/lists/\*",
        r"python3 -m venv /srv/homing",
        r"useradd --system --uid 10001 --user-group homing && install -d -o homing -g homing -m 700 /data",
    )
    asked = [rest for word, rest in instructions() if word == "RUN"]
    assert "make wheel" in asked
    for each in asked:
        if any(re.fullmatch(one, each) for one in prepares):
            continue
        if each == "make wheel":
            assert "make wheel" in integration
            continue
        flags = each.partition(" install ")[2]
        assert re.search(r"-m pip --disable-pip-version-check install --quiet --no-deps ", each), each
        assert flags.endswith(("--require-hashes -r requirements/run.txt", "--no-index dist/homing-*.whl")), each
        assert flags.split("--no-deps ")[1] in integration, each


def test_no_part_of_a_clone_that_is_not_source_comes_into_the_image() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "deploy/secrets", "src/homing/web/static"} <= set(left_out)


# ---- the compose file


def test_the_services_hold_secrets_in_files_only_and_wait_for_what_they_need() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"db", *OURS}
    for name in OURS:
        of = services[name]
        assert all(key.endswith("_FILE") for key in of["environment"]), of["environment"]
        assert set(of["secrets"]) <= set(COMPOSE["secrets"])
        assert of["read_only"]
        assert of["cap_drop"] == ["ALL"]
        assert float(of["stop_grace_period"].removesuffix("s")) > 40, "longer than a worker may take to finish"
    assert services["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["web"]["ports"] == ["127.0.0.1:8700:8700"], "open to others only by decision"
    assert {file["file"] for file in COMPOSE["secrets"].values()} == {f"secrets/{name}" for name in COMPOSE["secrets"]}


class Outside:
    """The services of the compose file as processes here: their commands, their settings, their secrets as files."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder = folder
        (folder / "database").write_text(server.url())
        (folder / "key").write_text("k" * 44)
        self._running: list[subprocess.Popen[bytes]] = []

    def _of(self, name: str, *extra: str) -> tuple[list[str], dict[str, str]]:
        of = COMPOSE["services"][name]
        data = self._folder / f"data-{name}-{len(self._running)}"
        env = {key: value.replace("/run/secrets", str(self._folder)) for key, value in of["environment"].items()}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("HOMING_")}
        command = [sys.executable, "-m", "homing", *of["command"], *extra, "--data", str(data)]
        return command, {**inherited, **env, "HOMING_BIND": "127.0.0.1:0"}

    def run(self, name: str) -> int:
        command, env = self._of(name)
        return subprocess.run(command, env=env, timeout=LONG, capture_output=True).returncode

    def start(self, name: str) -> None:
        command, env = self._of(name)
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        self._running.append(process)

    def workers(self) -> int:
        command, env = self._of("worker")
        asked = [*command[:3], "status", "--json", *command[-2:]]
        done = subprocess.run(asked, env=env, capture_output=True, timeout=LONG, check=True)
        return len(json.loads(done.stdout)["workers"])

    def stop(self) -> list[int]:
        for process in self._running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        return [process.wait(60) for process in self._running]


@pytest.fixture
def server() -> Iterator[Server]:
    place = Path(tempfile.mkdtemp(prefix="hpd"))
    made = Server(place, QUICK)
    try:
        made.start()
        yield made
    finally:
        with suppress(Exception):
            made.stop(signal.SIGQUIT)
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.e2e
def test_R15_one_command_migrates_one_starts_the_server_with_its_worker_one_starts_another(
    server: Server, tmp_path: Path
) -> None:
    """The very commands of the compose file."""
    services = Outside(tmp_path, server)
    assert services.run("migrate") == 0
    assert services.run("migrate") == 0, "again: nothing to do"
    try:
        services.start("web")
        until(lambda: services.workers() == 1, LONG, "the server's own worker is there", every=0.3)
        services.start("worker")
        until(lambda: services.workers() == 2, LONG, "another is there", every=0.3)
    finally:
        codes = services.stop()
    assert codes == [0, 0], (tmp_path / "log").read_text(encoding="utf-8")
