"""The texts of mails in French. Made by a machine, not yet reviewed by a native speaker."""

from __future__ import annotations

from services.identity.mails.wording import Frame, Wording

FRAME = Frame(
    "fr_FR",
    "Ouvrir dans le portail",
    "Ce message a été envoyé par le portail clients de {supplier}.",
    "Pour toute question, vous pouvez nous joindre ici :",
    "Vous pouvez choisir les messages que vous recevez :",
)
TEXTS = {
    "invitation": Wording(
        "Votre accès au portail clients de {supplier}",
        "Bonjour {name},\n\nvous êtes invité(e) sur le portail clients de {supplier}. Choisissez ici un mot de passe :"
        "\n\n{link}\n\nCe lien fonctionne une seule fois, jusqu'au {until}.",
    ),
    "password_reset": Wording(
        "Choisissez un nouveau mot de passe",
        "Bonjour {name},\n\nquelqu'un, probablement vous-même, a demandé un nouveau mot de passe pour le portail"
        " clients"
        " de {supplier}. Choisissez-le ici :\n\n{link}\n\nCe lien fonctionne une seule fois, jusqu'au {until}. Si ce"
        " n'était pas vous, ne faites rien : votre mot de passe reste inchangé.",
    ),
    "password_changed": Wording(
        "Votre mot de passe a été modifié",
        "Bonjour {name},\n\nvotre mot de passe pour le portail clients de {supplier} a été modifié et vos autres"
        " appareils sont déconnectés. Si c'était vous, il n'y a rien à faire.\n\nSi ce n'était pas vous, demandez"
        " immédiatement un nouveau mot de passe et prévenez-nous :\n\n{link}",
    ),
    "address_changed": Wording(
        "Vous vous connectez désormais avec une autre adresse e-mail",
        "Bonjour {name},\n\nl'adresse e-mail avec laquelle vous vous connectez au portail clients de {supplier} a été"
        " modifiée. Désormais, vous vous connectez avec la nouvelle, et les messages y sont envoyés ; celui-ci est le"
        " dernier à cette adresse. Votre mot de passe reste le même.\n\nSi vous n'êtes pas au courant, dites-le-nous"
        " immédiatement :\n\n{link}",
    ),
    "second_factor_on": Wording(
        "Une application d'authentification est configurée",
        "Bonjour {name},\n\ndésormais, le portail clients de {supplier} vous demande, en plus du mot de passe, un"
        " code de"
        " votre application d'authentification. Conservez les codes de récupération en lieu sûr.\n\nSi ce n'était pas"
        " vous, modifiez immédiatement votre mot de passe et prévenez-nous :\n\n{link}",
    ),
    "second_factor_off": Wording(
        "Votre application d'authentification est désactivée",
        "Bonjour {name},\n\nle portail clients de {supplier} ne demande plus de code de votre application"
        " d'authentification : vous-même ou un administrateur l'avez désactivée. Vous pouvez en configurer une à"
        " nouveau"
        " dans vos paramètres :\n\n{link}\n\nSi vous n'en savez rien, modifiez immédiatement votre mot de passe et"
        " prévenez-nous.",
    ),
    "passkey_added": Wording(
        "Une clé d'accès a été ajoutée à votre compte",
        "Bonjour {name},\n\ndésormais, une nouvelle clé d'accès vous ouvre le portail clients de {supplier}.\n\nSi ce"
        " n'était pas vous, supprimez-la immédiatement, modifiez votre mot de passe et prévenez-nous :\n\n{link}",
    ),
    "passkey_removed": Wording(
        "Une clé d'accès a été supprimée de votre compte",
        "Bonjour {name},\n\nune clé d'accès ne vous ouvre plus le portail clients de {supplier} : vous-même ou un"
        " administrateur l'avez supprimée. Vous pouvez en ajouter une autre dans vos paramètres :\n\n{link}\n\nSi vous"
        " n'en savez rien, modifiez immédiatement votre mot de passe et prévenez-nous.",
    ),
    "case_reply": Wording(
        "Notre réponse à votre demande {number}",
        "Bonjour {name},\n\nnotre support a répondu à votre demande {number}. Vous pouvez lire la réponse et y répondre"
        " dans le portail :\n\n{link}",
    ),
    "order_accepted": Wording(
        "Votre commande {number} est acceptée",
        "Bonjour {name},\n\nnous avons enregistré votre commande {number}. Elle porte chez nous le numéro {erp_number}."
        "\n\n{link}",
    ),
    "order_refused": Wording(
        "Votre commande {number} n'a pas pu être acceptée",
        "Bonjour {name},\n\nvotre commande {number} n'a pas pu être acceptée. Motif :\n\n{reason}\n\n{link}",
    ),
    "access_approved": Wording(
        "{colleague} a désormais accès au portail clients",
        "Bonjour {name},\n\nvous avez demandé un accès au portail clients de {supplier} pour {colleague}. Il a été"
        " accordé ; {colleague} a reçu une invitation par e-mail.\n\n{link}",
    ),
    "access_refused": Wording(
        "Votre demande d'accès n'a pas été acceptée",
        "Bonjour {name},\n\nvous avez demandé un accès au portail clients de {supplier} pour {colleague}. Il n'a"
        " pas été"
        " accordé. Motif :\n\n{reason}\n\n{link}",
    ),
    "access_refused_colleague": Wording(
        "Pas d'accès au portail clients de {supplier}",
        "Bonjour {name},\n\nune personne de votre entreprise a demandé pour vous un accès au portail clients de"
        " {supplier}. Il n'a pas été accordé. Motif :\n\n{reason}\n\nVous n'avez rien à faire ; les données vous"
        " concernant seront supprimées après 30 jours.",
    ),
    "access_changed": Wording(
        "Votre accès au portail clients a changé",
        "Bonjour {name},\n\nce que comprend votre compte sur le portail clients de {supplier} a été modifié. Le menu du"
        " portail montre ce que vous pouvez voir et faire, dès maintenant.\n\n{link}",
    ),
}
