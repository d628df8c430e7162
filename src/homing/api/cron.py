"""/cron/resume-campaigns: what an outside scheduler may do, with a secret of its own and nothing else (R37)."""

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from homing.api.guards import ledger_of
from homing.api.problems import problem
from homing.store.control import By

router = APIRouter(tags=["cron"])


def may_enter(header: str, secret: str | None) -> bool:
    """Whether `Authorization` carries the secret; compared in constant time. Never when none is set."""
    scheme, _, given = header.partition(" ")
    expected = (secret or "").encode()
    same = hmac.compare_digest(given.strip().encode(), expected)
    return same and bool(expected) and scheme.lower() == "bearer"


@router.get("/cron/resume-campaigns")
def resume_campaigns(request: Request) -> Response:
    """Sets moving what stands still for no person's reason; answers `{"resumed": n}`."""
    ledger = ledger_of(request)
    if not may_enter(request.headers.get("authorization", ""), ledger.access.cron_secret):
        return problem(
            401,
            "this needs `Authorization: Bearer CRON_SECRET`, and CRON_SECRET set where the server runs",
            "unauthorized",
            more={"error": "Unauthorized"},
            headers={"WWW-Authenticate": 'Bearer realm="cron"'},
        )
    return JSONResponse({"resumed": len(ledger.control.rescue(By("cron")))})
