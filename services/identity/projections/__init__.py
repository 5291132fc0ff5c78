"""The read models of identity, one file each."""

from services.identity.projections import companies, mails, people

PROJECTIONS = (people.PROJECTION, companies.PROJECTION, mails.PROJECTION)
