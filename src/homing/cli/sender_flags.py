"""The flags that `sender add` and `sender set` share, declared once; what they mean is checked in the store."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from homing.model.errors import Invalid

_TEXT: dict[str, tuple[str, str, str]] = {
    # by name: how its value is written, its panel in the help, what it means
    "from": ('"NAME <A@B>"', "Mail", "The From of campaigns that name none."),
    "bounce_domain": ("DOMAIN", "Mail", "Bounces come back to addresses of their own in this domain (VERP)."),
    "mailbox": (
        "imaps://USER@HOST/FOLDER",
        "SMTP",
        "The mailbox that bounces come back to, read each minute; in USER %40 for @.",
    ),
    "event_key": (
        "KEY",
        "HTTP",
        "SendGrid: the key of its signed event webhook; it then tells /hooks/sendgrid/NAME.",
    ),
    "topic_arn": ("ARN", "HTTP", "SES: the SNS topic of its events, subscribed to /hooks/ses/NAME."),
    "host": ("HOST", "SMTP", "The server that takes the mail."),
    "port": ("PORT", "SMTP", "Its port; by TLS 25, 587 or 465."),
    "tls": ("none|starttls|implicit", "SMTP", "By the port when not given; with a user never none on another machine."),
    "user": ("USER", "SMTP", "The account to log in with."),
    "ca_file": ("FILE", "SMTP", "Trust this authority instead of the system's."),
    "helo": ("NAME", "SMTP", "The name that this machine gives itself."),
    "high_volume": (
        "on|off",
        "SMTP",
        "Fill the round trips on near servers too, and keep a connection for 1,000 messages.",
    ),
    "endpoint_url": ("URL", "HTTP", "Instead of the provider's own address (private gateways, tests)."),
    "on_5xx": (
        "unclear|not-sent",
        "HTTP",
        "What an answer 5xx means here (unclear); not-sent only where the provider promises it.",
    ),
    "region": ("REGION", "SES", "The region of AWS, e.g. eu-west-1."),
    "access_key_id": ("ID", "SES", "Without it the credentials are looked for where AWS programs do."),
    "configuration_set": ("NAME", "SES", "Where its events come from; without it nothing is heard of bounces."),
    "rate": ("N/s|N/m|N/h", "Limits", "At most so many messages."),
    "daily": ("N", "Limits", "At most so many in 24 hours."),
    "hourly": ("N", "Limits", "At most so many in an hour."),
    "warm_up": (
        "50x1.5..900|off",
        "Limits",
        "A new sender: 50 on its first day, half as many more each day, up to 900; a linked device: new people.",
    ),
    "connections": ("N", "Limits", "Connections at once."),
    "in_flight": ("N", "Limits", "Messages under way at once: the most that a crash can leave uncertain."),
    "retries": ("N", "Patience", "Quick retries of a recipient (3)."),
    "backoff": ("TIME", "Patience", "The first wait before a retry; doubles (1s)."),
    "backoff_cap": ("TIME", "Patience", "The longest of these waits (60s)."),
    "defer_for": ("TIME", "Patience", "How long a recipient who was deferred is tried (24h); 0: not at all."),
    "timeout": ("TIME", "Patience", "For each step of the dialogue (30s)."),
    "probe_timeout": ("TIME", "Connection", "For a probe (5s)."),
    "check_every": ("TIME", "Connection", "While the connection is lost, look this often (10s)."),
    "give_up_after": ("TIME", "Connection", "Then pause the campaign (5m); 0: never."),
    "resume_when_back": ("on|off", "Connection", "Resume it when the connection is back (on)."),
    "pacing": ("off|gentle|steady|careful", "Pace", "gentle for smtp, careful for whatsapp_linked, off for others."),
    "delay": ("TIME-TIME", "Pace", "Between two messages (1s-3s)."),
    "rest_every": ("N", "Pace", "After so many messages a longer rest (50); 0: none."),
    "rest": ("TIME-TIME", "Pace", "How long that rest is (30s-60s)."),
    "per_domain": ("N/s|N/m|N/h", "Limits", "At most so many to each mail domain; others go on."),
    "per_minute": ("N", "Pace", "Messages a minute when steady (20)."),
    "proxy": ("URL", "WhatsApp", "An HTTP proxy for the line of a linked device."),
    "phone_number_id": ("ID", "WhatsApp", "Cloud API: the id of the number that sends."),
    "waba_id": ("ID", "WhatsApp", "Cloud API: the id of the business account, for its templates."),
    "business": (
        "ID",
        "WhatsApp",
        "Cloud API: the business that several accounts belong to; its numbers share one limit.",
    ),
    "api_version": ("vN", "WhatsApp", "Cloud API: its version (v23.0)."),
    "stop_words": (
        "W,W",
        "WhatsApp",
        "More words that end messages to who writes them; STOP and its like are known, and -W takes one of those out.",
    ),
    "start_words": ("W,W", "WhatsApp", "More words that let them be sent again."),
    "daily_new": (
        "N",
        "WhatsApp",
        "So many people a day for the first time, instead of a warm-up (20x1.5..150 from the day it is linked).",
    ),
    "hours": ("08:00-20:00|off", "WhatsApp", "Send only then (08:00-20:00)."),
    "driver": ("neonize|sim", "WhatsApp", "The client library."),
    "wait_scale": ("N", "WhatsApp", "Shortens every wait before a reconnection; for tests."),
    "latency": ("TIME", "Simulated", "How long each message takes."),
    "refuse": ("SHARE", "Simulated", "This share is refused, e.g. 5%."),
    "unclear": ("SHARE", "Simulated", "This share ends without an answer."),
    "defer": ("SHARE", "Simulated", "This share is deferred once."),
    "seed": ("N", "Simulated", "Another number, other fates."),
    "record": ("FILE", "Simulated", "Write a line for each accepted message."),
}
_SECRETS = {
    "password": ("SMTP", "The file with the password."),
    "mailbox_password": ("SMTP", "The file with the password of that mailbox."),
    "api_key": ("HTTP", "SendGrid: the file with the API key. Cloud API: with the access token."),
    "secret_key": ("SES", "The file with the secret key."),
    "app_secret": ("WhatsApp", "Cloud API: the file with the app secret, which signs webhooks."),
    "verify_token": ("WhatsApp", "Cloud API: the file with the token that proves the webhook's address."),
}
HIDDEN = {"driver", "wait_scale", "in_flight", "per_minute", "seed", "record"}


def _declare(name: str) -> Any:
    metavar, panel, meaning = _TEXT[name]
    flag = "--" + name.replace("_", "-")
    return typer.Option(flag, metavar=metavar, help=meaning, rich_help_panel=panel, hidden=name in HIDDEN)


def sender_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command every option of a sender; it receives them as `options` and `credentials`, only those that were given."""

    def run(**values: Any) -> None:
        options = {name: values.pop(f"opt_{name}") for name in _TEXT}
        options["probe"] = values.pop("opt_probe") or None
        secrets = {name: _secret(name, values.pop(f"opt_{name}_file")) for name in _SECRETS}
        given = {name: _unset(value) for name, value in options.items() if value is not None}
        command(**values, options=given, credentials={name: text for name, text in secrets.items() if text is not None})

    own = [p for p in inspect.signature(command).parameters.values() if p.name not in ("options", "credentials")]
    added = [_parameter(f"opt_{name}", str | None, _declare(name)) for name in _TEXT]
    probe = typer.Option(
        "--probe", metavar="HOST:PORT", rich_help_panel="Connection", help="Where to look; repeatable (8.8.8.8:53)."
    )
    added.append(_parameter("opt_probe", list[str] | None, probe))
    for name, (panel, meaning) in _SECRETS.items():
        file = typer.Option(f"--{name.replace('_', '-')}-file", metavar="FILE", rich_help_panel=panel, help=meaning)
        added.append(_parameter(f"opt_{name}_file", Path | None, file))
    keyword = inspect.Parameter.KEYWORD_ONLY
    run.__signature__ = inspect.Signature([p.replace(kind=keyword) for p in own] + added)  # type: ignore[attr-defined]  # what Typer reads
    run.__annotations__ = {p.name: p.annotation for p in [*own, *added]}
    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    return run


def _parameter(name: str, kind: Any, option: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


def _unset(value: Any) -> Any:
    """`--rate ""` takes an option away again."""
    return None if value == "" else value


def _secret(name: str, path: Path | None) -> str | None:
    """A secret comes from a file, so that it is in no list of processes and in no shell's history."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"--{name.replace('_', '-')}-file: {path} cannot be read") from error
