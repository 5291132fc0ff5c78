"""Orders placed in the portal, the ERP's orders and deliveries, items and prices."""
