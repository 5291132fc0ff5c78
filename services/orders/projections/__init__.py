"""The read models of orders, one file each."""

from services.orders.projections import catalogue, orders, search

PROJECTIONS = (orders.PROJECTION, catalogue.PROJECTION, search.PROJECTION)
