"""Hostile addresses, and what the door does with them. The resolver is a table; the servers are on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from homing.egress.door import Answer, Door, Unanswered
from homing.egress.judge import Allowance, Forbidden
from homing.model.errors import Invalid

NAMES = {
    "good.example.com": ["93.184.215.14"],
    "rebind.example.com": ["93.184.215.14", "127.0.0.1"],
    "mixed.example.com": ["93.184.215.14", "10.0.0.1"],
    "metadata.example.com": ["169.254.169.254"],
    "cgnat.example.com": ["100.64.1.1"],
    "ula.example.com": ["fd00::1"],
    "nothing.example.com": [],
    "127.1": ["127.0.0.1"],
    "0x7f.0.0.1": ["127.0.0.1"],
    "0177.0.0.1": ["127.0.0.1"],
    "127.0.1": ["127.0.0.1"],
    "10.1": ["10.0.0.1"],
    "169.254.43518": ["169.254.169.254"],
    "xn--80ak6aa92e.example.com": ["192.168.1.1"],
    "127.0.0.1.nip.example.com": ["127.0.0.1"],
    "scoped.example.com": ["fe80::1%eth0"],
}
HOSTILE = [
    # schemes and shapes
    "http://good.example.com/",
    "ftp://good.example.com/",
    "file:///etc/passwd",
    "gopher://good.example.com/",
    "javascript:alert(1)",
    "//good.example.com/",
    "good.example.com",
    "https://",
    "https:///path",
    "https://good.example.com:8443/",
    "https://good.example.com:22/",
    "https://good.example.com:99999/",
    "https://user@good.example.com/",
    "https://user:secret@good.example.com/",
    "https://good.example.com\\@127.0.0.1/",
    "https://good.example.com /",
    "https://good.example.com/\r\nHost: x",
    "https://good.example.com/\x00",
    "https://[::1",
    "https://" + "a" * 3000 + ".example.com/",
    # names of private networks
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://x.localhost/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://printer.local/",
    "https://router.lan/",
    "https://intranet/",
    "https://hidden.onion/",
    # literal addresses
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.127.255.255/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    # wrapped ones
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    # notations that only a resolver reads, and names that lead inside
    "https://127.1/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.1/",
    "https://10.1/",
    "https://169.254.43518/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://rebind.example.com/",
    "https://mixed.example.com/",
    "https://metadata.example.com/",
    "https://cgnat.example.com/",
    "https://ula.example.com/",
    "https://nothing.example.com/",
    "https://xn--80ak6aa92e.example.com/",
    "https://127.0.0.1.nip.example.com/",
    "https://scoped.example.com/",
]


async def table(host: str, port: int) -> list[str]:
    return NAMES[host]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_anything_is_connected(url: str) -> None:
    with pytest.raises(Forbidden):
        asyncio.run(Door(resolve=table).fetch(url))


def test_the_table_has_what_the_security_page_asks_for() -> None:
    assert len(set(HOSTILE)) >= 60


@asynccontextmanager
async def server(*routes: web.RouteDef) -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app)
    await runner.setup()
    door = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, door).start()
    try:
        yield door.getsockname()[1]
    finally:
        await runner.cleanup()


async def ask(door: Door, port: int, path: str, **more: object) -> Answer:
    return await door.fetch(f"http://hooks.lan:{port}{path}", **more)  # type: ignore[arg-type]  # passed on


def door_to(port: int) -> Door:
    async def here(host: str, at: int) -> list[str]:
        return ["127.0.0.1"]

    return Door((Allowance("hooks.lan", port),), here)


def test_what_the_operator_allows_is_asked_at_the_judged_address_with_its_own_name() -> None:
    async def hosts(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.host} {request.headers.get('X-Own')} {await request.text()}")

    async def go() -> None:
        async with server(web.post("/", hosts)) as port:
            answer = await ask(door_to(port), port, "/", method="POST", headers={"X-Own": "1"}, body=b"hi")
            assert answer.body == f"hooks.lan:{port} 1 hi".encode()
            with pytest.raises(Forbidden):
                await Door((Allowance("hooks.lan", port + 1),)).fetch(f"http://hooks.lan:{port}/")

    asyncio.run(go())


def test_redirects_are_followed_only_when_asked_and_never_to_another_host() -> None:
    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async def end(request: web.Request) -> web.Response:
        return web.Response(text="end")

    async def go() -> None:
        async with server(web.get("/away", away), web.get("/end", end)) as port:
            door = door_to(port)
            assert (await ask(door, port, "/away?to=/end")).status == 302
            assert (await ask(door, port, "/away?to=/end", redirects=1)).body == b"end"
            assert (await ask(door, port, "/away?to=/away%3Fto%3D/end", redirects=1)).status == 302
            with pytest.raises(Forbidden):
                await ask(door, port, f"/away?to=http://127.0.0.1:{port}/end", redirects=3)

    asyncio.run(go())


def test_an_endless_or_a_late_answer_is_cut_off() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        for _ in range(40):
            await stream.write(b"x" * 65536)
        return stream

    over = asyncio.Event()

    async def late(request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async def go() -> None:
        async with server(web.get("/endless", endless), web.get("/late", late)) as port:
            with pytest.raises(Unanswered, match="larger"):
                await ask(door_to(port), port, "/endless")
            with pytest.raises(Unanswered, match="in time"):
                await ask(door_to(port), port, "/late", seconds=0.2)
            over.set()
        with pytest.raises(Unanswered, match="cannot connect"):
            await ask(door_to(port), port, "/")

    asyncio.run(go())


def test_an_allowance_is_a_host_and_perhaps_a_port() -> None:
    assert Allowance.parse("10.0.0.5:8080, hooks.lan,[::1]:9") == (
        Allowance("10.0.0.5", 8080),
        Allowance("hooks.lan"),
        Allowance("::1", 9),
    )
    for wrong in ("http://x", "x/y", "a@b"):
        with pytest.raises(Invalid):
            Allowance.parse(wrong)
