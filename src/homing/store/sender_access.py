"""Where a sender's provider is and how to get in, from what is stored and the opened secret."""

from collections.abc import Mapping
from typing import Any

from homing.model.loopback import is_loopback
from homing.model.sender import HttpAccess, Kind, SmtpAccess, Tls


def access_of(stored: Mapping[str, Any], password: str | None) -> SmtpAccess:
    """Where the server is. Unsaid: TLS by the port; with a user on another machine never without TLS."""
    host, user, port = stored["host"], stored.get("user"), stored.get("port")
    tls = Tls(stored["tls"]) if stored.get("tls") else _usual_tls(host, port, user)
    usual_port = {Tls.IMPLICIT: 465, Tls.STARTTLS: 587, Tls.NONE: 25}[tls]
    return SmtpAccess(
        host=host,
        port=port or usual_port,
        tls=tls,
        user=user,
        password=password,
        ca_file=stored.get("ca_file"),
        helo=stored.get("helo"),
        high_volume=bool(stored.get("high_volume", False)),
    )


def _usual_tls(host: str, port: int | None, user: str | None) -> Tls:
    if port == 465:
        return Tls.IMPLICIT
    if port == 587 or (user and not is_loopback(host)):
        return Tls.STARTTLS
    return Tls.NONE


def http_access_of(kind: Kind, stored: Mapping[str, Any], secret: Mapping[str, str]) -> HttpAccess:
    """How to get into a provider that is spoken to by HTTP."""
    return HttpAccess(
        endpoint_url=stored.get("endpoint_url"),
        secret=secret.get("secret_key" if kind is Kind.SES else "api_key"),
        region=stored.get("region"),
        access_key_id=stored.get("access_key_id"),
        configuration_set=stored.get("configuration_set"),
        not_sent_at_5xx=stored.get("on_5xx") == "not-sent",
    )
