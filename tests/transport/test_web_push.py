"""Web Push as the RFCs say, by their own example and by a browser that really decrypts."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from homing.transport.web_push import authorization, encrypt, public_text
from tests.transport.push_service import Browser, b64, claims_of, unb64


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291_comes_out_byte_for_byte() -> None:
    """Section 5 and Appendix A."""
    browser = Browser(_private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    assert b64(browser.public) == (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        browser.public,
        browser.auth,
        private=_private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert b64(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.read(made) == b"When I grow up, I want to be a watermelon"


def test_only_the_browser_that_subscribed_can_read_it_and_no_two_are_alike() -> None:
    browser = Browser()
    one, other = (encrypt(b"told", browser.public, browser.auth) for _ in range(2))
    assert one != other
    assert browser.read(one) == browser.read(other) == b"told"
    with pytest.raises(InvalidTag):
        Browser(auth=browser.auth).read(one)
    with pytest.raises(InvalidTag):
        Browser(browser.private).read(one)


def test_the_signature_names_the_push_service_and_ends_within_a_day() -> None:
    """RFC 8292 section 2."""
    private = ec.generate_private_key(ec.SECP256R1())
    header = authorization("https://push.example.net:8443/send/abc?x=1", private, "mailto:ops@example.org", 1_000)
    told = claims_of(header, public_text(private))
    assert told["aud"] == "https://push.example.net:8443"
    assert told["sub"] == "mailto:ops@example.org"
    assert 1_000 < int(str(told["exp"])) <= 1_000 + 86_400
