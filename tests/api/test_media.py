"""The media library over HTTP: what is taken in, what the world may fetch, and who may do what."""

import base64
import email
from email import policy

import pytest

from homing.app import House, check_letter
from homing.content.letter import Letter
from homing.content.recipient import Recipient
from homing.model.policy import Scope
from homing.store.tokens import Tokens
from homing.store.workspaces import Workspaces
from tests.api.conftest import Api, make_draft
from tests.content.test_picture import photograph, picture

PNG = picture("PNG")


def upload(api: Api, content: bytes = PNG, **more: object) -> dict[str, object]:
    answer = api.ask("POST", "/media?name=logo.png", content=content, headers={"Content-Type": "image/png"}, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def public(api: Api, path: object, method: str = "GET", **headers: str):  # type: ignore[no-untyped-def]  # httpx.Response
    """As the world asks: without token or cookie."""
    import asyncio

    import httpx

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(api.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
            return await client.request(method, str(path), headers=headers)

    return asyncio.run(go())


def test_a_picture_is_uploaded_in_both_ways_listed_renamed_and_removed(api: Api) -> None:
    raw = upload(api)
    assert (raw["width"], raw["height"], raw["content_type"]) == (40, 20, "image/png")
    form = api.ask("POST", "/media", files={"file": ("../../photo.svg", photograph(), "image/svg+xml")})
    assert form.status_code == 201
    assert form.json()["name"] == "photo.svg", "a name is words for people"
    assert form.json()["content_type"] == "image/jpeg", "its content says what it is"
    first = api.get("/media?limit=1").json()
    assert [each["id"] for each in first["items"]] == [form.json()["id"]]
    rest = api.get(f"/media?limit=5&cursor={first['next']}").json()
    assert [each["id"] for each in rest["items"]] == [raw["id"]]
    assert api.patch(f"/media/{raw['id']}", {"name": "Logo"}).json()["name"] == "Logo"
    assert api.get("/media/Logo").json()["id"] == raw["id"]
    assert api.delete(f"/media/{raw['id']}").status_code == 204
    assert api.get(f"/media/{raw['id']}").status_code == 404
    assert public(api, raw["path"]).status_code == 404


def test_the_same_file_again_is_the_one_that_is_there(api: Api) -> None:
    """So a person whose line was cut may send it again without a thought."""
    first = upload(api)
    again = api.ask("POST", "/media", files={"file": ("other.png", PNG, "image/png")})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])


def test_the_world_sees_it_by_its_address_and_nothing_in_it_runs(api: Api) -> None:
    kept = upload(api)
    answer = public(api, kept["path"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-disposition"] == "inline"
    assert "immutable" in answer.headers["cache-control"]
    assert public(api, kept["path"], **{"If-None-Match": answer.headers["etag"]}).status_code == 304
    head = public(api, kept["path"], "HEAD")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))
    assert len(str(kept["path"]).removeprefix("/m/").partition(".")[0]) >= 27, "160 random bits"
    pdf = api.ask("POST", "/media", content=b"%PDF-1.7\n", headers={"Content-Type": "application/pdf"}).json()
    assert public(api, pdf["path"]).headers["content-disposition"] == "attachment"


def test_who_tries_addresses_is_slowed(api: Api) -> None:
    answers = [public(api, f"/m/{n:027}.png").status_code for n in range(65)]
    assert answers[:60] == [404] * 60
    assert answers[-1] == 429


@pytest.mark.parametrize(
    ("content", "code"), [(b"<svg onload='alert(1)'/>", "bad_type"), (b"\x89PNG\r\n\x1a\nno", "damaged")]
)
def test_what_is_no_picture_is_refused_with_its_field(api: Api, content: bytes, code: str) -> None:
    answer = api.ask("POST", "/media", content=content, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == "/file"


def test_a_body_over_the_limit_is_not_read(api: Api) -> None:
    answer = api.ask("POST", "/media", content=bytes(11 << 20), headers={"Content-Type": "image/png"})
    assert answer.status_code == 413


def test_a_cut_form_is_told_and_keeps_nothing(api: Api) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + PNG[:50]
    answer = api.ask("POST", "/media", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert api.get("/media").json()["items"] == []


def test_who_reads_may_look_and_not_upload_and_others_see_nothing(house: House, api: Api) -> None:
    kept = upload(api)
    reads = Api(house, token=Tokens(house.database).create(house.workspace.id, "r", (Scope.READ,))[1])
    assert len(reads.get("/media").json()["items"]) == 1
    assert reads.ask("POST", "/media", content=PNG).status_code == 403
    assert reads.delete(f"/media/{kept['id']}").status_code == 403
    there = Workspaces(house.database).add("there")
    stranger = Api(house, token=Tokens(house.database).create(there.id, "w", (Scope.READ, Scope.WRITE))[1])
    assert stranger.get(f"/media/{kept['id']}").status_code == 404
    assert stranger.delete(f"/media/{kept['id']}").status_code == 404
    assert stranger.get("/media").json()["items"] == []
    same = stranger.ask("POST", "/media", content=PNG).json()
    assert same["id"] != kept["id"], "the same bytes of two workspaces are two files"


def test_it_is_attached_by_its_id(house: House, api: Api) -> None:
    kept = upload(api)
    made = make_draft(api, attachments=[{"media": kept["id"], "filename": "our-logo.png"}])
    message = email.message_from_bytes(_built(house, made), policy=policy.default)
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("our-logo.png", "image/png")
    assert file.get_content() == public(api, kept["path"]).content
    unknown = api.post("/campaigns", {"name": "x", "attachments": [{"media": "nothing"}]})
    assert unknown.status_code == 422
    inline = {"filename": "a.txt", "content": base64.b64encode(b"a").decode()}
    assert api.post("/campaigns", {"name": "y", "attachments": [inline]}).status_code == 201


def _built(house: House, campaign: str) -> bytes:
    letter = check_letter(house, house.campaign(campaign))
    assert isinstance(letter, Letter)
    return letter.build(Recipient(1, "p@example.org", "P"), 0)
