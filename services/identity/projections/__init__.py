"""The read models of identity, one file each."""

from services.identity.projections import (
    admin_changes,
    companies,
    factors,
    mail_choices,
    mail_texts,
    mails,
    people,
    portal,
    rights_history,
    roles,
)

_MODELS = (people, companies, roles, rights_history, mails, mail_texts, mail_choices, factors, portal, admin_changes)
PROJECTIONS = tuple(model.PROJECTION for model in _MODELS)
