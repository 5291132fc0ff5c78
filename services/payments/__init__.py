"""Invoices, credit memos and payments of the customers' companies, and what is still open of them."""
