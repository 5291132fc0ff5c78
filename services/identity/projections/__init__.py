"""The read models of identity, one file each."""

from services.identity.projections import companies, people, rights_history, roles

PROJECTIONS = (people.PROJECTION, companies.PROJECTION, roles.PROJECTION, rights_history.PROJECTION)
