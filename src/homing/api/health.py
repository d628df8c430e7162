"""/healthz, /readyz, /metrics: alive, able to serve, and figures for Prometheus. No addresses in labels."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from homing.api.guards import ledger_of
from homing.api.ledger import Ledger
from homing.live.reader import Reader
from homing.live.storage import when
from homing.model.errors import HomingError
from homing.store import revision
from homing.store.figures import Figures
from homing.store.workers import Workers

router = APIRouter(tags=["health"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    """The server answers."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(request: Request) -> Response:
    """The database answers, is at this version's revision, and takes what the workers write."""
    ledger = ledger_of(request)
    told = ledger.storage()
    if told is not None:
        body = {"status": "waiting for storage", "detail": told.sentence, **when(told)}
        return JSONResponse(body, status_code=503, headers={"Retry-After": "5"})
    try:
        at = revision.found(ledger.database)
    except HomingError:
        at = None
    fine = at == revision.needed()
    return JSONResponse({"status": "ready" if fine else "not ready", "revision": at}, status_code=200 if fine else 503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Prometheus text."""
    registry = CollectorRegistry()
    registry.register(_Ledger(ledger_of(request), request.app.state.reader))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Ledger(Collector):
    """Reads the figures when it is asked, so that every process tells the same of the ledger; who watches is of this process."""

    def __init__(self, ledger: Ledger, reader: Reader) -> None:
        self._ledger = ledger
        self._reader = reader

    def collect(self) -> list[GaugeMetricFamily]:
        found = Figures(self._ledger.database).look()
        campaigns = GaugeMetricFamily("homing_campaigns", "Campaigns by state", labels=["state"])
        for state, count in found.campaigns.items():
            campaigns.add_metric([state], count)
        rows = GaugeMetricFamily("homing_deliveries", "Deliveries by what became of them", labels=["state"])
        for state, count in found.deliveries.items():
            rows.add_metric([state], count)
        workers = GaugeMetricFamily(
            "homing_workers", "Worker processes that live", value=len(Workers(self._ledger.database).alive())
        )
        senders = GaugeMetricFamily("homing_senders", "Senders by health", labels=["health"])
        for health, count in found.senders.items():
            senders.add_metric([health], count)
        watchers = GaugeMetricFamily(
            "homing_sse_clients", "Watchers of the event stream here", value=self._reader.lines
        )
        return [campaigns, rows, workers, senders, watchers]
