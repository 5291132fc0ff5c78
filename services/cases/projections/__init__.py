"""The read models of cases, one file each."""

from services.cases.projections import cases, projects, search

PROJECTIONS = (cases.PROJECTION, projects.PROJECTION, search.PROJECTION)
