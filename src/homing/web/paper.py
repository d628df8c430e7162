"""Lays the public pages out: one frame, words of a small catalogue, everything that is not ours escaped. No JavaScript."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

from homing.web.words import words

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
"""Of each public page but the one that shows a message."""


@cache
def _part(name: str) -> str:
    return resources.files("homing.web").joinpath("pages", name).read_text(encoding="utf-8")


def page(language: str, title: str, parts: Iterable[str]) -> str:
    """A whole page. `title` is text; `parts` are HTML made by the functions below."""
    frame = _part("frame.html").replace("{{ lang }}", escape(language)).replace("{{ title }}", escape(title))
    return frame + "\n".join(parts) + "\n" + _part("end.html")


def text(words: str, *, soft: bool = False) -> str:
    """A paragraph."""
    return f"<p{' class=soft' if soft else ''}>{escape(words)}</p>"


def button(label: str, act: str, *, plain: bool = False) -> str:
    """A form of one button that posts `act` to this page's own address."""
    kind = ' class="plain"' if plain else ""
    return (
        f'<form method="post"><input type="hidden" name="act" value="{escape(act)}">'
        f"<button{kind}>{escape(label)}</button></form>"
    )


@dataclass(frozen=True, slots=True)
class Tick:
    """One box of a list of boxes."""

    value: str
    label: str
    on: bool


def boxes(legend: str, name: str, ticks: Iterable[Tick], label: str, act: str) -> str:
    """A form of boxes and a button that posts `act`."""
    rows = "\n".join(
        f'<label><input type="checkbox" name="{escape(name)}" value="{escape(t.value)}"{" checked" if t.on else ""}>'
        f"{escape(t.label)}</label>"
        for t in ticks
    )
    return (
        f'<form method="post"><input type="hidden" name="act" value="{escape(act)}">'
        f"<fieldset><legend>{escape(legend)}</legend>\n{rows}</fieldset><button>{escape(label)}</button></form>"
    )


def sorry(language: str) -> str:
    """What a damaged link gets: nothing that tells whose it was."""
    said = words(language)
    return page(language, said["broken"], [text(said["broken_more"])])
