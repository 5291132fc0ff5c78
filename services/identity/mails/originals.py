"""The texts of mails as they come with Portico, by kind and language: subject, then text with placeholders in braces.

A line that is nothing but {link} is the mail's button. What follows every text (who sends it, whom to ask) is FRAME's.
"""

from __future__ import annotations

from services.identity.mails import in_arabic, in_french, in_spanish
from services.identity.mails.wording import Frame, Wording

DEFAULT_LANGUAGE = "en"
FRAME = {
    "en": Frame(
        "en_GB",
        "Open in the portal",
        "This mail was sent by the customer portal of {supplier}.",
        "If you have questions, reach us here:",
        "You can choose which mails you get:",
    ),
    "de": Frame(
        "de_DE",
        "Im Portal öffnen",
        "Diese Nachricht hat das Kundenportal von {supplier} gesendet.",
        "Bei Fragen erreichen Sie uns hier:",
        "Welche Nachrichten Sie bekommen, können Sie wählen:",
    ),
}
_OTHERS = {"es": in_spanish, "fr": in_french, "ar": in_arabic}
FRAME |= {language: others.FRAME for language, others in _OTHERS.items()}
LANGUAGES = tuple(FRAME)
ORIGINALS: dict[str, dict[str, Wording]] = {
    "invitation": {
        "en": Wording(
            "Your access to the customer portal of {supplier}",
            "Hello {name},\n\nyou are invited to the customer portal of {supplier}. Choose a password here:\n\n"
            "{link}\n\nThe link works once, until {until}.",
        ),
        "de": Wording(
            "Ihr Zugang zum Kundenportal von {supplier}",
            "Guten Tag {name},\n\nSie sind zum Kundenportal von {supplier} eingeladen. Hier wählen Sie ein Passwort:"
            "\n\n{link}\n\nDer Link gilt einmal, bis {until}.",
        ),
    },
    "password_reset": {
        "en": Wording(
            "Choose a new password",
            "Hello {name},\n\nsomebody, probably you, asked for a new password for the customer portal of {supplier}."
            " Choose one here:\n\n{link}\n\nThe link works once, until {until}. If it was not you, do nothing: your"
            " password stays as it is.",
        ),
        "de": Wording(
            "Ein neues Passwort wählen",
            "Guten Tag {name},\n\njemand, vermutlich Sie selbst, hat ein neues Passwort für das Kundenportal von"
            " {supplier} angefordert. Hier wählen Sie eines:\n\n{link}\n\nDer Link gilt einmal, bis {until}. Waren Sie"
            " es nicht, so müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.",
        ),
    },
    "password_changed": {
        "en": Wording(
            "Your password was changed",
            "Hello {name},\n\nyour password for the customer portal of {supplier} was changed, and your other devices"
            " are signed out. If it was you, there is nothing to do.\n\nIf it was not you, ask for a new password at"
            " once and tell us:\n\n{link}",
        ),
        "de": Wording(
            "Ihr Passwort wurde geändert",
            "Guten Tag {name},\n\nIhr Passwort für das Kundenportal von {supplier} wurde geändert, Ihre anderen Geräte"
            " sind abgemeldet. Waren Sie es selbst, so ist nichts zu tun.\n\nWaren Sie es nicht, so fordern Sie sofort"
            " ein neues Passwort an und sagen es uns:\n\n{link}",
        ),
    },
    "address_changed": {
        "en": Wording(
            "You log in with another e-mail address now",
            "Hello {name},\n\nthe e-mail address with which you log in to the customer portal of {supplier} was"
            " changed. From now on you log in with the new one, and mails go there; this one is the last to this"
            " address. Your password stays as it is.\n\nIf you know nothing of this, tell us at once:\n\n{link}",
        ),
        "de": Wording(
            "Sie melden sich jetzt mit einer anderen E-Mail-Adresse an",
            "Guten Tag {name},\n\ndie E-Mail-Adresse, mit der Sie sich beim Kundenportal von {supplier} anmelden, wurde"
            " geändert. Ab jetzt melden Sie sich mit der neuen an, und Nachrichten gehen dorthin; diese ist die letzte"
            " an diese Adresse. Ihr Passwort bleibt, wie es ist.\n\nWenn Sie davon nichts wissen, sagen Sie es uns"
            " sofort:\n\n{link}",
        ),
    },
    "second_factor_on": {
        "en": Wording(
            "An authenticator app is set up",
            "Hello {name},\n\nfrom now on the customer portal of {supplier} asks for a code of your authenticator app"
            " besides your password. Keep the recovery codes in a safe place.\n\nIf it was not you, change your"
            " password at once and tell us:\n\n{link}",
        ),
        "de": Wording(
            "Eine Authentifizierungs-App ist eingerichtet",
            "Guten Tag {name},\n\ndas Kundenportal von {supplier} fragt ab jetzt außer nach Ihrem Passwort nach einem"
            " Code Ihrer Authentifizierungs-App. Bewahren Sie die Wiederherstellungscodes sicher auf.\n\nWaren Sie es"
            " nicht, so ändern Sie sofort Ihr Passwort und sagen es uns:\n\n{link}",
        ),
    },
    "second_factor_off": {
        "en": Wording(
            "Your authenticator app is switched off",
            "Hello {name},\n\nthe customer portal of {supplier} does not ask for a code of your authenticator app any"
            " more: you or an administrator switched it off. You can set one up again in your settings:\n\n{link}\n\n"
            "If you know nothing of this, change your password at once and tell us.",
        ),
        "de": Wording(
            "Ihre Authentifizierungs-App ist abgeschaltet",
            "Guten Tag {name},\n\ndas Kundenportal von {supplier} fragt nicht mehr nach einem Code Ihrer"
            " Authentifizierungs-App: Sie oder ein Administrator haben sie abgeschaltet. In Ihren Einstellungen können"
            " Sie wieder eine einrichten:\n\n{link}\n\nWissen Sie davon nichts, so ändern Sie sofort Ihr Passwort und"
            " sagen es uns.",
        ),
    },
    "passkey_added": {
        "en": Wording(
            "A passkey was added to your account",
            "Hello {name},\n\nfrom now on a new passkey lets you into the customer portal of {supplier}.\n\nIf it was"
            " not you, remove it at once, change your password and tell us:\n\n{link}",
        ),
        "de": Wording(
            "Ein Passkey ist Ihrem Konto hinzugefügt",
            "Guten Tag {name},\n\nab jetzt kommen Sie mit einem neuen Passkey in das Kundenportal von {supplier}.\n\n"
            "Waren Sie es nicht, so entfernen Sie ihn sofort, ändern Ihr Passwort und sagen es uns:\n\n{link}",
        ),
    },
    "passkey_removed": {
        "en": Wording(
            "A passkey was removed from your account",
            "Hello {name},\n\na passkey does not let you into the customer portal of {supplier} any more: you or an"
            " administrator removed it. You can add another in your settings:\n\n{link}\n\nIf you know nothing of this,"
            " change your password at once and tell us.",
        ),
        "de": Wording(
            "Ein Passkey ist von Ihrem Konto entfernt",
            "Guten Tag {name},\n\nmit einem Ihrer Passkeys kommen Sie nicht mehr in das Kundenportal von {supplier}:"
            " Sie oder ein Administrator haben ihn entfernt. In Ihren Einstellungen können Sie einen neuen hinzufügen:"
            "\n\n{link}\n\nWissen Sie davon nichts, so ändern Sie sofort Ihr Passwort und sagen es uns.",
        ),
    },
    "case_reply": {
        "en": Wording(
            "Our answer to your request {number}",
            "Hello {name},\n\nour support has answered your request {number}. Read it, and write back, in the portal:"
            "\n\n{link}",
        ),
        "de": Wording(
            "Unsere Antwort auf Ihre Anfrage {number}",
            "Guten Tag {name},\n\nunser Support hat Ihre Anfrage {number} beantwortet. Lesen und antworten können Sie"
            " im Portal:\n\n{link}",
        ),
    },
    "order_accepted": {
        "en": Wording(
            "Your order {number} is accepted",
            "Hello {name},\n\nwe have taken in your order {number}. Its number with us is {erp_number}.\n\n{link}",
        ),
        "de": Wording(
            "Ihr Auftrag {number} ist angenommen",
            "Guten Tag {name},\n\nwir haben Ihren Auftrag {number} angenommen. Bei uns hat er die Nummer {erp_number}."
            "\n\n{link}",
        ),
    },
    "order_refused": {
        "en": Wording(
            "Your order {number} could not be accepted",
            "Hello {name},\n\nyour order {number} could not be accepted. The reason:\n\n{reason}\n\n{link}",
        ),
        "de": Wording(
            "Ihr Auftrag {number} konnte nicht angenommen werden",
            "Guten Tag {name},\n\nIhr Auftrag {number} konnte nicht angenommen werden. Der Grund:\n\n"
            "{reason}\n\n{link}",
        ),
    },
    "access_approved": {
        "en": Wording(
            "{colleague} can now use the customer portal",
            "Hello {name},\n\nyou asked for access to the customer portal of {supplier} for {colleague}. It was"
            " approved; {colleague} has got an invitation by mail.\n\n{link}",
        ),
        "de": Wording(
            "{colleague} hat jetzt Zugang zum Kundenportal",
            "Guten Tag {name},\n\nSie haben für {colleague} Zugang zum Kundenportal von {supplier} beantragt. Er wurde"
            " genehmigt; {colleague} hat eine Einladung per E-Mail bekommen.\n\n{link}",
        ),
    },
    "access_refused": {
        "en": Wording(
            "Your request for access was not approved",
            "Hello {name},\n\nyou asked for access to the customer portal of {supplier} for {colleague}. It was not"
            " approved. The reason:\n\n{reason}\n\n{link}",
        ),
        "de": Wording(
            "Ihr Antrag auf Zugang wurde nicht genehmigt",
            "Guten Tag {name},\n\nSie haben für {colleague} Zugang zum Kundenportal von {supplier} beantragt. Er wurde"
            " nicht genehmigt. Der Grund:\n\n{reason}\n\n{link}",
        ),
    },
    "access_refused_colleague": {
        "en": Wording(
            "No access to the customer portal of {supplier}",
            "Hello {name},\n\nsomebody of your company asked that you get access to the customer portal of {supplier}."
            " It was not approved. The reason:\n\n{reason}\n\nYou need not do anything; what was said of you is deleted"
            " after 30 days.",
        ),
        "de": Wording(
            "Kein Zugang zum Kundenportal von {supplier}",
            "Guten Tag {name},\n\njemand aus Ihrem Unternehmen hat für Sie Zugang zum Kundenportal von {supplier}"
            " beantragt. Er wurde nicht genehmigt. Der Grund:\n\n{reason}\n\nSie müssen nichts tun; die Angaben zu"
            " Ihnen werden nach 30 Tagen gelöscht.",
        ),
    },
    "access_changed": {
        "en": Wording(
            "What you can do in the customer portal has changed",
            "Hello {name},\n\nwhat your account in the customer portal of {supplier} includes was changed. You find"
            " what you can see and do in the portal's menu; it holds from now on.\n\n{link}",
        ),
        "de": Wording(
            "Ihr Zugang zum Kundenportal wurde geändert",
            "Guten Tag {name},\n\nwas Ihr Konto im Kundenportal von {supplier} umfasst, wurde geändert. Was Sie sehen"
            " und tun können, steht im Menü des Portals und gilt ab jetzt.\n\n{link}",
        ),
    },
}


for _language, _others in _OTHERS.items():
    for _kind, _wording in _others.TEXTS.items():
        ORIGINALS[_kind][_language] = _wording


def original(kind: str, language: str) -> Wording:
    """The original text, in English where there is none in this language."""
    texts = ORIGINALS[kind]
    return texts.get(language) or texts[DEFAULT_LANGUAGE]


def language_of(wanted: str) -> str:
    """The language of a mail for someone whose language is `wanted` (`de`, `de-AT`), which may be unknown or ""."""
    short = wanted.replace("_", "-").partition("-")[0].lower()
    return short if short in FRAME else DEFAULT_LANGUAGE
