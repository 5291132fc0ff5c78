"""The read models of identity, one file each."""

from services.identity.projections import (
    companies,
    factors,
    mail_choices,
    mail_texts,
    mails,
    people,
    rights_history,
    roles,
    sign_in_changes,
)

_MODELS = (people, companies, roles, rights_history, mails, mail_texts, mail_choices, factors, sign_in_changes)
PROJECTIONS = tuple(model.PROJECTION for model in _MODELS)
