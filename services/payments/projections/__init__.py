"""The read models of payments, one file each."""

from services.payments.projections import balance, documents, search

PROJECTIONS = (documents.PROJECTION, balance.PROJECTION, search.PROJECTION)
