"""Contacts are found by any part of their address or name."""

from tests.api.conftest import Api


def test_contacts_are_found_by_words_in_address_or_name(api: Api) -> None:
    for email, name in (("ada@example.org", "Ada Lovelace"), ("grace@ship.example", "Grace"), ("x_y@example.org", "")):
        api.post("/contacts", {"email": email, "name": name})
    api.post("/contacts", {"phone": "+94771234567", "name": "Nimal"})

    def found(words: str) -> list[str]:
        return [each["email"] or each["phone"] for each in api.get("/contacts", params={"q": words}).json()["items"]]

    assert found("LOVE") == ["ada@example.org"]
    assert found("example.org") == ["ada@example.org", "x_y@example.org"]
    assert found("7712") == ["+94771234567"]
    assert found("_") == ["x_y@example.org"]
    assert found("%") == []
