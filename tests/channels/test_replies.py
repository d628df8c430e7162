"""The reply parser: cut anywhere it reads the same, and nothing a server says can make it grow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homing.channels.smtp.replies import MAX_LINE, MAX_LINES, MAX_REPLY, Reply, ReplyParser, welcome

TEXT = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


def wire(code: int, texts: list[str], end: str) -> bytes:
    marks = ["-"] * (len(texts) - 1) + [" "]
    return "".join(f"{code}{mark}{text}{end}" for mark, text in zip(marks, texts, strict=True)).encode()


REPLIES = st.lists(
    st.builds(wire, st.integers(200, 599), st.lists(TEXT, min_size=1, max_size=4), st.sampled_from(["\r\n", "\n"])),
    min_size=1,
    max_size=5,
)


def told(replies: list[Reply]) -> list[tuple[int, list[bytes]]]:
    return [(reply.code, reply.lines) for reply in replies]


@settings(deadline=None)
@given(REPLIES, st.lists(st.integers(0, 400), max_size=8))
def test_however_it_is_cut_it_reads_the_same(replies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(replies)
    whole = told(ReplyParser().feed(stream))
    assert len(whole) == len(replies)
    parser, parts, last = ReplyParser(), [], 0
    for cut in [*sorted(cut for cut in cuts if cut < len(stream)), len(stream)]:
        parts += parser.feed(stream[last:cut])
        last = cut
    assert told(parts) == whole
    bytewise, single = [], ReplyParser()
    for i in range(len(stream)):
        bytewise += single.feed(stream[i : i + 1])
    assert told(bytewise) == whole
    assert not single.torn
    assert not single.broken


@settings(deadline=None)
@given(REPLIES, st.data())
def test_a_reply_without_its_end_is_torn_and_never_told(replies: list[bytes], data: st.DataObject) -> None:
    last = replies[-1]
    cut = data.draw(st.integers(1, len(last) - 1))
    parser = ReplyParser()
    assert len(parser.feed(b"".join(replies[:-1]) + last[:cut])) == len(replies) - 1
    assert parser.torn


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    parser = ReplyParser()
    for reply in parser.feed(data):
        assert 200 <= reply.code < 600
        assert reply.text.isprintable()
        assert len(reply.text) <= 512
        assert reply.enhanced in ("", reply.codes[4:])


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n",
        b"25\r\n",
        b"\r\n",
        b"150 no\r\n",
        b"600 no\r\n",
        b"250_no\r\n",
        b"\x00\r\n",
        b"250-a\r\n251 b\r\n",
        b"2\xb50 x\r\n",
    ],
)
def test_garbage_is_not_a_reply_and_ends_belief(garbage: bytes) -> None:
    parser = ReplyParser()
    assert told(parser.feed(b"250 ok\r\n" + garbage + b"250 ok\r\n")) == [(250, [b"ok"])]
    assert parser.broken
    assert parser.feed(b"250 ok\r\n") == []


def test_a_code_alone_is_a_reply() -> None:
    assert told(ReplyParser().feed(b"250\r\n354\n")) == [(250, [b""]), (354, [b""])]


def test_a_line_of_100_mb_is_dropped_after_eight_kilobytes() -> None:
    parser = ReplyParser()
    piece = b"x" * 65_536
    parser.feed(b"250 ")
    for _ in range(1_600):
        assert parser.feed(piece) == []
        assert len(parser._tail) <= MAX_LINE
    assert parser.broken


def test_a_reply_has_at_most_100_lines_and_64_kilobytes() -> None:
    many = ReplyParser()
    assert many.feed(b"250-x\r\n" * (MAX_LINES + 1)) == []
    assert many.broken
    exact = ReplyParser()
    assert len(exact.feed(b"250-x\r\n" * (MAX_LINES - 1) + b"250 x\r\n")) == 1
    large = ReplyParser()
    assert large.feed((b"250-" + b"x" * 8_000 + b"\r\n") * (MAX_REPLY // 8_000 + 1)) == []
    assert large.broken


def test_an_enhanced_code_is_believed_only_in_its_own_class() -> None:
    (one,) = ReplyParser().feed(b"550-5.1.1 no such\r\n550 5.1.1 user\r\n")
    assert (one.enhanced, one.codes, one.text) == ("5.1.1", "550 5.1.1", "no such user")
    (two,) = ReplyParser().feed(b"550 4.2.1 contradicts itself\r\n")
    assert (two.enhanced, two.codes) == ("", "550")


def test_words_are_data() -> None:
    (reply,) = ReplyParser().feed(b"550 a\x1b[31m\x00b\xff" + b"y" * 2_000 + b"\r\n")
    words = reply.words("rcpt")
    assert words.text.isprintable()
    assert len(words.text) <= 512


@settings(deadline=None)
@given(REPLIES)
def test_the_usual_welcome_is_recognised_and_nothing_else(replies: list[bytes]) -> None:
    stream = b"".join(replies)
    codes = [code for code, lines in told(ReplyParser().feed(stream)) if len(lines) == 1]
    first = welcome(stream)
    if first == b"":
        assert codes == [250, 250, 354]
    elif first is not None:
        assert codes == [250, 250, 250, 354]
        assert stream.startswith(first + b"\n")
    if first is not None:
        assert len(replies) == len(codes)


def test_the_usual_welcome() -> None:
    usual = b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n"
    assert welcome(usual) == b""
    assert welcome(b"250 2.0.0 Ok: queued as X\r\n" + usual) == b"250 2.0.0 Ok: queued as X\r"
    for other in (
        b"",
        b"250 a\r\n",
        b"250 a\r\n250 b\r\n354 c",
        b"250 a\r\n250-b\r\n354 c\r\n",
        b"250 a\r\n250 b\r\n",
        b"250 a\r\n550 b\r\n354 c\r\n",
        b"250 a\r\n250 b\r\n354 c\r\n421 bye\r\n",
        b"451 a\r\n250 b\r\n250 c\r\n354 d\r\n",
        b"250 a\r\n250 b\r\n550 c\r\n354 d\r\n",
        b"250 a\r\n250 b\r\n250 c\r\n554 d\r\n",
        b"250 a\r\n250 b\r\n250 c\r\n354 d\r\n421 bye\r\n",
        b"250-a\r\n250 b\r\n250 c\r\n354 d\r\n",
    ):
        assert welcome(other) is None, other
