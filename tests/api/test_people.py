"""/contacts, /lists, /suppressions."""

from tests.api.conftest import Api


def test_a_contact_is_made_shown_changed_and_removed(api: Api) -> None:
    made = api.post(
        "/contacts", {"email": "Ann@Example.ORG", "name": "Ann", "attributes": {"city": "Town"}, "list": "l"}
    )
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert api.get(f"/contacts/{made.json()['email']}").json()["id"] == id_
    changed = api.patch(f"/contacts/{id_}", {"attributes": {"city": None, "age": "5"}, "consent_email": "given"}).json()
    assert (changed["attributes"], changed["consent_email"], changed["name"]) == ({"age": "5"}, "given", "Ann")
    assert [each["id"] for each in api.get("/contacts?list=l").json()["items"]] == [id_]
    assert api.delete(f"/contacts/{id_}").status_code == 204
    assert api.get(f"/contacts/{id_}").status_code == 404


def test_a_known_address_is_a_conflict_and_a_wrong_one_names_itself(api: Api) -> None:
    api.post("/contacts", {"email": "a@example.org"})
    assert api.post("/contacts", {"email": "A@example.org"}).status_code == 409
    refused = api.post("/contacts", {"email": "not an address"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/email")
    assert api.post("/contacts", {"phone": "12"}).status_code == 422
    assert api.post("/contacts", {"name": "nobody"}).status_code == 422


def test_members_are_put_and_taken_off(api: Api) -> None:
    api.post("/lists", {"name": "l"})
    ids = [api.post("/contacts", {"email": f"{n}@example.org"}).json()["id"] for n in range(3)]
    assert api.post("/lists/l/members", {"contacts": [*ids, ids[0]]}).json() == {"added": 3}
    assert api.delete(f"/lists/l/members/{ids[0]}").status_code == 204
    assert api.delete(f"/lists/l/members/{ids[0]}").status_code == 404
    assert api.get("/lists/l").json()["members"] == 2
    assert api.delete("/lists/l").status_code == 204
    assert len(api.get("/contacts").json()["items"]) == 3


def test_addresses_and_domains_are_suppressed_and_released(api: Api) -> None:
    assert api.post("/suppressions", {"addresses": ["A@example.org", "@example.net"]}).json() == {"added": 2}
    assert api.post("/suppressions", {"address": "a@example.org"}).json() == {"added": 0}
    assert {each["address"] for each in api.get("/suppressions").json()["items"]} == {"a@example.org", "@example.net"}
    assert api.delete("/suppressions/a@example.org").status_code == 204
    assert api.delete("/suppressions/a@example.org").status_code == 404
    assert api.post("/suppressions", {}).status_code == 422


def test_contacts_are_paged_by_key(api: Api) -> None:
    for n in range(5):
        api.post("/contacts", {"email": f"{n}@example.org"})
    first = api.get("/contacts?limit=3").json()
    rest = api.get(f"/contacts?limit=3&cursor={first['next']}").json()
    assert [each["email"][0] for each in first["items"] + rest["items"]] == list("01234")
    assert rest["next"] is None
