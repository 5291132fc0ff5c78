"""The read models of identity, one file each."""

from services.identity.projections import companies, factors, mail_texts, mails, people

PROJECTIONS = (people.PROJECTION, companies.PROJECTION, mails.PROJECTION, mail_texts.PROJECTION, factors.PROJECTION)
