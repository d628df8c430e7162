"""The API in this process, over a real SQLite ledger in a folder of its own."""

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from homing.api import told
from homing.api.server import build
from homing.api.told import Told
from homing.app import House, make_api, migrate
from homing.model.storage import Refusal
from homing.settings import load
from homing.store.database import Database
from homing.world import World

BASE = "http://127.0.0.1:8700"


class Api:
    """A client. `token`: sent as bearer when it is not None."""

    def __init__(
        self,
        house: House,
        *,
        loopback: bool = True,
        token: str | None = None,
        storage: Callable[[], Refusal | None] = lambda: None,
    ) -> None:
        self.house = house
        self.app = make_api(house, loopback=loopback, storage=storage)
        self.token = token
        self.cookie: str | None = None

    def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = dict(kwargs.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if self.cookie is not None:
            headers.setdefault("Cookie", self.cookie)
        url = (
            path
            if path.startswith(("/hooks/", "/api/", "/healthz", "/readyz", "/metrics", "/nowhere"))
            else f"/api/v1{path}"
        )

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, url, headers=headers, **kwargs)

        answer = asyncio.run(go())
        if answer.is_success and answer.content:
            self._check(method, answer)
        return answer

    def _check(self, method: str, answer: httpx.Response) -> None:
        """What the description promises of a route is what it answers, with nothing left out of it."""
        for path, described, shape in promised():
            if method == described and path.fullmatch(answer.url.path):
                shape.model_validate_json(answer.content, strict=True)
                return

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.ask("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        return self.ask("POST", path, **({"json": body} if body is not None else {}), **kwargs)

    def patch(self, path: str, body: Any, **kwargs: Any) -> httpx.Response:
        return self.ask("PATCH", path, json=body, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.ask("DELETE", path, **kwargs)


@cache
def promised() -> tuple[tuple[re.Pattern[str], str, type[Told]], ...]:
    """Of each route whose answer is described: its paths, its method, the shape. Those without a variable come first."""
    shapes = {name: shape for name, shape in vars(told).items() if isinstance(shape, type) and issubclass(shape, Told)}
    found = []
    for path, methods in sorted(build(None).openapi()["paths"].items(), key=lambda each: each[0].count("{")):
        pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
        for method, operation in methods.items():
            good = (each for code, each in operation["responses"].items() if code.startswith("2"))
            ref = next(good, {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            if shape := shapes.get(ref.rpartition("/")[2]):
                found.append((pattern, method.upper(), shape))
    assert len(found) > 20
    return tuple(found)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty ledger to copy: migrating takes a second."""
    path = tmp_path_factory.mktemp("blank") / "homing.db"
    database = Database(f"sqlite:///{path}", World())
    migrate(database)
    database.close()
    return path


@pytest.fixture
def house(tmp_path: Path, blank: Path) -> Iterator[House]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(blank, folder / "homing.db")
    made = House(load({"data": str(folder)}, {"CRON_SECRET": "a secret of the cron"}, tmp_path))
    yield made
    made.close()


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


@pytest.fixture
def draft(api: Api) -> str:
    """The id of a campaign that could start: three contacts, a simulated sender."""
    return make_draft(api)


def make_draft(api: Api, name: str = "Spring", **more: Any) -> str:
    api.post("/senders", {"name": "sim", "kind": "simulated", "from": "Me <me@example.org>"})
    for n in range(3):
        api.post("/contacts", {"email": f"p{n}@example.org", "name": f"P {n}", "list": "all"})
    body = {"name": name, "subject": "Hi", "text": "Hello", "senders": ["sim"], "audience": {"lists": ["all"]}, **more}
    made = api.post("/campaigns", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])
