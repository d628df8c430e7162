"""What a sender can be told, as people write it ("20/s", "1s-3s", "on"), checked and turned into the model's values.

The same names serve the flags of the command line (`--rest-every`), the JSON of the API (`rest_every`) and the stored row.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any

from homing.model.errors import Fault, HomingError, Invalid
from homing.model.intent import parse_window
from homing.model.pacing import CAREFUL, LINKED, Pace, Pacing, Rate, Span, WarmUp, parse_duration
from homing.model.patience import Patience
from homing.model.sender import Kind, Monitoring, SenderOptions, Tls
from homing.store.provider_options import line, on_5xx, region, url
from homing.store.receipt_options import domain, event_key, mailbox, topics

_SWITCH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not text.isdecimal() or not least <= int(text) <= most:
            raise Invalid(f"'{value}' is no whole number from {least} to {most}")
        return int(text)

    return parse


def _switch(value: Any) -> bool:
    found = _SWITCH.get(str(value).strip().lower())
    if found is None:
        raise Invalid(f"'{value}' is neither on nor off")
    return found


def _duration(value: Any) -> str:
    parse_duration(str(value))
    return str(value).strip()


def _span(value: Any) -> str:
    Span.parse(str(value))
    return str(value).strip()


def _rate(value: Any) -> str:
    Rate.parse(str(value))
    return str(value).strip()


def _warm_up(value: Any) -> str:
    text = str(value).strip().lower()
    if text != "off":
        WarmUp.parse(text)
    return text


def _pace(value: Any) -> str:
    word = {"true": "gentle", "on": "gentle", "false": "off"}.get(str(value).lower(), str(value))
    if word not in [p.value for p in Pace]:
        raise Invalid(f"'{value}' is no pacing; choose {', '.join(Pace)}")
    return word


def _tls(value: Any) -> str:
    if value not in [t.value for t in Tls]:
        raise Invalid(f"'{value}' is no kind of TLS; choose {', '.join(Tls)}")
    return str(value)


def _probes(value: Any) -> list[str]:
    listed = [value] if isinstance(value, str) else list(value)
    for text in listed:
        probe_of(text)
    return listed


def probe_of(text: str) -> tuple[str, int]:
    """'8.8.8.8:53' or '[2001:db8::1]:53' as host and port."""
    host, _, port = str(text).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Invalid(f"'{text}' is no HOST:PORT")
    return host.strip("[]"), int(port)


def _mailbox(value: Any) -> str:
    text = line(value)
    name, address = parseaddr(text)
    try:
        Address(display_name=name, addr_spec=address)
        known = "@" in address
    except (ValueError, IndexError):
        known = False
    if not known:
        raise Invalid(f"'{text}' is no sender address; write a@b.example or 'Name <a@b.example>'")
    return text


_SHARED: dict[str, Callable[[Any], Any]] = {
    "rate": _rate,
    "daily": _whole(1, 10**9),
    "hourly": _whole(1, 10**9),
    "warm_up": _warm_up,
    "connections": _whole(1, 1000),
    "in_flight": _whole(1, 10_000),
    "timeout": _duration,
    "retries": _whole(0, 100),
    "backoff": _duration,
    "backoff_cap": _duration,
    "defer_for": _duration,
    "probe": _probes,
    "probe_timeout": _duration,
    "check_every": _duration,
    "give_up_after": _duration,
    "resume_when_back": _switch,
    "pacing": _pace,
    "delay": _span,
    "rest_every": _whole(0, 10**6),
    "rest": _span,
    "per_minute": _whole(1, 100_000),
    "from": _mailbox,
    "bounce_domain": domain,
}
_MAIL: dict[str, Callable[[Any], Any]] = {"per_domain": _rate}
_SMTP: dict[str, Callable[[Any], Any]] = {
    "host": line,
    "port": _whole(1, 65_535),
    "tls": _tls,
    "user": line,
    "ca_file": line,
    "helo": line,
    "high_volume": _switch,
    "mailbox": mailbox,
}


def _hours(value: Any) -> str:
    text = str(value).strip()
    if text != "off":
        parse_window(text)
    return text


def _share(value: Any) -> float:
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise Invalid(f"'{value}' is no share; write 5% or 0.05")
    return number


_SIMULATED: dict[str, Callable[[Any], Any]] = {
    "latency": _duration,
    "refuse": _share,
    "unclear": _share,
    "defer": _share,
    "seed": _whole(0, 2**31),
    "record": line,
}


_HTTP: dict[str, Callable[[Any], Any]] = {"endpoint_url": url, "on_5xx": on_5xx}
_SES: dict[str, Callable[[Any], Any]] = {"region": region, "access_key_id": line, "configuration_set": line}
_WORDS = {"stop_words": line, "start_words": line}
_CLOUD = {"endpoint_url": url, "phone_number_id": line, "waba_id": line, "business": line, "api_version": line}
_CLOUD |= _WORDS
_LINKED: dict[str, Callable[[Any], Any]] = {
    **_WORDS,
    "proxy": line,
    "daily_new": _whole(1, 100_000),
    "hours": _hours,
    "driver": line,
    "wait_scale": _share,
}
KNOWN: dict[Kind, dict[str, Callable[[Any], Any]]] = {
    Kind.SMTP: _SHARED | _MAIL | _SMTP,
    Kind.SENDGRID: _SHARED | _MAIL | _HTTP | {"event_key": event_key},
    Kind.SES: _SHARED | _MAIL | _HTTP | _SES | {"topic_arn": topics},
    Kind.SIMULATED: _SHARED | _MAIL | _SIMULATED,
    Kind.WHATSAPP_LINKED: _SHARED | _LINKED,
    Kind.WHATSAPP_CLOUD: _SHARED | _CLOUD,
}
"""Every option of each kind, and what checks it."""

CREDENTIALS: dict[Kind, frozenset[str]] = {
    Kind.SMTP: frozenset({"password", "mailbox_password"}),
    Kind.SENDGRID: frozenset({"api_key"}),
    Kind.SES: frozenset({"secret_key"}),
    Kind.SIMULATED: frozenset(),
    Kind.WHATSAPP_LINKED: frozenset(),
    Kind.WHATSAPP_CLOUD: frozenset({"api_key", "app_secret", "verify_token"}),
}
"""What is sealed, and never told again."""

DESTINATIONS: Mapping[str, frozenset[str]] = {
    "password": frozenset({"host", "port", "tls", "ca_file", "user"}),
    "mailbox_password": frozenset({"mailbox", "ca_file"}),
    "api_key": frozenset({"endpoint_url"}),
    "secret_key": frozenset({"endpoint_url", "access_key_id"}),
}
"""Where each secret goes. Changing one of these asks for it again, so that it cannot be sent to a stranger's server."""

HTTP = frozenset({Kind.SENDGRID, Kind.SES, Kind.WHATSAPP_CLOUD})
"""Kinds that take one message per request."""
HTTP_CONNECTIONS = 100  # the window of what may be in flight (L5) limits them before this does


def flag(name: str) -> str:
    """The flag of an option."""
    return "--" + name.replace("_", "-")


def check(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they are stored; None takes an option away. Raises Invalid with a Fault for each wrong one."""
    known = KNOWN[kind]
    good: dict[str, Any] = {}
    faults = []
    for name, value in given.items():
        if name not in known:
            words = ", ".join(sorted(flag(n) for n in known))
            faults.append(
                Fault(f"/{name}", f"{flag(name)}: a sender of kind {kind} has no such option; there are {words}")
            )
        elif value is None:
            good[name] = None
        else:
            try:
                good[name] = known[name](value)
            except HomingError as error:
                faults.append(Fault(f"/{name}", f"{flag(name)}: {error.detail}"))
    if faults:
        raise Invalid("; ".join(fault.detail for fault in faults), faults=tuple(faults))
    return good


_KEYED = {
    Kind.SENDGRID: "SendGrid needs an API key with the right to send mail",
    Kind.WHATSAPP_CLOUD: "the Cloud API needs an access token",
}


def check_whole(kind: Kind, stored: Mapping[str, Any], *, secrets: Container[str]) -> None:  # noqa: C901 - a line for each kind
    """What only the options together tell. `secrets`: names of the credentials that are set. Raises Invalid."""
    if kind is Kind.SMTP:
        if not stored.get("host"):
            raise Invalid("--host: say which server takes the mail", faults=(Fault("/host", "--host is missing"),))
        if stored.get("user") and "password" not in secrets:
            _ask_for("password", "a user needs a password")
        if stored.get("mailbox") and "mailbox_password" not in secrets:
            _ask_for("mailbox_password", "a mailbox is read with its password")
    if kind is Kind.WHATSAPP_CLOUD and not stored.get("phone_number_id"):
        raise Invalid("--phone-number-id: say which number sends", faults=(Fault("/phone_number_id", "is missing"),))
    if kind in _KEYED and "api_key" not in secrets:
        _ask_for("api_key", _KEYED[kind])
    if kind is Kind.SES:
        if not stored.get("region") and not stored.get("endpoint_url"):
            raise Invalid("--region: say which region of AWS", faults=(Fault("/region", "--region is missing"),))
        if stored.get("access_key_id") and "secret_key" not in secrets:
            _ask_for("secret_key", "an access key needs its secret key")


def _ask_for(secret: str, why: str) -> None:
    detail = f"{flag(secret)}-file: {why}; put it into a file and name the file"
    raise Invalid(detail, faults=(Fault(f"/{secret}", why),))


def options_of(kind: Kind, stored: Mapping[str, Any]) -> SenderOptions:
    """The model's values; what is not stored has its default."""
    plain = SenderOptions()
    return SenderOptions(
        rate=Rate.parse(stored["rate"]) if stored.get("rate") else None,
        per_domain=Rate.parse(stored["per_domain"]) if stored.get("per_domain") else None,
        hourly=stored.get("hourly"),
        daily=stored.get("daily"),
        warm_up=_warming(kind, stored),
        connections=stored.get("connections") or (HTTP_CONNECTIONS if kind in HTTP else plain.connections),
        in_flight=stored.get("in_flight") or plain.in_flight,
        timeout=_seconds(stored, "timeout", plain.timeout),
        patience=_patience(stored, plain.patience),
        pacing=_pacing(kind, stored, plain.pacing),
        monitoring=_monitoring(stored, plain.monitoring),
    )


def _warm_up_of(kind: Kind, stored: Mapping[str, Any]) -> str | None:
    """As it is written. A linked device that paces carefully has a plan unless a person capped it otherwise."""
    text = stored.get("warm_up")
    if text is None and kind is Kind.WHATSAPP_LINKED and not (stored.get("daily") or stored.get("daily_new")):
        text = LINKED if _pacing(kind, stored, Pacing()).pace is Pace.CAREFUL else None
    return None if text in (None, "off") else str(text)


def _warming(kind: Kind, stored: Mapping[str, Any]) -> WarmUp | None:
    text = _warm_up_of(kind, stored)
    return None if text is None else replace(WarmUp.parse(text), people=kind is Kind.WHATSAPP_LINKED)


def _seconds(stored: Mapping[str, Any], name: str, default: float) -> float:
    return parse_duration(stored[name]) if stored.get(name) is not None else default


def _patience(stored: Mapping[str, Any], plain: Patience) -> Patience:
    return Patience(
        retries=stored.get("retries", plain.retries),
        base=_seconds(stored, "backoff", plain.base),
        cap=_seconds(stored, "backoff_cap", plain.cap),
        defer_for=_seconds(stored, "defer_for", plain.defer_for),
    )


def _pacing(kind: Kind, stored: Mapping[str, Any], plain: Pacing) -> Pacing:
    usual = {Kind.SMTP: Pace.GENTLE, Kind.WHATSAPP_LINKED: Pace.CAREFUL}.get(kind, Pace.OFF)
    pace = Pace(stored.get("pacing") or usual)
    if pace is Pace.CAREFUL:
        plain = CAREFUL
    return Pacing(
        pace=pace,
        delay=Span.parse(stored["delay"]) if stored.get("delay") else plain.delay,
        rest_every=stored.get("rest_every", plain.rest_every),
        rest=Span.parse(stored["rest"]) if stored.get("rest") else plain.rest,
        per_minute=stored.get("per_minute", plain.per_minute),
    )


def _monitoring(stored: Mapping[str, Any], plain: Monitoring) -> Monitoring:
    return Monitoring(
        probes=tuple(probe_of(text) for text in stored["probe"]) if "probe" in stored else plain.probes,
        probe_timeout=_seconds(stored, "probe_timeout", plain.probe_timeout),
        check_every=_seconds(stored, "check_every", plain.check_every),
        give_up_after=_seconds(stored, "give_up_after", plain.give_up_after),
        resume_when_back=stored.get("resume_when_back", plain.resume_when_back),
    )


def told(kind: Kind, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting with the value that is in force, set or not; durations in seconds. Credentials are none of them."""
    o = options_of(kind, stored)
    watch, pace, patience = o.monitoring, o.pacing, o.patience
    return {
        "rate": stored.get("rate"),
        "per_domain": stored.get("per_domain"),
        "hourly": o.hourly,
        "daily": o.daily,
        "warm_up": _warm_up_of(kind, stored),
        "connections": o.connections,
        "in_flight": o.in_flight,
        "retries": patience.retries,
        "backoff_seconds": patience.base,
        "backoff_cap_seconds": patience.cap,
        "defer_for_seconds": patience.defer_for,
        "timeout_seconds": o.timeout,
        "probe": [f"{host}:{port}" for host, port in watch.probes],
        "probe_timeout_seconds": watch.probe_timeout,
        "check_every_seconds": watch.check_every,
        "give_up_after_seconds": watch.give_up_after,
        "resume_when_back": watch.resume_when_back,
        "pacing": pace.pace.value,
        "delay_seconds": [pace.delay.least, pace.delay.most],
        "rest_every": pace.rest_every,
        "rest_seconds": [pace.rest.least, pace.rest.most],
        "per_minute": pace.per_minute,
    }
