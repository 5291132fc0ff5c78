"""The read models of erp_sync, one file each. Its own jobs find their work in them."""

from services.erp_sync.projections import postings, runs

PROJECTIONS = (runs.PROJECTION, postings.PROJECTION)
