"""The read models of identity, one file each."""

from services.identity.projections import (
    companies,
    mail_choices,
    mail_texts,
    mails,
    people,
    rights_history,
    roles,
)

_MODELS = (people, companies, roles, rights_history, mails, mail_texts, mail_choices)
PROJECTIONS = tuple(model.PROJECTION for model in _MODELS)
