"""What keeps a sender from its server, in words for people: who was asked, and what the operating system or the server said."""

from homing.model.outcome import NotSent

_CONNECTING = {
    "refused": "Nobody answers at {server}: connection refused",
    "unreachable": "There is no way to {server}{said}",
    "timeout": "No answer from {server} (timeout{said})",
    "dns": "No address is known for {server} (dns{said})",
}
"""By the reason of a connection that never was. Python's own text, "[Errno 111] Connect call failed", helps nobody."""


def in_words(news: NotSent | None, server: str = "") -> str:
    """One sentence without its full stop, the original cause in it (R20). `server`: 'mail.example:587', where it is known."""
    if news is None:
        return "looking whether the way is open"
    said = str(news.words)
    server = server or "the server"
    if news.words.stage == "connect" and not news.words.code and news.reason in _CONNECTING:
        return _CONNECTING[news.reason].format(server=server, said=f": {said}" if said else "")
    return f"{news.reason} ({said})" if said else news.reason
