"""What keeps a sender from its server is said in words, with the original cause in them (R20)."""

import pytest

from homing.model.outcome import Blame, NotSent, Trouble, Words
from homing.model.unreached import in_words


@pytest.mark.parametrize(
    ("reason", "words", "said"),
    [
        (
            "refused",
            Words("connect", "", "connection refused"),
            "Nobody answers at mail.example:587: connection refused",
        ),
        (
            "unreachable",
            Words("connect", "", "network is unreachable"),
            "There is no way to mail.example:587: network is unreachable",
        ),
        (
            "unreachable",
            Words("connect"),
            "There is no way to mail.example:587",
        ),
        (
            "timeout",
            Words("connect", "", "no connection in time"),
            "No answer from mail.example:587 (timeout: no connection in time)",
        ),
        (
            "dns",
            Words("connect", "", "Name or service not known"),
            "No address is known for mail.example:587 (dns: Name or service not known)",
        ),
        ("auth", Words("auth", "535", "bad credentials"), "auth (535 bad credentials)"),
        ("timeout", Words("ehlo", "", "no answer to ehlo in time"), "timeout (no answer to ehlo in time)"),
        ("limit", Words(), "limit"),
    ],
)
def test_the_words_name_the_server_and_the_cause(reason: str, words: Words, said: str) -> None:
    assert in_words(NotSent(reason, Blame.SENDER, words, Trouble.CONNECT), "mail.example:587") == said


def test_without_a_name_it_is_the_server_and_without_news_a_look_is_under_way() -> None:
    gone = NotSent("refused", Blame.SENDER, Words("connect"), Trouble.CONNECT)
    assert in_words(gone) == "Nobody answers at the server: connection refused"
    assert in_words(None) == "looking whether the way is open"
