"""The read models of orders, one file each."""

from services.orders.projections import catalogue, orders

PROJECTIONS = (orders.PROJECTION, catalogue.PROJECTION)
