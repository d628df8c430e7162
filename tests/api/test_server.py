"""The frame of the API: problems, limits, health, events, its own description."""

import json
from dataclasses import replace
from pathlib import Path

from homing.api.health import Attempts
from homing.api.limits import MOST_BYTES
from homing.api.server import build
from homing.store.figures import Figures
from tests.api.conftest import Api

DESCRIPTION = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"


def test_every_error_is_a_problem(api: Api) -> None:
    """RFC 9457."""
    for answer, status in (
        (api.get("/campaigns/nothing"), 404),
        (api.get("/nowhere"), 404),
        (api.ask("PUT", "/campaigns"), 405),
        (api.ask("POST", "/lists", content="{", headers={"Content-Type": "application/json"}), 400),
        (api.post("/lists", {}), 422),
        (api.get("/campaigns?limit=0"), 422),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "errors"} <= set(answer.json())
        assert answer.json()["status"] == status


def test_a_body_over_the_limit_is_refused_declared_or_streamed(api: Api) -> None:
    big = b'{"name": "' + b"x" * MOST_BYTES + b'"}'
    headers = {"Content-Type": "application/json"}
    assert api.ask("POST", "/lists", content=big, headers=headers).status_code == 413

    async def drip() -> object:
        for at in range(0, len(big), 65_536):
            yield big[at : at + 65_536]

    assert api.ask("POST", "/lists", content=drip(), headers=headers).status_code == 413
    assert api.get("/lists").json()["items"] == []


def test_alive_ready_and_figures(api: Api, draft: str) -> None:
    assert api.get("/healthz").json() == {"status": "alive"}
    assert api.get("/readyz").json()["status"] == "ready"
    figures = api.get("/metrics").text
    assert 'homing_campaigns{state="draft"} 1.0' in figures
    assert "homing_sse_clients 0.0" in figures
    assert 'homing_attempts_total{channel="email",outcome="accepted"} 0.0' in figures
    assert 'homing_lease_steals_total{kind="lane"} 0.0' in figures
    assert "homing_event_lag_seconds 0.0\n" not in figures, "facts of the draft wait: no worker reads them"
    assert "homing_event_lag_seconds " in figures
    assert "homing_fence_lag_seconds 0.0" in figures
    assert "example.org" not in figures


def test_a_count_of_attempts_never_falls_for_prometheus(api: Api) -> None:
    """One that bounced and is sent again is not accepted for a while; a count that fell would read as a fresh start."""
    found = Figures(api.house.database).look()
    counts, told = Attempts(), []
    for accepted in (7, 6, 8):
        metric = counts.told(replace(found, accepted={"email": accepted}))
        told += [each.value for each in metric.samples if each.labels == {"channel": "email", "outcome": "accepted"}]
    assert told == [7, 7, 8]


def test_every_answer_carries_the_policies(api: Api) -> None:
    for path in ("/campaigns", "/api/docs", "/api/docs.js", "/nowhere"):
        headers = api.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_page_loads_nothing_from_elsewhere(api: Api) -> None:
    for path in ("/api/docs", "/api/docs.js", "/api/docs.css"):
        answer = api.get(path)
        assert answer.status_code == 200
        assert "http://" not in answer.text
        assert "https://" not in answer.text


def test_facts_are_told_from_a_cursor(api: Api, draft: str) -> None:
    first = api.get("/events?after=0&wait=0").json()
    assert [fact["kind"] for fact in first["facts"]] == ["sender.added", "campaign.created"]
    api.post(f"/campaigns/{draft}/send")
    more = api.get(f"/events?after={first['cursor']}&wait=5&topics=campaign:{draft}").json()
    assert [fact["kind"] for fact in more["facts"]] == ["campaign.started"]
    assert more["from"] == first["cursor"]
    assert api.get("/events?after=x&wait=0").status_code == 422


def test_the_committed_description_is_the_one_that_is_served(api: Api) -> None:
    served = api.get("/api/v1/openapi.json").json()
    assert served == build(None).openapi()
    assert json.loads(DESCRIPTION.read_text(encoding="utf-8")) == served, "run: make docs"


def test_every_operation_has_words(api: Api) -> None:
    for path, methods in build(None).openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path}"
            assert operation.get("tags"), f"{method} {path}"
