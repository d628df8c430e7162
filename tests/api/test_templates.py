"""/templates: kept, changed by whoever was first, shown as somebody would get it."""

from typing import Any

import pytest

from tests.api.conftest import Api

LETTER = {
    "name": "Welcome",
    "subject": "Hello {{ name }}",
    "html": "<p>Dear {{ name }}</p><script>bad()</script>{{ unsubscribe_url }}",
}


def test_a_template_is_kept_changed_and_brought_back(api: Api) -> None:
    made = api.post("/templates", LETTER)
    assert (made.status_code, made.headers["etag"], made.json()["version"]) == (201, '"1"', 1)
    id_ = made.json()["id"]
    after = api.ask("PATCH", f"/templates/{id_}", json={"subject": "Hi"}, headers={"If-Match": '"1"'})
    assert (after.status_code, after.json()["subject"], after.json()["version"]) == (200, "Hi", 2)
    late = api.ask("PATCH", f"/templates/{id_}", json={"subject": "Late"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert api.get(f"/templates/{id_}/versions/1").json()["subject"] == "Hello {{ name }}"
    assert api.post(f"/templates/{id_}/restore", {"version": 1}).json()["subject"] == "Hello {{ name }}"
    draft = api.post("/campaigns", {"name": "Spring", "template": "Welcome"}).json()
    assert (draft["html"], draft["template"]) == (LETTER["html"], {"id": id_, "name": "Welcome", "version": 3})
    shown = api.get(f"/templates/{id_}").json()
    assert [each["version"] for each in shown["versions"]] == [3, 2, 1]
    assert shown["used_in"] == [{"id": draft["id"], "name": "Spring"}]
    assert [each["name"] for each in api.get("/templates").json()["items"]] == ["Welcome"]
    assert api.delete(f"/templates/{id_}").status_code == 204
    assert api.get(f"/templates/{id_}").status_code == 404


def test_a_message_being_written_is_shown_as_a_contact_would_get_it(api: Api) -> None:
    api.post("/contacts", {"email": "ann@example.org", "name": "Ann"})
    asked = {"subject": LETTER["subject"], "html": LETTER["html"], "contact": "ann@example.org"}
    told = api.post("/templates/preview", asked).json()
    assert (told["subject"], told["to"], told["has_html"]) == ("Hello Ann", "Ann <ann@example.org>", True)
    page = api.get(f"/templates/preview/{told['page']}")
    assert "Dear Ann" in page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"], "no script of it runs"
    assert api.get("/templates/preview/another").status_code == 404
    chat = api.post("/templates/preview", {"channel": "whatsapp", "text": "Hi {{ name }}"}).json()
    assert (chat["text"].strip(), chat["has_html"]) == ("Hi Ann", False)
    wrong = api.post("/templates/preview", {"subject": "x", "text": "{{ name"})
    assert (wrong.status_code, "text" in wrong.json()["detail"]) == (422, True)


MJML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ name }}</mj-text></mj-column></mj-section></mj-body></mjml>"
)


def test_a_template_in_mjml_keeps_its_source_and_gives_campaigns_its_html(api: Api) -> None:
    api.post("/contacts", {"email": "ann@example.org", "name": "Ann"})
    made = api.post("/templates", {"name": "Laid out", "subject": "Hi", "mjml": MJML}).json()
    assert made["mjml"] == MJML
    assert "Dear {{ name }}" in made["html"]
    told = api.post("/templates/preview", {"subject": "Hi", "mjml": MJML}).json()
    assert "Dear Ann" in api.get(f"/templates/preview/{told['page']}").text
    assert api.post("/campaigns", {"name": "Spring", "template": "Laid out"}).json()["html"] == made["html"]
    place = f"/templates/{made['id']}"
    after = api.patch(place, {"subject": "Hello"}).json()
    assert (after["mjml"], after["html"]) == (MJML, made["html"])
    wrong = api.patch(place, {"mjml": MJML.replace("<mj-text>", "<mj-tekst>")})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/mjml")
    assert "line 1: there is no <mj-tekst>" in wrong.json()["detail"]
    by_hand = api.patch(place, {"html": "<p>By hand</p>"}).json()
    assert (by_hand["mjml"], by_hand["html"]) == (None, "<p>By hand</p>")
    back = api.post(f"{place}/restore", {"version": 1}).json()
    assert (back["mjml"], back["html"]) == (MJML, made["html"])


DESIGN: dict[str, Any] = {
    "look": {"accent": "#123456"},
    "blocks": [
        {"id": "b1", "kind": "heading", "text": "Dear {{ name }}"},
        {"id": "b2", "kind": "button", "text": "Look", "href": "https://example.org/"},
    ],
}


def test_a_template_of_blocks_keeps_them_beside_what_is_made_of_them(api: Api) -> None:
    """Blocks make MJML and HTML; what is written nearer to the HTML by hand takes their place, and a version brings them back."""
    api.post("/contacts", {"email": "ann@example.org", "name": "Ann"})
    made = api.post("/templates", {"name": "Laid out", "subject": "Hi", "design": DESIGN}).json()
    assert made["design"] == DESIGN
    assert "<mj-button" in made["mjml"]
    assert "Dear {{ name }}" in made["html"]
    told = api.post("/templates/preview", {"subject": "Hi", "design": DESIGN}).json()
    assert "Dear Ann" in api.get(f"/templates/preview/{told['page']}").text
    assert told["mjml"] == made["mjml"]
    assert api.post("/campaigns", {"name": "Spring", "template": "Laid out"}).json()["html"] == made["html"]
    place = f"/templates/{made['id']}"
    same = api.patch(place, {"design": DESIGN}).json()
    assert same["version"] == 1, "the same blocks are no new version"
    after = api.patch(place, {"subject": "Hello"}).json()
    assert (after["design"], after["html"]) == (DESIGN, made["html"])
    further = api.patch(place, {"mjml": made["mjml"]}).json()
    assert (further["design"], further["mjml"]) == (None, made["mjml"])
    back = api.post(f"{place}/restore", {"version": 1}).json()
    assert (back["design"], back["mjml"], back["html"]) == (DESIGN, made["mjml"], made["html"])
    by_hand = api.patch(place, {"html": "<p>By hand</p>"}).json()
    assert (by_hand["design"], by_hand["mjml"]) == (None, None)
    assert api.get(f"{place}/versions/1").json()["design"] == DESIGN


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        ({"kind": "button", "text": "Look", "href": "shop"}, "/design/blocks/0/href"),
        ({"kind": "button", "text": "Look"}, "/design/blocks/0/href"),
        ({"kind": "picture", "src": "https://example.org/", "width": 5000}, "/design/blocks/0/width"),
        ({"kind": "columns", "left": [{"kind": "text", "text": 1}], "right": []}, "/design/blocks/0/left/0/text"),
        ({"kind": "song"}, "/design/blocks/0"),
    ],
)
def test_what_is_wrong_with_a_block_is_told_by_its_place(api: Api, block: dict[str, Any], pointer: str) -> None:
    told = api.post("/templates", {"name": "Wrong", "design": {"blocks": [block]}})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, pointer)
    assert api.get("/templates").json()["items"] == []
