"""Words by which people say that they want no more messages, or want them again: whole messages, in their languages."""

import unicodedata
from enum import StrEnum

STOP: dict[str, tuple[str, ...]] = {
    "en": ("stop", "stop all", "unsubscribe", "cancel", "end", "quit", "opt out"),
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


_STOP = frozenset(plain(word) for words in STOP.values() for word in words)
_START = frozenset(plain(word) for words in START.values() for word in words)


def wish_of(text: str, more_stop: str = "", more_start: str = "") -> Wish | None:
    """What a message asks for, if it is one of these words and nothing else. `more_stop`, `more_start`: own words, by commas."""
    said = plain(text)
    if not said or len(said) > 40:
        return None
    if said in _STOP or said in _own(more_stop):
        return Wish.STOP
    return Wish.START if said in _START or said in _own(more_start) else None


def _own(words: str) -> frozenset[str]:
    return frozenset(plain(word) for word in words.split(",") if word.strip())
