"""/healthz, /readyz, /metrics: alive, able to serve, and figures for Prometheus. No addresses in labels."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from homing.api.guards import ledger_of
from homing.api.ledger import Ledger
from homing.live.reader import Reader
from homing.live.storage import when
from homing.model.errors import HomingError
from homing.store import revision
from homing.store.figures import Figures, Sums
from homing.store.workers import Workers

router = APIRouter(tags=["health"])
QUANTILES = (0.5, 0.9, 0.99)


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
    """Prometheus text: campaigns, deliveries, senders and workers by state; by channel (email, whatsapp, mixed) what waits
    (`homing_queue_depth`, `homing_oldest_queued_seconds`), what is in doubt (`homing_uncertain_open`) and how many seconds the
    newest messages took, by quantile (`homing_send_seconds`).

    By channel and outcome (accepted, turned_down) the attempts so far (`homing_attempts_total`); by kind of lease how often a
    worker took one from another that had not given it back (`homing_lease_steals_total`); how long the oldest fact waits for
    notices and webhooks (`homing_event_lag_seconds`), and for a PostgreSQL transaction that is open (`homing_fence_lag_seconds`).
    """
    registry = CollectorRegistry()
    registry.register(_Ledger(ledger_of(request), request.app.state.reader, request.app.state.attempts))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Attempts:
    """Counts that never fall, as Prometheus wants them: it takes one that fell for a restart from nothing. One of a process.

    The ledger's own may fall by a few for a while: a message that bounced and is sent again is not accepted until it is.
    """

    def __init__(self) -> None:
        self._most: dict[tuple[str, str], int] = {}

    def told(self, found: Sums) -> Metric:
        words = "Attempts so far by what the provider said; what is in doubt is in neither until it is known"
        family = CounterMetricFamily("homing_attempts", words, labels=["channel", "outcome"])
        for outcome, counts in (("accepted", found.accepted), ("turned_down", found.turned_down)):
            for channel, count in counts.items():
                self._most[channel, outcome] = max(count, self._most.get((channel, outcome), 0))
                family.add_metric([channel, outcome], self._most[channel, outcome])
        return family


class _Ledger(Collector):
    """Reads the figures when it is asked, so that every process tells the same of the ledger; who watches is of this process."""

    def __init__(self, ledger: Ledger, reader: Reader, attempts: Attempts) -> None:
        self._ledger = ledger
        self._attempts = attempts
        self._reader = reader

    def collect(self) -> list[Metric]:
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
        told = [campaigns, rows, workers, senders, watchers, self._attempts.told(found)]
        return [*told, *_by_channel(found), *_of_the_works(found)]


def _of_the_works(found: Sums) -> list[Metric]:
    steals = CounterMetricFamily(
        "homing_lease_steals", "Leases taken from a worker that had not given them back", labels=["kind"]
    )
    for kind, count in found.steals.items():
        steals.add_metric([kind], count)
    behind = "Since the oldest fact that notices and webhooks have not read"
    fenced = "Since the oldest fact that an older open transaction of the database keeps from its readers"
    return [
        steals,
        GaugeMetricFamily("homing_event_lag_seconds", behind, value=found.event_lag),
        GaugeMetricFamily("homing_fence_lag_seconds", fenced, value=found.fence_lag),
    ]


def _by_channel(found: Sums) -> list[Metric]:
    """What waits, what is in doubt and how long a message takes, of e-mail and of WhatsApp."""
    told: list[Metric] = []
    for name, words, values in (
        ("homing_queue_depth", "Deliveries that wait, of campaigns that send, are paused or scheduled", found.queue),
        (
            "homing_oldest_queued_seconds",
            "Since the oldest campaign in which somebody waits was started",
            found.oldest_seconds,
        ),
        ("homing_uncertain_open", "Deliveries of which nobody knows whether they arrived", found.uncertain),
    ):
        gauge = GaugeMetricFamily(name, words, labels=["channel"])
        for channel, value in values.items():
            gauge.add_metric([channel], value)
        told.append(gauge)
    took = Metric(
        "homing_send_seconds", "From the intent to the answer, of the newest messages that are sent", "summary"
    )
    for channel, seconds in found.send_seconds.items():
        for share in QUANTILES:
            value = seconds[min(len(seconds) - 1, int(share * len(seconds)))]
            took.add_sample(took.name, {"channel": channel, "quantile": str(share)}, value)
    return [*told, took]
