"""Words by which people say that they want no more messages, or want them again: whole messages, in their languages."""

import unicodedata
from enum import StrEnum

STOP: dict[str, tuple[str, ...]] = {
    "en": (
        "stop",
        "stop all",
        "stop it",
        "please stop",
        "stop please",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "opt out",
    ),
    "de": ("stopp", "stop bitte", "abmelden", "abbestellen"),
    "fr": ("arret", "arreter", "desabonner", "stop svp"),
    "es": ("parar", "alto", "baja", "cancelar"),
    "pt": ("pare", "sair", "descadastrar"),
    "it": ("ferma", "fermare", "annulla", "basta"),
    "nl": ("stoppen", "afmelden"),
    "tr": ("dur", "durdur", "iptal"),
    "id": ("berhenti",),
    "hi": ("रोकें", "बंद करें"),
    "si": ("නවත්වන්න", "එපා"),
    "ta": ("நிறுத்து", "வேண்டாம்"),
    "ar": ("توقف", "إلغاء"),
    "ru": ("стоп", "отписаться"),
    "zh": ("停止", "退订"),
}
START: dict[str, tuple[str, ...]] = {
    "en": ("start", "unstop", "subscribe", "opt in"),
    "de": ("anmelden", "weiter"),
    "fr": ("commencer", "reprendre"),
    "es": ("iniciar", "alta"),
    "pt": ("iniciar", "voltar"),
    "hi": ("शुरू करें",),
    "si": ("ආරම්භ කරන්න",),
    "ta": ("தொடங்கு",),
    "ar": ("ابدأ",),
    "ru": ("старт",),
}


class Wish(StrEnum):
    STOP = "stop"
    START = "start"


def plain(text: str) -> str:
    """Lower case, without accents of Latin letters, outer blanks and punctuation: "ARRÊT !" is "arret"."""
    kept = unicodedata.normalize("NFKC", text).casefold().strip(" \t\r\n.!?,;:'\"*_~-\u200b\u200e\u200f\u00a0")
    return "".join(_bare(char) for char in " ".join(kept.split()))


def _bare(char: str) -> str:
    first = unicodedata.normalize("NFD", char)[0]
    return first if first.isascii() else char


_LONGEST = 200  # characters
_STOP = frozenset(plain(word) for words in STOP.values() for word in words)
_START = frozenset(plain(word) for words in START.values() for word in words)


def wish_of(text: str, more_stop: str = "", more_start: str = "") -> Wish | None:
    """What a message asks for, if it is such words and nothing else: one, or several ("STOP STOP!", "stop, unsubscribe").
    Beside a word that starts, one that stops counts. `more_stop`, `more_start`: own words, by commas."""
    if len(text) > _LONGEST:
        return None
    said = [word for word in map(plain, text.split()) if word]
    stop, start = _STOP | _own(more_stop), _START | _own(more_start)
    if not said or not _made_of(said, stop | start):
        return None
    return Wish.START if _made_of(said, start) else Wish.STOP


def _made_of(said: list[str], phrases: frozenset[str]) -> bool:
    """Whether the words are phrases, one after the other, and nothing beside them."""
    reached = {0}
    for end in range(1, len(said) + 1):
        if any(begin in reached and " ".join(said[begin:end]) in phrases for begin in range(max(0, end - 6), end)):
            reached.add(end)
    return len(said) in reached


def _own(words: str) -> frozenset[str]:
    return frozenset(plain(word) for word in words.split(",") if word.strip())
