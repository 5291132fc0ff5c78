"""The read models of identity, one file each."""

from services.identity.projections import companies, mail_choices, mail_texts, mails, people

PROJECTIONS = tuple(model.PROJECTION for model in (people, companies, mails, mail_texts, mail_choices))
