"""The read models of identity, one file each."""

from services.identity.projections import companies, mail_texts, mails, people, rights_history, roles

PROJECTIONS = (
    people.PROJECTION,
    companies.PROJECTION,
    roles.PROJECTION,
    rights_history.PROJECTION,
    mails.PROJECTION,
    mail_texts.PROJECTION,
)
