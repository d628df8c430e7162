"""AWS Signature Version 4 by botocore: it finds the credentials and signs; it never sends (L15).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from dataclasses import replace

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from homing.model.sender import HttpAccess
from homing.transport.exchange import Ask

SERVICE = "ses"


class Signer:
    """Signs requests of one sender. `find` before the first and every few minutes; it may ask the machine's metadata service."""

    def __init__(self, access: HttpAccess, region: str) -> None:
        self._access = access
        self._region = region
        self._auth: SigV4Auth | None = None
        self._source: Credentials | None = None  # kept: it refreshes those that run out

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
            self._auth = SigV4Auth(self._source.get_frozen_credentials(), SERVICE, self._region)
        except BotoCoreError as error:
            return str(error)
        return None

    def signed(self, ask: Ask) -> Ask:
        """The request with its date, its token and its signature; unsigned while no credentials are found."""
        if self._auth is None:
            return ask
        request = AWSRequest(ask.method, ask.url, {"Content-Type": "application/json"} if ask.body else {}, ask.body)
        self._auth.add_auth(request)
        return replace(ask, headers=dict(request.headers.items()))
