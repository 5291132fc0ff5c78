"""The read models of payments, one file each."""

from services.payments.projections import balance, documents, items, movements, search

PROJECTIONS = (documents.PROJECTION, balance.PROJECTION, movements.PROJECTION, search.PROJECTION, items.PROJECTION)
