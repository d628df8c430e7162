"""The page is served with its guards; without built files there is a status page, and nothing outside is reachable."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from homing.web.shell import mount

INDEX = '<meta name="csp-nonce" content="__NONCE__" /><script type="module" src="/assets/index-a1.js"></script>'


def get(app: FastAPI, path: str, **headers: str) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(go())


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text(INDEX)
    (static / "assets" / "index-a1.js").write_text("1")
    (static / "sw.js").write_text("2")
    (static / ".stamp").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    made = FastAPI()
    mount(made, static)
    return made


def test_every_place_of_the_page_is_the_page_with_a_nonce_of_its_own(app: FastAPI) -> None:
    first, second = get(app, "/"), get(app, "/campaigns/0192-abc?show=failed", accept="text/html")
    nonces = [re.findall(r'content="([^"]+)"', each.text)[0] for each in (first, second)]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip((first, second), nonces, strict=True):
        policy = answer.headers["content-security-policy"]
        assert f"'nonce-{nonce}'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"


def test_hashed_files_are_kept_for_ever_and_others_asked_for_again(app: FastAPI) -> None:
    hashed, worker = get(app, "/assets/index-a1.js"), get(app, "/sw.js")
    assert "immutable" in hashed.headers["cache-control"]
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/api/v1/nowhere", "/u/token", "/../outside.txt", "/%2e%2e/outside.txt", "/.stamp", "/a%00b"],
)
def test_what_is_no_place_of_the_page_is_not_the_page(app: FastAPI, path: str) -> None:
    answer = get(app, path, accept="image/png")
    assert answer.status_code == 404, answer.text
    assert "secret" not in answer.text


def test_without_built_files_the_status_page_says_how_to_get_the_page(tmp_path: Path) -> None:
    made = FastAPI()
    mount(made, tmp_path / "nothing")
    page = get(made, "/")
    assert "make ui" in page.text
    assert get(made, "/status.js").status_code == 200
