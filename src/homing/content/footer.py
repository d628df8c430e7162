"""What an HTML body gets that lets nobody go: a last line with the way out and the way to a browser."""

import re

_END = re.compile(r"</body\s*>", re.IGNORECASE)
_FOOTER = (
    '<p style="font:12px/18px sans-serif;color:#6b6b6b;text-align:center;margin:24px 8px">\n'
    '<a href="{{ unsubscribe_url }}" style="color:#6b6b6b">Unsubscribe</a> &middot;\n'
    '<a href="{{ view_url }}" style="color:#6b6b6b">View in browser</a>\n'
    "</p>\n"
)
_NAMED = re.compile(r"\{[{%][^{}]*\bunsubscribe_url\b")


def with_footer(html: str) -> str:
    """The body with a footer before `</body>` (or at its end), unless it names `unsubscribe_url` itself."""
    if _NAMED.search(html):
        return html
    ends = list(_END.finditer(html))
    if not ends:
        return f"{html}\n{_FOOTER}"
    at = ends[-1].start()
    return f"{html[:at]}\n{_FOOTER}{html[at:]}"
