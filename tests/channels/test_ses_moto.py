"""Our signed requests against moto's SES: what it stores is the message that we built."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from homing.channels.ses.send import Ses
from homing.model.outcome import Accepted, Refused, Trouble
from homing.model.sender import HttpAccess, SenderOptions
from homing.transport.courier import HttpCourier
from homing.world import SystemClock, World
from tests.channels.desk import RecordingDesk, run
from tests.channels.providers import letter_parcel


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def access(url: str) -> HttpAccess:
    return HttpAccess(endpoint_url=url, region="eu-west-1", access_key_id="AKIATEST", secret="s")


async def send(url: str, seq: int = 1) -> object:
    desk = RecordingDesk()
    courier = HttpCourier(Ses(access(url), SystemClock()), SenderOptions(connections=2), desk, World())
    desk.courier = courier
    courier.submit(letter_parcel(seq))
    await desk.all_finished(1)
    await courier.close(1)
    return desk.outcome(seq)


async def verify(url: str) -> None:
    """Lets b@sender.test send, by a request that we sign."""
    from homing.transport.exchange import Ask
    from homing.transport.pool import Exchange, Pool

    ses = Ses(access(url), SystemClock())
    assert await ses.prepare() is None
    pool = Pool(1)
    ask = ses._signer.signed(
        Ask("POST", f"{url}/v2/email/identities", {}, json.dumps({"EmailIdentity": "b@sender.test"}).encode())
    )
    answer = await pool.exchange(Exchange(ask, 20, 20, lambda: None))
    await pool.close()
    assert answer.status == 200, answer.body


def test_ses_takes_what_we_built_and_names_it(moto: str) -> None:
    async def story() -> None:
        await asyncio.to_thread(lambda: urllib.request.urlopen(f"{moto}/moto-api/reset", data=b"", timeout=20).close())
        before = await send(moto)
        assert isinstance(before, Refused) or getattr(before, "trouble", None) is Trouble.FROM, before
        await verify(moto)
        outcome = await send(moto)
        assert isinstance(outcome, Accepted), outcome
        assert outcome.provider_id

    run(story())
    with urllib.request.urlopen(f"{moto}/moto-api/data.json", timeout=20) as answer:
        data = json.load(answer)
    assert "ses" in json.dumps(list(data)).lower()


def test_without_credentials_the_sender_says_what_to_do() -> None:
    async def story() -> None:
        ses = Ses(HttpAccess(region="eu-west-1"), SystemClock())
        ses._signer.find = lambda: "no credentials of AWS are found here; give --access-key-id"  # type: ignore[method-assign]
        news = await ses.prepare()
        assert news is not None
        assert news.trouble is Trouble.CREDENTIALS

    run(story())
