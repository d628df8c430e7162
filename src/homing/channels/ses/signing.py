"""AWS Signature Version 4. botocore finds the credentials; what our two requests need is signed here, at an eighth of its time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. A test holds each signature against
botocore's own.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from homing.model.sender import HttpAccess
from homing.transport.exchange import Ask
from homing.world import Clock

SERVICE = "ses"
_ALGORITHM = "AWS4-HMAC-SHA256"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class _Place:
    """An address as it is signed."""

    host: str
    path: str

    @classmethod
    def of(cls, url: str) -> "_Place":
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        if parts.port is not None and parts.port != _PORTS.get(parts.scheme):
            host = f"{host}:{parts.port}"
        return cls(host, quote(parts.path or "/", safe="/~"))


class Signer:
    """Signs requests of one sender. `find` before the first and every few minutes; it may ask the machine's metadata service."""

    def __init__(self, access: HttpAccess, region: str, clock: Clock) -> None:
        self._access = access
        self._region = region
        self._clock = clock
        self._keys: ReadOnlyCredentials | None = None
        self._source: Credentials | None = None  # kept: it refreshes those that run out
        self._places: dict[str, _Place] = {}  # an endpoint has two
        self._second = -1
        self._moment = ""
        self._key: tuple[str, str, bytes] = ("", "", b"")  # day, secret, and what signs on it

    def find(self) -> str | None:
        """Finds the credentials, refreshing those that run out. None: found; else why not, in words."""
        access = self._access
        try:
            if access.access_key_id:
                self._source = Credentials(access.access_key_id, access.secret or "")
            elif self._source is None:
                self._source = Session().get_credentials()
            if self._source is None:
                return "no credentials of AWS are found here; give --access-key-id and --secret-key-file"
            self._keys = self._source.get_frozen_credentials()
        except BotoCoreError as error:
            return str(error)
        return None

    def signed(self, ask: Ask) -> Ask:
        """The request with its date, its token and its signature; unsigned while no credentials are found."""
        keys = self._keys
        if keys is None:
            return ask
        place = self._places.get(ask.url) or self._places.setdefault(ask.url, _Place.of(ask.url))
        moment = self._now()
        told = {"Content-Type": "application/json"} if ask.body else {}
        told["X-Amz-Date"] = moment
        if keys.token:
            told["X-Amz-Security-Token"] = keys.token
        names = ";".join(sorted(["host", *(name.lower() for name in told)]))
        values = {"host": place.host, **{name.lower(): value for name, value in told.items()}}
        lines = "".join(f"{name}:{values[name]}\n" for name in sorted(values))
        asked = f"{ask.method}\n{place.path}\n\n{lines}\n{names}\n{hashlib.sha256(ask.body).hexdigest()}"
        scope = f"{moment[:8]}/{self._region}/{SERVICE}/aws4_request"
        to_sign = f"{_ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
        signature = hmac.new(self._signing_key(keys, moment[:8]), to_sign.encode(), "sha256").hexdigest()
        told["Authorization"] = (
            f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return Ask(ask.method, ask.url, told, ask.body)

    def _now(self) -> str:
        second = self._clock.now() // 1000
        if second != self._second:
            self._second = second
            self._moment = datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
        return self._moment

    def _signing_key(self, keys: ReadOnlyCredentials, day: str) -> bytes:
        """Four MACs, the same for a whole day."""
        if self._key[:2] != (day, keys.secret_key):
            key = f"AWS4{keys.secret_key}".encode()
            for word in (day, self._region, SERVICE, "aws4_request"):
                key = hmac.digest(key, word.encode(), "sha256")
            self._key = (day, keys.secret_key, key)
        return self._key[2]
