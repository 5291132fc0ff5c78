"""The read models of cases, one file each."""

from services.cases.projections import cases, projects

PROJECTIONS = (cases.PROJECTION, projects.PROJECTION)
