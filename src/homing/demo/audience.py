"""The invented people of the show, and the mail that they get."""

import csv
from pathlib import Path

FIRST = (
    "Ada", "Björn", "Chloé", "Dilnoza", "Émile", "Fatima", "Grace", "Hiroko", "Inés", "Jürgen", "Kwame", "Lê",
    "Małgorzata", "Nuwan", "Oluwaseun", "Priya", "Quentin", "Ruth", "Søren", "Tomáš", "Umut", "Vasilisa", "Wanjiru",
    "Ximena", "Yūki", "Zoë",
)  # fmt: skip
LAST = (
    "Lovelace", "Ångström", "Dupont", "Karimova", "Noether", "Khan", "Hopper", "Tanaka", "García", "Weiß", "Mensah",
    "Nguyễn", "Wójcik", "Perera", "Adeyemi", "Nair", "Moreau", "Bader", "Kierkegaard", "Novák", "Yılmaz", "Orlova",
    "Kamau",
)  # fmt: skip
CITIES = ("Colombo", "Kraków", "São Paulo", "Tromsø", "København", "Nairobi", "Zürich", "Reykjavík", "Đà Nẵng")

FROM = "Homing demo <news@demo.example.com>"
SUBJECT = '{{ first_name }}, a letter to {{ city | default("you") }}'
TEXT = """Hello {{ first_name }},

this mail reached you once. The process that sent it may have been killed
with kill -9 before it was done; another one took over where it fell.

Greetings to {{ city | default("wherever you are") }}!
"""
HTML = """<!doctype html>
<html><body style="margin:0;background:#f4f1ea;font-family:Georgia,serif;color:#23302a">
<div style="max-width:34rem;margin:2rem auto;padding:2rem;background:#fff;border-radius:12px">
<p style="letter-spacing:.2em;text-transform:uppercase;color:#8a7a55;font:12px sans-serif">Homing</p>
<h1 style="margin:.2em 0 .6em">Hello {{ first_name }},</h1>
<p>this mail reached you <b>once</b>. The process that sent it may have been killed with <code>kill -9</code> before it was
done; another one took over where it fell.</p>
<p>Greetings to {{ city | default("wherever you are") }}!</p>
</div></body></html>
"""


def addresses(count: int) -> list[str]:
    """As many invented addresses, all different."""
    return [f"guest{number:0{len(str(count))}}@example.org" for number in range(1, count + 1)]


def write_people(path: Path, count: int) -> None:
    """A contact file as anybody would upload it: CSV in UTF-8 with a row of headings."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("email", "first_name", "last_name", "city"))
        for number, address in enumerate(addresses(count)):
            city = CITIES[number % len(CITIES)]
            rows.writerow((address, FIRST[number % len(FIRST)], LAST[number % len(LAST)], city))
