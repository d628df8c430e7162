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
        "stop messages",
        "stop messaging me",
        "stop sending",
        "stop sending messages",
        "unsubscribe",
        "unsubscribe me",
        "please unsubscribe",
        "unsubscribe please",
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
    """Lower case, without accents of Latin letters, outer blanks, punctuation and emoji: "ARRÊT !" is "arret"."""
    kept = unicodedata.normalize("NFKC", text).casefold()
    begin, end = 0, len(kept)
    while begin < end and _is_around(kept[begin]):
        begin += 1
    while begin < end and _is_around(kept[end - 1]):
        end -= 1
    kept = kept[begin:end]
    return "".join(_bare(char) for char in " ".join(kept.split()))


def _is_around(char: str) -> bool:
    """Whether it is none of a word's own: a sign, a blank, an emoji, its variant. Marks above letters are of the word."""
    return unicodedata.category(char)[0] in "CPSZ" or char in "\ufe0e\ufe0f"


def _bare(char: str) -> str:
    first = unicodedata.normalize("NFD", char)[0]
    return first if first.isascii() else char


_LONGEST = 200  # characters
_STOP = frozenset(plain(word) for words in STOP.values() for word in words)
_START = frozenset(plain(word) for words in START.values() for word in words)


def wish_of(text: str, more_stop: str = "", more_start: str = "") -> Wish | None:
    """What a message asks for, if it is such words and nothing else: one, or several ("STOP STOP!", "stop, unsubscribe").
    Beside a word that starts, one that stops counts. `more_stop`, `more_start`: own words, by commas; `-word` takes a known one
    out. "stop" itself always counts."""
    if len(text) > _LONGEST:
        return None
    said = [word for word in map(plain, text.split()) if word]
    stop, start = _with_own(_STOP, more_stop) | {plain("stop")}, _with_own(_START, more_start)
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


def _with_own(known: frozenset[str], words: str) -> frozenset[str]:
    own = [word.strip() for word in words.split(",")]
    taken_out = {plain(word) for word in own if word.startswith("-")}
    return (known - taken_out) | {plain(word) for word in own if word and not word.startswith("-")}
