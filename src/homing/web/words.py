"""The words of the public pages, by language: a small catalogue, English where a language has none."""

from collections.abc import Mapping

_EN = {
    "broken": "This link does not work",
    "broken_more": "It is damaged, or too old. Use the link in the newest message that you have.",
    "leave": "Unsubscribe",
    "leave_ask": "Do you want no more messages from us? One press, and it is done.",
    "leave_do": "Unsubscribe",
    "left": "You are unsubscribed",
    "left_more": "We send nothing more to this address. A message that left before this moment may still arrive.",
    "undo": "That was a mistake: undo",
    "kept_out": "Nothing is sent to you",
    "kept_out_more": "This address gets no messages from us already.",
    "back": "You are subscribed again",
    "back_more": "Everything is as it was before.",
    "choose": "Choose instead what you get",
    "test": "This was a test message",
    "test_more": "Its links look like real ones, and change nothing.",
    "preferences": "What do you want to get?",
    "lists": "Lists",
    "no_lists": "You are on no list.",
    "save": "Save",
    "none": "Send me nothing at all",
    "saved": "Saved",
    "saved_more": "We keep to it from this moment on.",
    "later": "That could not be stored",
    "later_more": "Nothing has changed. Please try again in a minute.",
    "gone": "This message cannot be shown any more",
    "gone_more": "What it was made from is no longer kept.",
    "often": "Too often",
    "often_more": "Please wait a minute, then try again.",
    "form_sent": "Look into your mailbox",
    "form_sent_more": "We have sent you a message with a link. Open it to confirm your address.",
    "form_confirm": "Confirm your address",
    "form_confirm_do": "Confirm",
    "form_done": "Thank you",
    "form_done_more": "Your address is confirmed.",
    "form_bad": "This is no e-mail address. Please look at it again.",
    "form_email": "E-mail address",
    "form_name": "Name",
    "form_do": "Subscribe",
}
_DE = {
    "broken": "Dieser Link funktioniert nicht",
    "broken_more": "Er ist beschädigt oder zu alt. Nehmen Sie den Link in der neuesten Nachricht, die Sie haben.",
    "leave": "Abmelden",
    "leave_ask": "Möchten Sie keine Nachrichten mehr von uns? Ein Druck genügt.",
    "leave_do": "Abmelden",
    "left": "Sie sind abgemeldet",
    "left_more": "Wir senden nichts mehr an diese Adresse. Was vorher unterwegs war, kann noch ankommen.",
    "undo": "Das war ein Versehen: rückgängig",
    "kept_out": "Sie bekommen nichts",
    "kept_out_more": "Diese Adresse bekommt schon jetzt keine Nachrichten von uns.",
    "back": "Sie sind wieder angemeldet",
    "back_more": "Alles ist wie zuvor.",
    "choose": "Lieber auswählen, was Sie bekommen",
    "test": "Das war eine Testnachricht",
    "test_more": "Ihre Links sehen echt aus und ändern nichts.",
    "preferences": "Was möchten Sie bekommen?",
    "lists": "Listen",
    "no_lists": "Sie stehen auf keiner Liste.",
    "save": "Speichern",
    "none": "Senden Sie mir gar nichts",
    "saved": "Gespeichert",
    "saved_more": "Wir halten uns von jetzt an daran.",
    "later": "Das konnte nicht gespeichert werden",
    "later_more": "Nichts hat sich geändert. Bitte versuchen Sie es in einer Minute noch einmal.",
    "gone": "Diese Nachricht kann nicht mehr gezeigt werden",
    "gone_more": "Woraus sie gemacht war, wird nicht mehr aufbewahrt.",
    "often": "Zu oft",
    "often_more": "Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.",
    "form_sent": "Sehen Sie in Ihr Postfach",
    "form_sent_more": "Wir haben Ihnen eine Nachricht mit einem Link gesendet. Öffnen Sie ihn, um Ihre Adresse zu bestätigen.",
    "form_confirm": "Adresse bestätigen",
    "form_confirm_do": "Bestätigen",
    "form_done": "Danke",
    "form_done_more": "Ihre Adresse ist bestätigt.",
    "form_bad": "Das ist keine E-Mail-Adresse. Bitte sehen Sie noch einmal hin.",
    "form_email": "E-Mail-Adresse",
    "form_name": "Name",
    "form_do": "Anmelden",
}
_ALL: Mapping[str, Mapping[str, str]] = {"en": _EN, "de": _DE}


def language_of(header: str) -> str:
    """The first language of an Accept-Language header that the catalogue has; else English."""
    for part in header.split(",")[:20]:
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in _ALL:
            return tag
    return "en"


def words(language: str) -> Mapping[str, str]:
    """All words of a language."""
    return _ALL.get(language, _EN)
