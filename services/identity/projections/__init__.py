"""The read models of identity, one file each."""

from services.identity.projections import (
    admin_changes,
    companies,
    delegations,
    factors,
    favourites,
    layouts,
    mail_choices,
    mail_texts,
    mails,
    memberships,
    people,
    portal,
    requests,
    rights_history,
    roles,
    sign_in_changes,
    viewings,
)

_MODELS = (
    people,
    companies,
    roles,
    rights_history,
    mails,
    mail_texts,
    mail_choices,
    factors,
    portal,
    admin_changes,
    viewings,
    requests,
    delegations,
    memberships,
    sign_in_changes,
    favourites,
    layouts,
)
PROJECTIONS = tuple(model.PROJECTION for model in _MODELS)
