"""`homing serve`: the web server, and N worker processes under watch."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from homing.cli.frame import open_house
from homing.cli.output import say
from homing.model.errors import Conflict, Misconfigured

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Server

    from homing.app import House
    from homing.engine.supervisor import Supervisor

app = typer.Typer()

STREAM_SECONDS = 5  # open streams and requests get so long to end


@app.callback()
def serving() -> None:
    """Serving."""


@app.command()
def serve(
    bind: Annotated[
        str | None, typer.Option("--bind", metavar="HOST:PORT", help="Where to listen (HOMING_BIND).")
    ] = None,
    workers: Annotated[
        str | None, typer.Option("--workers", metavar="N", help="Worker processes (HOMING_WORKERS).")
    ] = None,
) -> None:
    """Run the web server and its workers. SIGTERM ends them in order: what is in flight is finished."""
    from homing.app import make_api
    from homing.cli.journal import keep_journal
    from homing.cli.worker import loop_factory
    from homing.engine.supervisor import Supervisor, worker_command
    from homing.settings import child_environment

    house = open_house(bind=bind, workers=workers)
    keep_journal(house.settings.log)
    loopback = is_loopback(house.settings.bind[0])
    if not loopback:
        check_guarded(house)
    env = child_environment(house.settings)
    supervisor = Supervisor(worker_command(), house.settings.workers, env=env)
    importing = Supervisor((*worker_command()[:-1], "importer"), 1, env=env)
    api = make_api(house, loopback=loopback, storage=lambda: supervisor.storage)
    with contextlib.closing(listen(*house.settings.bind)) as door:
        _welcome(house, door)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve((supervisor, importing), api, door, house))
    house.close()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def check_guarded(house: "House") -> None:
    """A server that others can reach needs a user or a token first. Raises Misconfigured."""
    from homing.store.people import People
    from homing.store.tokens import Tokens

    if not (Tokens(house.database).any() or People(house.database).any()):
        raise Misconfigured(
            f"{house.settings.bind[0]} can be reached from other machines, and there is neither a user nor a token yet: "
            "`homing user add YOUR@ADDRESS` makes the owner, `homing token create` a token; or bind to 127.0.0.1",
            code="unguarded",
        )


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises Conflict when somebody else has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Conflict(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --bind") from error


def _welcome(house: "House", door: socket.socket) -> None:
    """Where it listens, and what somebody who starts it for the first time ought to know."""
    from homing.store.people import People
    from homing.store.tokens import Tokens
    from homing.store.whereabouts import Whereabouts

    host, port = door.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say(f"Homing listens on {url}")
    if house.settings.public_url is None and is_loopback(host):
        Whereabouts(house.database).note(url)
    say(f"the API explains itself at {url}/api/docs")
    people = People(house.database).any()
    if not people:
        _first_run(house, url)
    if not (people or Tokens(house.database).any()):
        say("nobody has to sign in yet: everybody on this machine may use it, until there is a user or a token")
    if not house.settings.workers:
        say("no worker is started here (--workers 0): `homing worker` runs one, and nothing is sent without")


def _first_run(house: "House", url: str) -> None:
    """The one-time link that makes the owner; an older one ends."""
    from homing.store.sessions import Links

    secret = Links(house.database).make("first_run", None, by=house.actor)
    say(f"be its owner (good once, within 30 minutes): {house.settings.public_url or url}/link#{secret}")


async def _serve(supervisors: "Sequence[Supervisor]", api: "FastAPI", door: socket.socket, house: "House") -> None:
    """Both until a signal; the workers drain while the server says good-bye to its streams."""
    from homing.app import open_mailroom
    from homing.cli.worker import on_signals

    mailroom = await open_mailroom(house)
    server = _server(api)
    good_byes: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not good_byes:
            good_byes.append(asyncio.get_running_loop().create_task(api.state.reader.stop()))
        server.should_exit = True
        for supervisor in supervisors:
            supervisor.stop()

    on_signals(stop)  # who insists ends this process; its workers see that and drain by themselves
    async with asyncio.TaskGroup() as group:
        for supervisor in supervisors:
            group.create_task(supervisor.run())
        await server.serve(sockets=[door])
        if mailroom is not None:
            mailroom.close()
        stop()


def _server(api: "FastAPI") -> "Server":
    import uvicorn

    class Quiet(uvicorn.Server):
        """Signals are ours: they end the workers too."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STREAM_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return Quiet(config)
