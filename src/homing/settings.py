"""What an installation was told, read once: flags > environment > homing.toml > defaults, each with where it came from.

The only module that reads the environment. Secrets may also stand in a file: `HOMING_SECRET_KEY_FILE`, `CRON_SECRET_FILE`,
`HOMING_DATABASE_FILE`. An empty value means: not set.
"""

import ipaddress
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homing.model.errors import HomingError, Misconfigured
from homing.model.pacing import parse_duration

FILE = "homing.toml"
DEFAULT_ORIGIN = "default"


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) > 256:
        raise Misconfigured(f"'{text}' is no number of processes; write 0 to 256")
    return int(text)


def _bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise Misconfigured(f"'{text}' is no HOST:PORT; write 127.0.0.1:8700")
    return host.strip("[]"), int(port)


def _mail_bind(text: str) -> str:
    _bind(text.removeprefix("lmtp:"))
    return text


def _resolver(text: str) -> str:
    resolver_of(text)
    return text


def resolver_of(text: str) -> tuple[str, int]:
    """'192.0.2.53', '192.0.2.53:5353' or '[2001:db8::53]:53' as address and port. Raises Misconfigured."""
    host, port = text, 53
    if text.startswith("[") or text.count(":") == 1:
        host, _, said = text.rpartition(":")
        port = int(said) if said.isdecimal() and len(said) < 6 else 0
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        port = 0
    if not 0 < port < 65_536:
        raise Misconfigured(f"'{text}' is no address of a resolver; write 192.0.2.53 or 192.0.2.53:53")
    return host.strip("[]"), port


def _level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise Misconfigured(f"'{text}' is no level of the log; choose debug, info, warning, error")
    return text.lower()


def _standby(text: str) -> str:
    if text.lower() not in ("synchronous", "asynchronous"):
        raise Misconfigured(f"'{text}' is no kind of standby; choose synchronous, asynchronous")
    return text.lower()


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise Misconfigured(f"'{text}' is no address of a web server; write https://mail.example.net")
    return text.rstrip("/")


def _addresses(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(0 < part.find("@") < len(part) - 1 and part.isprintable() and " " not in part for part in found):
        raise Misconfigured(f"'{text}' holds no e-mail addresses; write ops@example.org, boss@example.org")
    return found


def _urls(text: str) -> tuple[str, ...]:
    found = tuple(text.split())
    if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9+]*://\S+", part) for part in found):
        raise Misconfigured("HOMING_NOTICE_URLS: write addresses as SERVICE://..., with blanks between")
    return found


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variable, how its text is read, and what it is for."""

    name: str
    variable: str
    read: Callable[[str], Any]
    meaning: str
    secret: bool = False


SETTINGS = (
    Setting("data", "HOMING_DATA", Path, "everything of an embedded installation lives here"),
    Setting("database", "HOMING_DATABASE", str, "sqlite:///PATH or postgresql://USER@HOST/NAME", secret=True),
    Setting("bind", "HOMING_BIND", _bind, "where `serve` listens"),
    Setting(
        "bounce_bind",
        "HOMING_BOUNCE_BIND",
        _mail_bind,
        "where `serve` takes mail to bounce addresses: HOST:PORT for SMTP, lmtp:HOST:PORT for LMTP; not set: nowhere",
    ),
    Setting("workers", "HOMING_WORKERS", _whole, "worker processes that `serve` starts and watches; 0 = none here"),
    Setting("secret_key", "HOMING_SECRET_KEY", str, "seals sender credentials; the same on every machine", secret=True),
    Setting("public_url", "HOMING_PUBLIC_URL", _address, "used in links inside messages; not set: from the request"),
    Setting(
        "cron_secret", "CRON_SECRET", str, "bearer secret of the cron endpoint; not set: it answers 401", secret=True
    ),
    Setting(
        "notice_sender", "HOMING_NOTICE_SENDER", str, "the sender of notices; not set: the first healthy e-mail sender"
    ),
    Setting("notice_to", "HOMING_NOTICE_TO", _addresses, "who gets notices by e-mail: addresses with commas between"),
    Setting(
        "notice_urls",
        "HOMING_NOTICE_URLS",
        _urls,
        "more services that get notices: addresses of apprise, with blanks between; needs homing[notify]",
        secret=True,
    ),
    Setting(
        "egress_allow",
        "HOMING_EGRESS_ALLOW",
        str,
        "private targets of webhooks, HOST or HOST:PORT with commas between; not set: the public Internet alone",
    ),
    Setting(
        "resolver", "HOMING_RESOLVER", _resolver, "who answers about domains: HOST or HOST:PORT; not set: the system's"
    ),
    Setting("workspace", "HOMING_WORKSPACE", str, "the business profile that commands speak of"),
    Setting("log", "HOMING_LOG", _level, "debug, info, warning or error"),
    Setting(
        "attended_grace",
        "HOMING_ATTENDED_GRACE",
        parse_duration,
        "nobody heard of for so long: an attended campaign pauses",
    ),
    Setting("missed_start", "HOMING_MISSED_START", parse_duration, "a start missed for longer waits for a person"),
    Setting(
        "standby",
        "HOMING_STANDBY",
        _standby,
        "of a PostgreSQL: `synchronous` when a standby that is promoted has every commit; else campaigns pause then",
    ),
)
"""All of them, in the order in which `homing config show` tells them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. None means not set, which is not the same as a default. Durations are in seconds."""

    data: Path
    database: str
    bind: tuple[str, int]
    bounce_bind: str | None
    workers: int
    secret_key: str | None = field(repr=False)
    public_url: str | None
    cron_secret: str | None = field(repr=False)
    notice_sender: str | None
    notice_to: tuple[str, ...] | None
    notice_urls: tuple[str, ...] | None = field(repr=False)
    egress_allow: str | None
    resolver: str | None
    workspace: str
    log: str
    missed_start: float
    attended_grace: float
    standby: str
    origins: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where browsers find this server."""
        host, port = self.bind
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def embedded(self) -> bool:
        """Whether the database is the one that lives in the data folder because nobody named another."""
        return self.origins["database"] == DEFAULT_ORIGIN


def load(
    flags: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Reads everything once. `flags`: by setting name, "" where not given; `folder`: searched first for homing.toml.

    Raises Misconfigured naming the value, where it came from and the cure.
    """
    env = os.environ if environment is None else environment
    given = {name: text for name, text in (flags or {}).items() if text}
    file, table = _file(given, env, folder or Path.cwd())
    texts: dict[str, tuple[str, str]] = {}
    for setting in SETTINGS:
        found = _text(setting, given, env, file, table)
        if found is not None:
            texts[setting.name] = found
    data = Path(texts["data"][0]).expanduser() if "data" in texts else default_data(env)
    defaults: dict[str, Any] = {
        "database": f"sqlite:///{data.absolute() / 'homing.db'}",
        "bind": ("127.0.0.1", 8700),
        "workers": 1,
        "workspace": "default",
        "log": "info",
        "missed_start": 3600.0,
        "attended_grace": 2.5,
        "standby": "asynchronous",
    }
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name in texts:
            values[setting.name] = _read(setting, *texts[setting.name])
        else:
            values[setting.name] = defaults.get(setting.name)
    values["data"] = data.absolute()
    origins = {setting.name: texts.get(setting.name, ("", DEFAULT_ORIGIN))[1] for setting in SETTINGS}
    return Settings(**values, origins=origins)


def default_data(env: Mapping[str, str]) -> Path:
    """The platform's place for data of programs that this user runs."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Homing"
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Homing"
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "homing"


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a worker process: what was set here by flags or the file is told on, secrets included."""
    env = dict(os.environ)
    for setting in SETTINGS:
        value = getattr(settings, setting.name)
        if settings.origins[setting.name] != DEFAULT_ORIGIN and value is not None:
            env[setting.variable] = _written(setting.name, value)
            env.pop(f"{setting.variable}_FILE", None)
    return env


def apart_environment(settings: Settings, file: Path) -> dict[str, str]:
    """As `child_environment`, for an installation that stands apart: it knows `settings`, `file` as homing.toml, and no more."""
    env = child_environment(settings)
    for setting in SETTINGS:
        if settings.origins[setting.name] == DEFAULT_ORIGIN:
            env.pop(setting.variable, None)
        env.pop(f"{setting.variable}_FILE", None)
    return {**env, "HOMING_CONFIG": str(file)}


def has_display() -> bool:
    """Whether a window can be opened here."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def shown(settings: Settings, setting: Setting) -> str | int | None:
    """A value for people: secrets only as whether they are set."""
    value = getattr(settings, setting.name)
    if value is None:
        return None
    if setting.name == "database":
        return _without_password(str(value))
    if setting.secret:
        return "(set)"
    return value if isinstance(value, int) else _written(setting.name, value)


def _written(name: str, value: Any) -> str:
    if name == "bind":
        host, port = value
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}s" if isinstance(value, float) else str(value)


def _without_password(url: str) -> str:
    scheme, found, rest = url.partition("://")
    account, at, place = rest.rpartition("@")
    return f"{scheme}{found}{account.partition(':')[0]}{at}{place}"


def _file(given: Mapping[str, str], env: Mapping[str, str], folder: Path) -> tuple[Path, dict[str, Any]]:
    """homing.toml: the one that HOMING_CONFIG names, else in the working folder, else in the data folder."""
    named = env.get("HOMING_CONFIG")
    data = Path(given.get("data") or env.get("HOMING_DATA") or default_data(env)).expanduser()
    places = [Path(named)] if named else [folder / FILE, data / FILE]
    for place in places:
        try:
            table = tomllib.loads(place.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            if named:
                raise Misconfigured(f"HOMING_CONFIG names {place}, which cannot be read") from error
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{place} is no TOML: {error}") from error
        known = {name for s in SETTINGS for name in (s.name, f"{s.name}_file")}
        unknown = sorted(set(table) - known)
        if unknown:
            raise Misconfigured(
                f"{place}: there is no setting '{unknown[0]}'; there are {', '.join(s.name for s in SETTINGS)}"
            )
        return place, table
    return places[0], {}


def _text(
    setting: Setting, flags: Mapping[str, str], env: Mapping[str, str], file: Path, table: Mapping[str, Any]
) -> tuple[str, str] | None:
    """The text of a setting and where it stands."""
    if setting.name in flags:
        return flags[setting.name], f"flag --{setting.name.replace('_', '-')}"
    if env.get(setting.variable):
        return env[setting.variable], f"environment {setting.variable}"
    beside = f"{setting.variable}_FILE"
    if setting.secret and env.get(beside):
        return _secret(Path(env[beside]), beside), f"environment {beside}"
    if table.get(setting.name) not in (None, ""):
        return str(table[setting.name]), f"file {file}"
    if setting.secret and table.get(f"{setting.name}_file"):
        return _secret(Path(table[f"{setting.name}_file"]), f"{setting.name}_file"), f"file {file}"
    return None


def _secret(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{name} names {path}, which cannot be read") from error


def _read(setting: Setting, text: str, origin: str) -> Any:
    try:
        return setting.read(text)
    except HomingError as error:
        raise Misconfigured(f"{setting.variable} ({origin}): {error.detail}") from error
