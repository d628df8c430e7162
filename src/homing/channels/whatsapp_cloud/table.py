"""Meta's error codes as outcomes (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes): decided by the code only.

The same table judges the answer to a send and the `errors` of a `failed` status that comes later.
"""

from homing.model.outcome import Blame, NotSent, Outcome, Refused, Trouble, Words

_BACKOFF = frozenset({1, 2, 131000, 131016, 133004, 135000})
_LIMITS = {4: 60.0, 80007: 60.0, 130429: 2.0, 131056: 0.0, 131057: 60.0, 132069: 360.0}
_PERSON = {
    **dict.fromkeys((0, 3, 10, 190, 131005), "credentials"),
    **dict.fromkeys((131048, 131064), "spam_limit"),
    **dict.fromkeys((368, 131031), "account_locked"),
    131042: "billing",
    131045: "not_registered",
    131037: "display_name",
    133010: "not_registered",
    133016: "registration_limit",
    33: "number_gone",
}
_GONE = {
    131026: "not_on_whatsapp",
    131021: "own_number",
    131030: "not_allowed",
    130472: "experiment",
    131062: "no_identity",
}
_CAMPAIGN = frozenset({132001, 132005, 132007, 131008, 131009, 131051, 131052, 131053, 131063, 132068})
_DATA = frozenset({132000, 132008, 132012, 100})
_TEMPLATE = {132015: "template_paused", 132016: "template_disabled"}
PAIR_LIMIT = 131056
_PAIR_WAIT = 6.0


def judge_code(code: int, words: Words) -> Outcome:
    """What an error code means for this message and this sender. An unknown one is a refusal."""
    if code in _BACKOFF:
        return NotSent("provider_error", Blame.SENDER, words, Trouble.PROVIDER)
    if code == PAIR_LIMIT:
        return NotSent("pair_limit", Blame.DESTINATION, words, retry_after=_PAIR_WAIT)
    if code in _LIMITS:
        return NotSent("rate_limited", Blame.SENDER, words, Trouble.LIMIT, _LIMITS[code])
    if code in _PERSON or 200 <= code <= 299:
        return NotSent(_PERSON.get(code, "credentials"), Blame.SENDER, words, Trouble.CREDENTIALS)
    return _refused(code, words)


def _refused(code: int, words: Words) -> Refused:
    if code in _GONE:
        return Refused(_GONE[code], words, retryable=code == 131026)
    if code == 131050:
        return Refused("stopped_marketing", words, suppress=True, retryable=False)
    if code == 131047:
        return Refused("window_closed", words)
    if code in (131049, 130497):
        return Refused("held_by_meta" if code == 131049 else "country", words)
    if code in _TEMPLATE:
        return Refused(_TEMPLATE[code], words, campaign_fault=True)
    if code in _CAMPAIGN or code in _DATA:
        return Refused("content", words, campaign_fault=True)
    return Refused("refused", words, campaign_fault=True)
